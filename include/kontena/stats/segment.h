#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/stats/history.h"

// A part of the time of many series, as one file that is written once: blocks of points, and behind them an index by which
// one series is found without reading the others.
namespace kontena::stats {

class SegmentWriter {
 public:
  // REQUIRES: each key once; its points by time.
  void add(std::string_view key, const std::vector<Point>& points);
  std::string finish();  // the file

 private:
  struct Entry {
    std::uint64_t hash;
    std::uint64_t offset;
    std::uint64_t size;
  };
  std::string bytes_;
  std::vector<Entry> entries_;
};

// A file that SegmentWriter has made. Safe with any bytes: a block that is damaged has no points.
class Segment {
 public:
  static Result<Segment> open(const std::string& path);  // Code::corrupt where it is none, or not whole
  ~Segment();
  Segment(Segment&&) noexcept;
  Segment& operator=(Segment&&) = delete;

  std::vector<Point> points(std::string_view key) const;
  // All series, in the order of a hash of theirs, which all segments have in common.
  std::size_t size() const { return count_; }
  struct Series {
    std::uint64_t hash = 0;
    std::string key;
    std::vector<Point> points;
  };
  Series series(std::size_t i) const;

 private:
  Segment(int fd, std::uint64_t index, std::size_t count) : fd_(fd), index_(index), count_(count) {}
  std::uint64_t hash_at(std::size_t i) const;

  int fd_;
  std::uint64_t index_;  // where the index begins
  std::size_t count_;
};

// One segment of those of consecutive times, with no more than one series in memory at a time.
std::string merge(const std::vector<Segment>& parts);

// Means of parts of the time of `part_ms` each: of OOM kills the sum. A part's point is at its end.
std::vector<Point> rolled_up(const std::vector<Point>&, std::int64_t part_ms);

}  // namespace kontena::stats
