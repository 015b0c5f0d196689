#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "kontena/base/synced.h"

namespace kontena::server {

// In which order nodes told their statuses: what was on its way for so long that its
// sender gave it up must not undo what a later request has said. In memory only,
// since no request outlives the server. Safe from any thread.
class Reports {
 public:
  // False: a later one of this node was heard. `run` is the agent's, "" of one that
  // does not number its requests.
  bool in_order(const std::string& node, const std::string& run, std::int64_t number) {
    if (run.empty()) return true;
    return nodes_.with([&](auto& nodes) {
      Told& told = nodes[node];
      if (std::ranges::find(told.earlier, run) != told.earlier.end()) return false;
      if (told.run == run && number < told.number) return false;
      if (told.run != run && !told.run.empty()) told.earlier.push_back(told.run);
      if (told.earlier.size() > kept_runs) told.earlier.pop_front();
      told.run = run;
      told.number = number;
      return true;
    });
  }

 private:
  static constexpr std::size_t kept_runs = 8;
  struct Told {
    std::string run;
    std::int64_t number = 0;
    std::deque<std::string> earlier;  // runs
  };
  Synced<std::map<std::string, Told>> nodes_;
};

}  // namespace kontena::server
