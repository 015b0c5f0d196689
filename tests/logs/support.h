#pragma once

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "kontena/logs/records.h"

namespace kontena::logs::test {

// As Docker writes them.
inline std::string json_line(const std::string& text, std::int64_t time_ns, bool error = false, bool ends = true) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    if (c == '\r') {
      escaped += "\\r";
      continue;
    }
    escaped += c;
  }
  char time[64];
  std::snprintf(time, sizeof time, "2026-11-22T%02d:%02d:%02d.%09dZ", static_cast<int>(time_ns / 3'600'000'000'000 % 24), static_cast<int>(time_ns / 60'000'000'000 % 60),
                static_cast<int>(time_ns / 1'000'000'000 % 60), static_cast<int>(time_ns % 1'000'000'000));
  return "{\"log\":\"" + escaped + (ends ? "\\n" : "") + "\",\"stream\":\"" + (error ? "stderr" : "stdout") + "\",\"time\":\"" + time + "\"}\n";
}

inline void varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
  to.push_back(static_cast<char>(value));
}

inline std::string local_record(const std::string& text, std::int64_t time_ns, bool error = false, bool ends = true) {
  std::string entry = "\x0a\x06";
  entry += error ? "stderr" : "stdout";
  entry += '\x10';
  varint(entry, static_cast<std::uint64_t>(time_ns));
  entry += '\x1a';
  varint(entry, text.size());
  entry += text;
  if (!ends) entry += "\x20\x01\x2a\x06\x12\x02id\x18\x01";
  std::string length;
  for (int shift = 24; shift >= 0; shift -= 8) length.push_back(static_cast<char>(entry.size() >> shift));
  return length + entry + length;
}

inline std::vector<std::pair<Record, std::string>> all_records(Format format, std::string_view bytes) {
  std::vector<std::pair<Record, std::string>> found;
  Record record;
  std::string scratch;
  while (true) {
    const Step step = read_record(format, bytes, record, scratch);
    if (step.found == Found::nothing) return found;
    if (step.found == Found::record) found.emplace_back(record, std::string(record.text));
    bytes.remove_prefix(step.used);
  }
}

}  // namespace kontena::logs::test
