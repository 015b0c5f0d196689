#pragma once

#include <vector>

#include "kontena/netlink/links.h"
#include "kontena/overlay/wanted.h"

// What networks with IPv6 need of the host, besides what IPv4 has already. Where there is
// no such network nothing of it is looked at.
namespace kontena::agent {

// The kernel has it, and nobody has switched it off.
bool host_has_ipv6();

// Has the host forward IPv6, as Docker does for its own networks with it, but without the
// trap in that: a host that forwards hears no routers any more unless it is told to, and
// would lose its own way out. Interfaces that heard them go on doing so.
Status forward_ipv6();

// The bridge answers for members on other nodes, to which neighbours cannot talk by themselves.
Status prepare_bridge6(const std::string& bridge);

struct Mtus;
// Holds the routes to members on other nodes, and for whom bridges answer, to what is wanted;
// tells what was not so. REQUIRES: the mesh device is there.
Result<model::Strings> mend_ipv6(netlink::Links&, const overlay::Wanted&, const Mtus&, int mesh_link);

}  // namespace kontena::agent
