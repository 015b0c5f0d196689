#pragma once

#include "state.h"

namespace kontena::agent {

// Stops and removes all containers and networks of this node, which people removed
// from its grid; volumes stay. Waits for an engine that is away. Tells whether all
// is gone: not if a signal came first. REQUIRES: nothing else works on them.
bool leave(const Context&);

}  // namespace kontena::agent
