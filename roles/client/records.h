#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/api/logs.h"
#include "kontena/base/result.h"

// Log records: out of a stream of JSON Lines, and into lines for people.
namespace kontena::client {

// Cuts pieces of a stream into records.
class RecordReader {
 public:
  // Calls use(record, its JSON line) for each that is complete.
  Status feed(std::string_view bytes, const std::function<void(api::LogLine, std::string_view line)>& use);

 private:
  std::string rest_;  // the beginning of a line
};

struct LineStyle {
  bool prefix = true;
  bool with_stack = false;  // "shop/web-1 | " instead of "web-1 | "
  bool timestamps = false;
  bool colour = false;
};

// Prints records with prefixes aligned as far as names are known by then.
class LinePrinter {
 public:
  explicit LinePrinter(LineStyle style) : style_(style) {}
  void know(const api::LogLine&);  // makes room for its name beforehand
  std::string line(const api::LogLine&);

 private:
  std::string name(const api::LogLine&) const;

  const LineStyle style_;
  std::size_t width_ = 0;
};

}  // namespace kontena::client
