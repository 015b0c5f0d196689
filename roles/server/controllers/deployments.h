#pragma once

#include <map>
#include <set>
#include <string>

#include "../routes.h"
#include "kontena/base/loop.h"
#include "kontena/rollout/rollout.h"
#include "addresses.h"
#include "lost_nodes.h"
#include "node_index.h"

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

  const Loop& loop() const { return loop_; }

 private:
  void step();
  void note(const View& view, const std::vector<std::string>& keys);
  void watch_nodes();
  void watch_use(Duration now);  // REQUIRES: nothing is booked since the index has followed

  // Plans of several stacks that are written in one commit: the disk is waited for once.
  struct Bundle {
    std::vector<std::string> stacks;
    store::Commit commit;
  };
  rollout::Plan plan(const std::string& stack);
  // Both: the stacks whose plans could not be written, since what they rest on has changed.
  std::set<std::string> settle(const std::set<std::string>& stacks);
  std::set<std::string> write(Bundle bundle);
  bool commit(const std::string& stack, const store::Commit& commit);

  struct Due {
    bool others = true;            // nodes came or went
    std::set<std::string> stacks;  // GRID/PROJECT/STACK
    std::set<std::string> grids;   // all stacks of these
    bool all = true;               // at start, and now and then, to catch what was missed
    View view;                     // the newest that was noted; null: none since last time
    std::vector<std::string> keys; // written since last time
  };

  Context& context_;
  Synced<Due> due_;
  store::Revision written_ = 0;              // the loop's thread only, as what follows
  std::map<std::string, Duration> wake_at_;  // by stack, steady clock; the loop's thread only
  NodeIndex index_;                          // likewise
  Addresses addresses_;                      // likewise
  model::Liveness known_;                    // likewise
  LostNodes lost_;                           // likewise
  std::int64_t changes_ = -1;                // likewise: of who is heard, that were seen,
  Duration look_at_{};                       // and will be then
  Duration full_pass_{};                     // likewise
  Duration use_at_{};                        // likewise: when it is looked at what is used
  Loop loop_;
};

}  // namespace kontena::server
