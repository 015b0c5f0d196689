#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/stats/segment.h"

// History on the disk: every point for a day, means of a minute for a week, means of a quarter of an hour for a quarter of a
// year. What came last is in a journal, and in the memory of whoever adds it; every quarter of an hour becomes a segment.
namespace kontena::stats {

inline constexpr std::int64_t quarter_ms = 900'000;

class KeptHistory {
 public:
  struct Options {
    std::string folder;
    std::uint64_t total = std::uint64_t{4} << 30;  // bytes: beyond, the finest and oldest goes first
    std::uint64_t spare = 1u << 30;                // of the disk, kept free for others: no more than a tenth of it
  };
  struct Sampled {
    std::string series;  // whose history it becomes: of the same name one after the other are one
    std::string source;  // who it is of, for whoever reads the journal
    Point point;
  };
  // Hands out what the journal has of quarters that are no segment yet, in the order in which it was added.
  static Result<std::unique_ptr<KeptHistory>> open(Options, const std::function<void(const Sampled&)>& take);
  virtual ~KeptHistory() = default;

  // Into the journal: it is there when this process is killed, and after sync() when the machine is. Any thread.
  virtual Status add(const std::vector<Sampled>&) = 0;
  virtual Status sync() = 0;

  // The points of a quarter that is over (its number: time / quarter_ms), by series: a segment of each kind, and the journal
  // goes. Then drops what is old, or too much. One thread at a time, as add() goes on.
  using Series = std::vector<std::pair<std::string, std::vector<Point>>>;
  virtual Status close(std::int64_t quarter, const Series&) = 0;

  // Of the time (since, until], in as many points as there are of the kind that has at least that resolution. Any thread.
  virtual std::vector<Point> points(const std::string& series, std::int64_t since_ms, std::int64_t until_ms, std::int64_t resolution_ms) const = 0;
  virtual std::string trouble() const = 0;  // why nothing is kept now; "" = it is
  virtual std::uint64_t bytes() const = 0;
};

}  // namespace kontena::stats
