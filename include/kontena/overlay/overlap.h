#pragma once

#include <string>
#include <vector>

#include "kontena/base/ipv4.h"

namespace kontena::overlay {

// A subnet that a host has a use for already, and what that is, for people:
// "the route by eth0 (gateway 192.0.2.1)", "the address of eth0", "Docker's network 'bridge'".
struct Used {
  Subnet subnet;
  std::string by;
};

// Those that share addresses with the pool, the narrowest first. Routes to (nearly)
// everywhere, as the default route and the halves by which VPNs replace it, share
// with all and do not count: whatever is more special goes before them. Pure.
std::vector<Used> overlaps(const Subnet& pool, std::vector<Used>);

// "10.80.0.0/16, the route by tun0; and 2 more". REQUIRES: not empty.
std::string overlap_text(const std::vector<Used>&);

}  // namespace kontena::overlay
