#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/base/synced.h"
#include "kontena/stats/history.h"

namespace kontena::server {

// What nodes and instances use, as their agents tell it. In memory alone: a server that starts anew
// has no history. Bounded by what there is on nodes: who calls has looked that it is. Any thread.
class Use {
 public:
  static constexpr std::size_t most_series = 20'000;
  static constexpr std::int64_t forgotten_after_ms = 3'600'000;  // without anything new

  // Whether it was taken: not what is older than what is there. `key`: GRID/NODE/INSTANCE, "" for the node itself.
  bool add(const std::string& key, std::int64_t at_ms, const stats::Values&);
  // The points of the time from `since_ms` on, or with most = 1 the newest alone, where it is of that time.
  std::vector<stats::Point> points(const std::string& key, std::int64_t since_ms, std::int64_t now_ms, std::size_t most);
  std::size_t bytes();

 private:
  using Series = std::map<std::string, stats::History>;
  static void forget(Series&, std::int64_t now_ms);

  Synced<Series> series_;
};

// That of this process, which is one server.
Use& use_here();

}  // namespace kontena::server
