#include "host_addresses.h"

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

}  // namespace kontena::agent
