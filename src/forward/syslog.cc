#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "encode.h"

namespace kontena::forward {
namespace {

constexpr int facility = 16;  // local0
constexpr std::string_view enterprise = "32473";  // RFC 5612's, for those who have none of their own

int severity(Level level) {
  switch (level) {
    case Level::output: return 6;  // informational
    case Level::error: return 3;
    case Level::note: return 4;  // warning
  }
  return 6;
}

// A field of the header: printable ASCII without blanks, "-" for nothing.
void add_field(std::string& to, std::string_view value, std::size_t most) {
  to += ' ';
  if (value.empty()) to += '-';
  for (const char c : value.substr(0, most)) to += c > ' ' && c < 0x7f ? c : '?';
}

void add_parameter(std::string& to, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  to.append(" ").append(name).append("=\"");
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == ']') to += '\\';
    to += c;
  }
  to += '"';
}

// "2026-11-22T09:48:25.123456Z": RFC 5424 has microseconds at most.
void add_time(std::string& to, std::int64_t time_ns) {
  std::int64_t seconds = time_ns / 1'000'000'000, rest = time_ns % 1'000'000'000;
  if (rest < 0) rest += 1'000'000'000, --seconds;
  const std::time_t when = seconds;
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), " %04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                                 static_cast<int>(rest / 1'000));
  to.append(text.data(), static_cast<std::size_t>(std::clamp(size, 0, 63)));
}

}  // namespace

void add_syslog(std::string& to, const Record& record) {
  std::string message = '<' + std::to_string(facility * 8 + severity(record.level)) + ">1";
  add_time(message, record.time_ns);
  add_field(message, record.node, 255);
  add_field(message, record.stack.empty() ? record.service : record.stack + '/' + record.service, 48);
  add_field(message, record.instance, 128);
  add_field(message, record.level == Level::error ? "stderr" : record.level == Level::note ? "kontena" : "stdout", 32);
  message.append(" [kontena@").append(enterprise);
  add_parameter(message, "grid", record.grid);
  add_parameter(message, "project", record.project);
  add_parameter(message, "stack", record.stack);
  add_parameter(message, "service", record.service);
  add_parameter(message, "slot", std::to_string(record.slot));
  message += "] ";
  message += record.text;
  to.append(std::to_string(message.size())).append(" ").append(message);
}

}  // namespace kontena::forward
