#pragma once

#include <cstdint>
#include <map>
#include <string>

// How many lines of logs a rule has found lately.
namespace kontena::alerts {

struct Lines {
  std::int64_t count = 0;
  std::string newest;  // "web-2: what it says"
  friend bool operator==(const Lines&, const Lines&) = default;
};

// Of one rule, by subject. Bounded: the time is counted in 60 parts, and of at most 500 subjects. Not safe for use from
// several threads.
class LineWindow {
 public:
  static constexpr std::size_t parts = 60, most_subjects = 500;
  explicit LineWindow(std::int64_t length_ms) : length_ms_(length_ms) {}

  // In any order of time; what is older than the window counts for nothing.
  void add(std::int64_t at_ms, const std::string& subject, std::string newest);
  // Of the window that ends now; forgets what is before.
  std::map<std::string, Lines> lines(std::int64_t now_ms);

 private:
  struct Subject {
    std::map<std::int64_t, std::int64_t> parts;  // of the time -> lines
    std::int64_t newest_ms = 0;
    std::string newest;
  };
  std::int64_t part_ms() const { return length_ms_ / static_cast<std::int64_t>(parts) + 1; }

  std::int64_t length_ms_;
  std::map<std::string, Subject> subjects_;
};

}  // namespace kontena::alerts
