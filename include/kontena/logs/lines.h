#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/logs/batch.h"
#include "kontena/logs/records.h"

namespace kontena::logs {

// The beginning of a line whose end has not come yet. Part of where a log was read to.
struct Unended {
  std::int64_t time_ns = 0;
  std::string text;
  bool continues = false;  // a part of the same line was handed out already
  bool open() const { return continues || !text.empty(); }
  friend bool operator==(const Unended&, const Unended&) = default;
};

// Whole lines of an instance's two streams from its records. A line of more than 64 KiB comes in parts.
struct Joiner {
  Unended out;
  Unended error;

  void take(const Record&, std::vector<Line>& to);
  // The container has ended: what has no end has none.
  void finish(std::vector<Line>& to);
  friend bool operator==(const Joiner&, const Joiner&) = default;
};

}  // namespace kontena::logs
