#pragma once

#include "state.h"

namespace kontena::agent {

// Stops and removes all containers and networks of this node, which people removed
// from its grid; volumes stay. Waits for an engine that is away. Tells whether all
// is gone: not if a signal came first. REQUIRES: nothing else works on them.
bool leave(const Context&);

// The same once; tells whether no container is left. A network that others use stays.
Result<bool> remove_all(engine::Engine&, const std::string& node);

}  // namespace kontena::agent
