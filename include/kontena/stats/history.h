#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/stats/sample.h"

// What one node or instance used lately. Bounded: the last hour as it came, and before it a day of
// means of 15 minutes. Not safe for use from several threads.
namespace kontena::stats {

struct Point {
  std::int64_t at_ms = 0;  // the end of what it is about
  Values values{};
  friend bool operator==(const Point&, const Point&) = default;
};

// Of the time (since, until], in at most `most` points, each the mean of those of its part of the time (of OOM kills the sum).
// Times without any have no point. REQUIRES: by time.
std::vector<Point> thinned(const std::vector<Point>&, std::int64_t since_ms, std::int64_t until_ms, std::size_t most);

class History {
 public:
  static constexpr std::size_t most_fine = 360;    // an hour of every 10 s
  static constexpr std::size_t most_coarse = 96;   // a day
  static constexpr std::int64_t coarse_ms = 900'000;

  // What is not newer than the newest is not taken.
  bool add(std::int64_t at_ms, const Values&);

  std::optional<Point> newest() const;
  // The most in the last hour, give or take five minutes. REQUIRES: cpu_milli or memory.
  std::int64_t peak(Measure, std::int64_t now_ms) const;
  // From then on, the oldest first, thinned.
  std::vector<Point> since(std::int64_t since_ms, std::int64_t now_ms, std::size_t most) const;
  std::vector<Point> fine(std::int64_t since_ms, std::int64_t until_ms) const;  // each as it came
  std::int64_t fine_from() const { return fine_.size() == 0 ? INT64_MAX : fine_.at(0).at_ms(); }
  std::size_t bytes() const;  // of memory, about

 private:
  struct Packed {  // 24 bits of a number are enough for people
    std::array<std::uint32_t, 2> at{};  // in two halves: as one number it would be filled up to the next eight bytes
    std::array<float, measures> values{};
    std::int64_t at_ms() const { return static_cast<std::int64_t>(std::uint64_t{at[0]} << 32 | at[1]); }
  };
  class Ring {
   public:
    explicit Ring(std::size_t most) : most_(most) {}
    void add(const Packed&);
    const Packed& at(std::size_t i) const { return kept_[(first_ + i) % kept_.size()]; }
    std::size_t size() const { return kept_.size(); }
    std::size_t bytes() const { return kept_.capacity() * sizeof(Packed); }

   private:
    std::size_t most_;
    std::size_t first_ = 0;
    std::vector<Packed> kept_;
  };
  static Packed pack(std::int64_t at_ms, const Values&);
  static Point unpacked(const Packed&);

  // The most of a part of the last hour.
  struct Part {
    std::int32_t number = 0;
    float cpu_milli = 0, memory = 0;
  };
  static constexpr std::int64_t part_ms = 300'000;

  std::array<Part, 12> parts_{};
  Ring fine_{most_fine};
  Ring coarse_{most_coarse};
  Values sum_{};  // of the 15 minutes that are not over
  std::int64_t summed_ = 0;
  std::int64_t quarter_ = 0;  // which those are
};

}  // namespace kontena::stats
