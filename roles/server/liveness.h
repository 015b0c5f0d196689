#pragma once

#include <map>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/model/view.h"

namespace kontena::server {

// When each node was last heard: in memory only, by the steady clock. Safe from
// any thread.
class Liveness {
 public:
  Liveness(const Clock& clock, Duration lost_after) : clock_(clock), lost_after_(lost_after) {}

  bool heard(const NodeId& node);  // true: it was not ready before
  void forget(const NodeId&);
  std::int64_t last_heard_ms(const NodeId&) const;  // wall clock; 0 = never
  model::NodeState state(const NodeId&) const;
  model::Liveness states() const;  // of all that were ever heard

  // Counts the times that one was heard that was not ready before: one who has seen
  // this many need not look for others before time passes.
  std::int64_t arrivals() const;

 private:
  struct Beat {
    Duration steady{};
    Time at{};
  };
  model::NodeState state_of(const Beat& beat) const {
    return clock_.steady() - beat.steady <= lost_after_ ? model::NodeState::ready : model::NodeState::lost;
  }

  const Clock& clock_;
  const Duration lost_after_;
  mutable Synced<std::map<NodeId, Beat>> beats_;
  mutable Synced<std::int64_t> arrivals_;
};

}  // namespace kontena::server
