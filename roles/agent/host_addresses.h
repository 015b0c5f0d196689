#pragma once

#include <set>

#include "kontena/model/service.h"
#include "kontena/netlink/links.h"

namespace kontena::agent {

// The addresses by which others may reach this host: of its hardware, and of what
// carries a host's own addresses in machines that are virtual themselves; not those of
// bridges for containers, nor of tunnels.
Result<model::Strings> host_addresses(netlink::Links&);

// Bridges that are not ours and lead nowhere else: of other containers or machines on this
// host. One by which there is a gateway is a way out.
Result<std::set<std::string>> bridges_apart(netlink::Links&);

}  // namespace kontena::agent
