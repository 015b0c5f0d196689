#pragma once

#include <string>

#include "state.h"

// Instances whose containers share namespaces or volumes with those of others on this node.
namespace kontena::agent {

// On a container: those whose it shares, as they were when it was made.
inline constexpr std::string_view beside_label = "io.kontena.beside";

struct Beside {
  std::string waits;            // for what, before its container can be made or started; "" = for nothing
  model::StringMap containers;  // service → the engine's id, of those that are there
};
Beside beside(const State&, const model::Assignment&);

std::string beside_text(const model::StringMap& containers);  // of the label

// Those that it shares with are others by now, or run anew: what it has of them is dead.
bool is_stale(const State&, const model::Assignment&, const engine::Container&);

// The one whose network it has: itself, or the one that it is beside, and so on.
const model::Assignment* with_network(const Kept&, const model::Assignment&);

}  // namespace kontena::agent
