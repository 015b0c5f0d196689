#include "liveness.h"

namespace kontena::server {

bool Liveness::heard(const NodeId& node) {
  const Beat beat{clock_.steady(), clock_.now()};
  const bool arrives = beats_.with([&](auto& beats) {
    const auto [at, is_new] = beats.try_emplace(node, beat);
    const bool was_ready = !is_new && state_of(at->second) == model::NodeState::ready;
    at->second = beat;
    return !was_ready;
  });
  if (arrives) arrivals_.with([](std::int64_t& count) { ++count; });
  return arrives;
}

std::int64_t Liveness::arrivals() const {
  return arrivals_.with([](std::int64_t count) { return count; });
}

void Liveness::forget(const NodeId& node) {
  beats_.with([&](auto& beats) { beats.erase(node); });
}

std::int64_t Liveness::last_heard_ms(const NodeId& node) const {
  return beats_.with([&](const auto& beats) {
    const auto found = beats.find(node);
    return found == beats.end() ? 0 : to_ms(found->second.at);
  });
}

model::NodeState Liveness::state(const NodeId& node) const {
  return beats_.with([&](const auto& beats) {
    const auto found = beats.find(node);
    return found == beats.end() ? model::NodeState::joining : state_of(found->second);
  });
}

model::Liveness Liveness::states() const {
  return beats_.with([&](const auto& beats) {
    model::Liveness states;
    for (const auto& [node, beat] : beats) states[node] = state_of(beat);
    return states;
  });
}

}  // namespace kontena::server
