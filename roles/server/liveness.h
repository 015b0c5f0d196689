#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

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

  // When the certificate ends that it has shown; 0 = not known. true: it was not ready before.
  bool heard(const NodeId& node, std::int64_t certificate_ends_ms = 0);
  // Decides anew who is silent or lost. To be called often: a pause of `stall`
  // between two calls is taken for our own absence.
  // `others`: nodes or grids may be others than at the call before. Without, it costs
  // no more than a glance at each beat.
  void look(const model::ClusterView&, bool others = true);

  std::int64_t last_heard_ms(const NodeId&) const;  // wall clock; 0 = never
  model::NodeState state(const NodeId&) const;
  model::Liveness states() const;  // of all that were heard, or given up
  std::map<NodeId, std::int64_t> certificates() const;  // of those that were heard: when they end
  Duration lost_after(const model::ClusterView&, const std::string& grid) const;

  // Counts changes of states: one who has seen this many has seen them all.
  std::int64_t changes() const;

  static constexpr Duration stall{1'500};
  static constexpr Duration grace{10'000};       // after a start or a stall; at least 3 x lost_after
  static constexpr Duration mass_grace{30'000};  // when more than half fell silent at once

 private:
  struct Known {
    std::optional<Duration> heard;  // steady
    Time heard_at{};                // the same, by the wall
    std::int64_t certificate_ends_ms = 0;
    Duration since{};               // when it was first looked at
    model::NodeState state = model::NodeState::joining;
  };
  struct Grid {
    Duration lost_after{};
    std::vector<Known*> nodes;
    std::optional<Duration> mass_since;
  };
  struct State {
    std::map<NodeId, Known> nodes;
    std::map<std::string, Grid> grids;
    std::optional<Duration> looked;
    Duration grace_until{};
    std::int64_t changes = 0;

    void set(Known& node, model::NodeState state) {
      changes += node.state != state;
      node.state = state;
    }
  };
  void take_roster(State&, const model::ClusterView&, Duration now) const;
  static void look_at(State&, Grid&, Duration now);

  const Clock& clock_;
  const Duration lost_after_;
  mutable Synced<State> state_;
};

}  // namespace kontena::server
