#pragma once

#include <map>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/model/view.h"

namespace kontena::server {

// When each node was last heard, and what follows from it: in memory only, by the
// steady clock. Safe from any thread.
//
// A node is lost that was silent for its grid's `lost_after`. In a time of grace it
// is only silent: when we ourselves did not run for a moment (and could hear
// nobody), and when more than half of a grid's nodes fell silent at once, which
// tells more of our network than of theirs. After a start nobody is lost before
// the grace is over; until then who was not heard is joining.
class Liveness {
 public:
  Liveness(const Clock& clock, Duration lost_after);

  bool heard(const NodeId& node);  // true: it was not ready before
  // Decides anew who is silent or lost. To be called often: a pause of `stall`
  // between two calls is taken for our own absence.
  void look(const model::ClusterView&);

  std::int64_t last_heard_ms(const NodeId&) const;  // wall clock; 0 = never
  model::NodeState state(const NodeId&) const;
  model::Liveness states() const;  // of all that were heard, or given up
  Duration lost_after(const model::ClusterView&, const std::string& grid) const;

  // Counts the times that one was heard that was not ready before: one who has seen
  // this many need not look for others before time passes.
  std::int64_t arrivals() const;

  static constexpr Duration stall{1'500};
  static constexpr Duration grace{10'000};       // after a start or a stall; at least 3 x lost_after
  static constexpr Duration mass_grace{30'000};  // when more than half fell silent at once

 private:
  struct Beat {
    Duration steady{};
    Time at{};
  };
  struct State {
    std::map<NodeId, Beat> beats;
    std::map<NodeId, Duration> known;  // since when, of those never heard
    model::Liveness states;
    std::map<std::string, Duration> mass_since;  // by grid
    std::optional<Duration> looked;
    Duration grace_until{};
    std::int64_t arrivals = 0;
  };
  void look_at_grid(State&, const model::ClusterView&, const std::string& grid, Duration now) const;

  const Clock& clock_;
  const Duration lost_after_;
  mutable Synced<State> state_;
};

}  // namespace kontena::server
