#include "host_addresses.h"

#include "kontena/netlink/host.h"
#include "kontena/overlay/plan.h"

namespace kontena::agent {

Result<model::Strings> host_addresses(netlink::Links& links) {
  model::Strings found;
  KTN_TRY(const auto all, links.list());
  for (const netlink::Link& link : all) {
    if (!link.up || link.name == "lo" || link.kind == "bridge" || link.kind == "tun" || link.kind == "wireguard" || link.master != 0) continue;
    const auto addresses = links.addresses(link.index);
    if (!addresses) continue;  // it is gone since
    for (const netlink::Address& address : *addresses) {
      const std::string text = to_text(address.address);
      if (!text.starts_with("169.254.") && !text.starts_with("127.")) found.push_back(text);
    }
  }
  return found;
}

Result<std::set<std::string>> bridges_apart(netlink::Links& links) {
  std::set<std::string> found;
  KTN_TRY(const auto all, links.list());
  for (const netlink::Link& link : all)
    if (link.kind == "bridge" && !link.name.starts_with(overlay::bridge_prefix)) found.insert(link.name);
  if (found.empty()) return found;
  KTN_TRY(const auto routes, netlink::host_routes());
  for (const netlink::HostRoute& route : routes)
    if (route.gateway) found.erase(route.device);
  return found;
}

}  // namespace kontena::agent
