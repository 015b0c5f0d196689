// The files of Docker's `local` driver: [length, 4 bytes, big-endian][LogEntry][the length again].
//   LogEntry: source = 1, time_nano = 2, line = 3, partial = 4, partial_log_metadata = 5 {last = 1, id = 2, ordinal = 3}
#include <optional>

#include "kontena/logs/records.h"

namespace kontena::logs {
namespace {

constexpr std::size_t length_bytes = 4;

std::uint32_t length_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::optional<std::uint64_t> varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

struct FieldRead {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint
  std::string_view bytes;   // of what has a length
};

bool next_field(std::string_view& bytes, FieldRead& field) {
  const auto key = varint(bytes);
  if (!key) return false;
  field = {.number = *key >> 3};
  const auto skip = [&](std::size_t count) {
    if (bytes.size() < count) return false;
    bytes.remove_prefix(count);
    return true;
  };
  switch (*key & 7) {
    case 0: {
      const auto value = varint(bytes);
      field.value = value.value_or(0);
      return value.has_value();
    }
    case 1: return skip(8);
    case 2: {
      const auto size = varint(bytes);
      if (!size || *size > bytes.size()) return false;
      field.bytes = bytes.substr(0, *size);
      return skip(*size);
    }
    case 5: return skip(4);
    default: return false;
  }
}

bool read_entry(std::string_view entry, Record& record) {
  bool partial = false;
  bool last = false;
  bool has_source = false;
  record = {};
  FieldRead field;
  while (!entry.empty()) {
    if (!next_field(entry, field)) return false;
    switch (field.number) {
      case 1:
        if (field.bytes != "stdout" && field.bytes != "stderr") return false;
        record.is_error = field.bytes == "stderr";
        has_source = true;
        break;
      case 2: record.time_ns = static_cast<std::int64_t>(field.value); break;
      case 3: record.text = field.bytes; break;
      case 4: partial = field.value != 0; break;
      case 5: {
        std::string_view metadata = field.bytes;
        FieldRead inner;
        while (!metadata.empty()) {
          if (!next_field(metadata, inner)) return false;
          if (inner.number == 1) last = inner.value != 0;
        }
        break;
      }
      default: break;
    }
  }
  record.ends_line = !partial || last;
  return has_source && record.time_ns > 0;
}

// Whether what is there of an entry can be the beginning of one of that length: else a damaged length
// would have us wait for bytes that belong to others.
bool may_become(std::string_view there, std::size_t length) {
  constexpr std::string_view begin = "\x0a\x06std";
  if (!there.starts_with(begin.substr(0, there.size()))) return false;
  constexpr std::size_t before = 8;     // "stdout" with what stands before it
  constexpr std::size_t behind = 256;   // what comes after the line is short
  if (there.size() < before + 22) return true;  // two keys, a time and a length at their longest
  std::string_view rest = there.substr(before);
  if (rest.front() != 0x10) return false;
  rest.remove_prefix(1);
  if (!varint(rest) || rest.empty() || rest.front() != 0x1a) return false;
  rest.remove_prefix(1);
  const auto line = varint(rest);
  if (!line) return false;
  const std::size_t head = there.size() - rest.size();
  return *line <= length && head + *line <= length && length - head - *line <= behind;
}

// Whether a whole record begins there; nothing where the bytes end too early to tell.
std::optional<bool> begins(std::string_view bytes, std::size_t at, Record& record, std::size_t& used) {
  if (bytes.size() - at < length_bytes) return std::nullopt;
  const std::size_t length = length_at(bytes, at);
  if (length < 4 || length > longest_record) return false;
  used = length + 2 * length_bytes;
  if (bytes.size() - at < used) {
    if (!may_become(bytes.substr(at + length_bytes), length)) return false;
    return std::nullopt;
  }
  if (length_at(bytes, at + length_bytes + length) != length) return false;
  return read_entry(bytes.substr(at + length_bytes, length), record);
}

}  // namespace

Step read_local_record(std::string_view bytes, Record& record) {
  std::size_t used = 0;
  const auto first = begins(bytes, 0, record, used);
  if (!first) return {};
  if (*first) return {Found::record, used};
  // Goes on where the next whole one begins; torn ones have no mark of their own.
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    Record unused;
    const auto here = begins(bytes, at, unused, used);
    if (here && *here) return {Found::damaged, at};
    // What may become one when more comes ends the search: it is asked again from there.
    if (!here) return {Found::damaged, at};
  }
  return {Found::damaged, bytes.size()};
}

}  // namespace kontena::logs
