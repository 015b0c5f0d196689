#pragma once

#include <string>
#include <string_view>

#include "kontena/codec/fields.h"
#include "kontena/store/store.h"

namespace kontena::store {

// The format of all records. A reader refuses a newer one; an older one is read
// as it is, its missing fields at their defaults.
inline constexpr int record_format = 1;

// Puts "FORMAT " before the JSON, and takes it off. The key is for the message:
// Code::unsupported for a newer format, Code::corrupt for what is no record.
std::string frame_record(std::string json);
Result<std::string_view> unframe_record(std::string_view key, std::string_view value);

// A noun's part of the store: keys "NAME/TAIL", values framed JSON.
template <class T>
struct Table {
  std::string_view name;

  std::string key(std::string_view tail) const { return std::string(name) + '/' + std::string(tail); }

  Commit::Put put(std::string_view tail, const T& value) const {
    return {key(tail), frame_record(codec::to_json(value))};
  }

  Result<T> read(const Entry& entry) const {
    KTN_TRY(const std::string_view json, unframe_record(entry.key, entry.value));
    auto value = codec::from_json<T>(json);
    if (!value) return Error{Code::corrupt, "record '" + entry.key + "': " + value.error().message};
    return value;
  }
};

}  // namespace kontena::store
