#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What Docker's log files are made of. Pure; safe with any bytes.
namespace kontena::logs {

enum class Format {
  json_file,  // a JSON object a line
  local,      // length, protocol buffer, length again
};

// What the engine wrote at once: a line, or a part of one of 16 KiB and more.
struct Record {
  std::int64_t time_ns = 0;  // since 1970; all parts of a line have that of the first
  bool is_error = false;     // stderr
  bool ends_line = true;     // false: more of the line comes with the next record of the stream
  std::string_view text;     // without the line's end; good until the next record is read, or the bytes go
};

enum class Found {
  record,
  damaged,  // what was skipped is none
  nothing,  // the bytes end before a record does
};
struct Step {
  Found found = Found::nothing;
  std::size_t used = 0;  // bytes; 0 with `nothing`
};

// No record of an engine's is longer; what claims to be is damaged.
inline constexpr std::size_t longest_record = 1u << 20;

// The first record of `bytes`. `scratch` holds its text where that is not in the bytes as it is.
Step read_record(Format, std::string_view bytes, Record&, std::string& scratch);

// The one parser each, which the above chooses from.
Step read_json_record(std::string_view bytes, Record&, std::string& scratch);
Step read_local_record(std::string_view bytes, Record&);

// "2026-11-22T09:48:25.123456789Z" to nanoseconds since 1970; false where it is no such time.
bool parse_time(std::string_view, std::int64_t& time_ns);

}  // namespace kontena::logs
