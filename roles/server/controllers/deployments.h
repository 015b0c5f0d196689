#pragma once

#include <map>
#include <set>
#include <string>

#include "../routes.h"
#include "kontena/base/loop.h"
#include "kontena/schedule/place.h"

namespace kontena::server {

// The loop that makes stacks as they should be: takes the stacks of which
// something changed, asks rollout::step what to write, and commits it. Also looks
// who was heard, since a node that came or went changes what can be placed.
class Deployments {
 public:
  explicit Deployments(Context& context);

  void start();
  void stop();
  void tick() { loop_.tick(); }

 private:
  void step();
  void note(const std::vector<std::string>& keys);
  void watch_nodes();
  bool settle(const std::string& stack, const View& view, schedule::Nodes& nodes);

  struct Due {
    std::set<std::string> stacks;  // GRID/PROJECT/STACK
    std::set<std::string> grids;   // all stacks of these
    bool all = true;               // at start, and now and then, to catch what was missed
  };

  Context& context_;
  Synced<Due> due_;
  std::map<std::string, Duration> wake_at_;  // by stack, steady clock; the loop's thread only
  model::Liveness known_;                    // likewise
  Duration full_pass_{};                     // likewise
  Loop loop_;
};

}  // namespace kontena::server
