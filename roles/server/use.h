#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kontena/base/loop.h"
#include "kontena/base/synced.h"
#include "kontena/model/view.h"
#include "kontena/stats/history.h"
#include "kontena/stats/kept.h"

namespace kontena::server {

// What nodes and instances use, as their agents tell it: the last hour in memory, and all of it in files of its own, beside
// the state and never in its way: where those cannot be written, the hour in memory is all there is. Any thread.
class Use {
 public:
  static constexpr std::size_t most_series = 20'000;
  static constexpr std::int64_t forgotten_after_ms = 3'600'000;  // without anything new

  // "": memory alone.
  Use(const Clock& clock, std::string folder, std::uint64_t total_bytes = std::uint64_t{4} << 30)
      : clock_(clock), folder_(std::move(folder)), total_(total_bytes), loop_("statistics", pace, [this] { step(); }) {}

  void start();
  void stop() { loop_.stop(); }
  void tick() { loop_.tick(); }
  const Loop& loop() const { return loop_; }

  struct Sample {
    std::string source;  // GRID/NODE/INSTANCE, or GRID/NODE/ of the node itself: who calls has looked that it is there
    std::string series;  // whose history it is in: an instance's is that of its slot, over all that take its place
    stats::Values values{};
  };
  // How many were not taken: what is not newer than what is there, and what is too much.
  std::size_t add(std::int64_t at_ms, const std::vector<Sample>&);
  // The points of the time from `since_ms` on, or with most = 1 the newest alone, where it is of that time.
  std::vector<stats::Point> points(const std::string& source, const std::string& series, std::int64_t since_ms, std::int64_t now_ms, std::size_t most) const;

  // The newest of a source; where `fresh_after_ms` is given, of no earlier time.
  std::optional<stats::Point> newest(const std::string& source, std::int64_t fresh_after_ms = 0) const;

  // The most that any instance of a service used of processors and memory in the last hour, by the series that its
  // instances' have in common: "s/GRID/PROJECT@MS/STACK/SERVICE".
  struct Peak {
    std::int64_t cpu_milli = 0, memory = 0;
    friend bool operator==(const Peak&, const Peak&) = default;
  };
  std::map<std::string, Peak> peaks(std::int64_t now_ms) const;

  std::string trouble() const;
  std::size_t bytes() const;  // of memory, about

  static constexpr Duration pace{10'000};
  static constexpr std::int64_t grace_ms = 60'000;  // after its end, until a quarter of an hour takes no more

 private:
  struct Source {
    std::string series;
    stats::History history;
  };
  struct State {
    std::map<std::string, Source> sources;
    std::set<std::int64_t> open;  // quarters that have points and are no segment
    std::int64_t closed = 0;      // the newest that is
  };
  void step();
  void open();
  void close(std::int64_t quarter);
  static bool put(State&, const Sample&, std::int64_t at_ms);
  static void forget(State&, std::int64_t now_ms);

  const Clock& clock_;
  const std::string folder_;
  const std::uint64_t total_;
  std::unique_ptr<stats::KeptHistory> kept_;  // set before the loop begins
  mutable Synced<State> state_;
  mutable Synced<std::string> why_not_;
  Loop loop_;
};

// How often nodes of the grid tell, and how old what is said of now may be.
std::int64_t stats_interval_ms(const model::ClusterView&, const std::string& grid);
std::int64_t stats_fresh_ms(const model::ClusterView&, const std::string& grid);

}  // namespace kontena::server
