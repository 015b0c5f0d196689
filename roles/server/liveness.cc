#include "liveness.h"

#include <algorithm>
#include <set>
#include <vector>

namespace kontena::server {

using model::NodeState;

Liveness::Liveness(const Clock& clock, Duration lost_after) : clock_(clock), lost_after_(lost_after) {}

bool Liveness::heard(const NodeId& node) {
  const Beat beat{clock_.steady(), clock_.now()};
  return state_.with([&](State& s) {
    s.beats[node] = beat;
    NodeState& is = s.states[node];
    const bool arrives = is != NodeState::ready;
    is = NodeState::ready;
    s.arrivals += arrives;
    return arrives;
  });
}

std::int64_t Liveness::arrivals() const {
  return state_.with([](const State& s) { return s.arrivals; });
}

std::int64_t Liveness::last_heard_ms(const NodeId& node) const {
  return state_.with([&](const State& s) {
    const auto found = s.beats.find(node);
    return found == s.beats.end() ? 0 : to_ms(found->second.at);
  });
}

NodeState Liveness::state(const NodeId& node) const {
  return state_.with([&](const State& s) {
    const auto found = s.states.find(node);
    return found == s.states.end() ? NodeState::joining : found->second;
  });
}

model::Liveness Liveness::states() const {
  return state_.with([](const State& s) { return s.states; });
}

Duration Liveness::lost_after(const model::ClusterView& view, const std::string& grid) const {
  const auto* record = view.grids.get(grid);
  return record && record->lost_after_ms > 0 ? Duration(record->lost_after_ms) : lost_after_;
}

void Liveness::look(const model::ClusterView& view) {
  const Duration now = clock_.steady();
  std::set<NodeId> there;
  view.nodes.each("", [&](const auto& item) { there.insert(item.value.id); });
  state_.with([&](State& s) {
    if (s.looked && now - *s.looked > stall) s.grace_until = now + grace;
    s.looked = now;
    const auto gone = [&](const auto& entry) { return !there.contains(entry.first); };
    std::erase_if(s.beats, gone);
    std::erase_if(s.known, gone);
    std::erase_if(s.states, gone);
    view.grids.each("", [&](const auto& item) { look_at_grid(s, view, item.key, now); });
  });
}

void Liveness::look_at_grid(State& s, const model::ClusterView& view, const std::string& grid, Duration now) const {
  const Duration limit = lost_after(view, grid);
  const Duration patience = std::max(grace, 3 * limit);
  std::vector<std::pair<NodeId, Duration>> over;  // and for how long they were silent
  std::int64_t standing = 0, suspect = 0;
  view.nodes.each(grid + '/', [&](const auto& item) {
    const NodeId& node = item.value.id;
    const auto beat = s.beats.find(node);
    if (beat == s.beats.end()) {
      const Duration since = s.known.try_emplace(node, now).first->second;
      if (now - since > patience) s.states[node] = NodeState::lost;
      return;
    }
    const Duration silence = now - beat->second.steady;
    NodeState& is = s.states[node];
    if (is == NodeState::lost) return;  // until it is heard
    ++standing;
    // Those that fell silent together are not all over the limit at the same moment.
    suspect += silence > limit / 2;
    if (silence <= limit)
      is = NodeState::ready;
    else
      over.emplace_back(node, silence);
  });

  if (over.empty() || suspect * 2 <= standing)
    s.mass_since.erase(grid);
  else
    s.mass_since.try_emplace(grid, now);
  const auto mass = s.mass_since.find(grid);
  const bool graced = now < s.grace_until || (mass != s.mass_since.end() && now - mass->second < mass_grace);
  for (const auto& [node, silence] : over) s.states[node] = graced ? NodeState::silent : NodeState::lost;
}

}  // namespace kontena::server
