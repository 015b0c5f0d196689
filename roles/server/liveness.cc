#include "liveness.h"

#include <algorithm>
#include <set>

namespace kontena::server {

using model::NodeState;

Liveness::Liveness(const Clock& clock, Duration lost_after) : clock_(clock), lost_after_(lost_after) {}

bool Liveness::heard(const NodeId& node, std::int64_t certificate_ends_ms) {
  const Duration steady = clock_.steady();
  const Time at = clock_.now();
  return state_.with([&](State& s) {
    Known& known = s.nodes.try_emplace(node, Known{.since = steady}).first->second;
    known.heard = steady;
    known.heard_at = at;
    known.certificate_ends_ms = certificate_ends_ms;
    const bool arrives = known.state != NodeState::ready;
    s.set(known, NodeState::ready);
    return arrives;
  });
}

std::int64_t Liveness::changes() const {
  return state_.with([](const State& s) { return s.changes; });
}

std::map<NodeId, std::int64_t> Liveness::certificates() const {
  return state_.with([](const State& s) {
    std::map<NodeId, std::int64_t> ends;
    for (const auto& [node, known] : s.nodes)
      if (known.certificate_ends_ms != 0) ends[node] = known.certificate_ends_ms;
    return ends;
  });
}

std::int64_t Liveness::last_heard_ms(const NodeId& node) const {
  return state_.with([&](const State& s) {
    const auto found = s.nodes.find(node);
    return found == s.nodes.end() || !found->second.heard ? 0 : to_ms(found->second.heard_at);
  });
}

NodeState Liveness::state(const NodeId& node) const {
  return state_.with([&](const State& s) {
    const auto found = s.nodes.find(node);
    return found == s.nodes.end() ? NodeState::joining : found->second.state;
  });
}

model::Liveness Liveness::states() const {
  return state_.with([](const State& s) {
    model::Liveness states;
    for (const auto& [node, known] : s.nodes)
      if (known.state != NodeState::joining) states.emplace_hint(states.end(), node, known.state);
    return states;
  });
}

Duration Liveness::lost_after(const model::ClusterView& view, const std::string& grid) const {
  const auto* record = view.grids.get(grid);
  return record && record->lost_after_ms > 0 ? Duration(record->lost_after_ms) : lost_after_;
}

void Liveness::look(const model::ClusterView& view, bool others) {
  const Duration now = clock_.steady();
  state_.with([&](State& s) {
    if (s.looked && now - *s.looked > stall) s.grace_until = now + grace;
    s.looked = now;
    if (others) take_roster(s, view, now);
    for (auto& [name, grid] : s.grids) look_at(s, grid, now);
  });
}

void Liveness::take_roster(State& s, const model::ClusterView& view, Duration now) const {
  std::set<NodeId> there;
  std::map<std::string, Grid> grids;
  view.grids.each("", [&](const auto& item) {
    Grid& grid = grids[item.key];
    if (const auto was = s.grids.find(item.key); was != s.grids.end()) grid.mass_since = was->second.mass_since;
    grid.lost_after = lost_after(view, item.key);
  });
  view.nodes.each("", [&](const auto& item) {
    const model::Node& node = item.value;
    there.insert(node.id);
    grids[node.grid].nodes.push_back(&s.nodes.try_emplace(node.id, Known{.since = now}).first->second);
  });
  s.changes += static_cast<std::int64_t>(
      std::erase_if(s.nodes, [&](const auto& entry) { return !there.contains(entry.first); }));
  s.grids = std::move(grids);
}

void Liveness::look_at(State& s, Grid& grid, Duration now) {
  const Duration limit = grid.lost_after;
  const Duration patience = std::max(grace, 3 * limit);
  std::vector<Known*> over;
  std::int64_t standing = 0, suspect = 0;
  for (Known* node : grid.nodes) {
    if (!node->heard) {
      if (now - node->since > patience) s.set(*node, NodeState::lost);
      continue;
    }
    if (node->state == NodeState::lost) continue;  // until it is heard
    const Duration silence = now - *node->heard;
    ++standing;
    // Those that fell silent together are not all over the limit at the same moment.
    suspect += silence > limit / 2;
    if (silence <= limit)
      s.set(*node, NodeState::ready);
    else
      over.push_back(node);
  }
  if (over.empty() || suspect * 2 <= standing)
    grid.mass_since.reset();
  else if (!grid.mass_since)
    grid.mass_since = now;
  const bool graced = now < s.grace_until || (grid.mass_since && now - *grid.mass_since < mass_grace);
  for (Known* node : over) s.set(*node, graced ? NodeState::silent : NodeState::lost);
}

}  // namespace kontena::server
