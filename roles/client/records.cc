#include "records.h"

#include <algorithm>
#include <array>

#include "print.h"

namespace kontena::client {
namespace {

constexpr std::size_t longest_line = 4u << 20;  // of JSON

std::string_view colour_of(const std::string& name) {
  constexpr std::array<std::string_view, 6> colours{"36", "33", "32", "35", "34", "96"};
  std::size_t sum = 0;
  for (const char c : name) sum = sum * 31 + static_cast<unsigned char>(c);
  return colours[sum % colours.size()];
}

}  // namespace

Status RecordReader::feed(std::string_view bytes, const std::function<void(api::LogLine, std::string_view)>& use) {
  rest_ += bytes;
  std::size_t begin = 0;
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    const std::string_view line = std::string_view(rest_).substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    auto record = codec::from_json<api::LogLine>(line);
    if (!record) return Error{Code::unavailable, "the log stream cannot be read: " + record.error().message};
    use(*std::move(record), line);
  }
  rest_.erase(0, begin);
  if (rest_.size() > longest_line) return Error{Code::unavailable, "the log stream cannot be read: a line without end"};
  return Done{};
}

std::string LinePrinter::name(const api::LogLine& record) const {
  return (style_.with_stack ? record.stack + '/' : std::string()) + record.service + '-' + std::to_string(record.slot);
}

void LinePrinter::know(const api::LogLine& record) { width_ = std::max(width_, width(name(record))); }

std::string LinePrinter::line(const api::LogLine& record) {
  std::string text;
  if (style_.prefix) {
    know(record);
    const std::string who = name(record);
    const std::string head = pad(who, width_) + " | ";
    text += style_.colour ? "\x1b[" + std::string(colour_of(who)) + 'm' + head + "\x1b[0m" : head;
  }
  if (style_.timestamps) text += record.time + ' ';
  const bool note = record.stream == "note";
  if (note && style_.colour) text += "\x1b[2m";
  text += record.text;
  if (note && style_.colour) text += "\x1b[0m";
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

}  // namespace kontena::client
