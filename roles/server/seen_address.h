#pragma once

#include <string>

#include "kontena/model/node.h"

namespace kontena::server {

// The address that a request came from, as others may call it; "" for one that says
// nothing to them, such as the server's own host.
std::string seen_address(std::string from);

// Where a node may be reached: what it says itself, and at last where it was seen, at
// the port of its own addresses. Behind a router that passes that port on it is the one
// which others reach.
model::Strings endpoints_of(const model::NodeFacts&);

}  // namespace kontena::server
