#include "carry_out.h"

namespace kontena::agent {

Status Networks::ensure(const model::Assignment& wanted, const Owner& owner) {
  for (const auto& [key, network] : wanted.networks)
    KTN_OK(ensure_one(network, shared_labels(wanted, owner, network.labels)));
  return Done{};
}

Status Networks::ensure_one(const model::AssignedNetwork& network, const model::StringMap& labels) {
  const std::string name = network.name;
  // Whoever comes while it is being made waits, and tries itself if that failed.
  const bool ours = state_.wait_then(
      Duration(600'000), [&](const State& s) { return !s.making.contains(name); },
      [&](State& s) { return !s.made.contains(name) && s.making.insert(name).second; });
  if (!ours) return Done{};
  Status made = before_ ? before_(network) : Status(Done{});
  if (made) made = engine_.ensure_network(network, labels, mtu_ ? mtu_() : 0);
  state_.change([&](State& s) {
    s.making.erase(name);
    if (made) s.made.insert(name);
  });
  return made;
}

void Networks::doubt(const model::Assignment& wanted) {
  for (const auto& [key, network] : wanted.networks) forget(network.name);
}

void Networks::forget(const std::string& name) {
  state_.change([&](State& s) { s.made.erase(name); });
}

}  // namespace kontena::agent
