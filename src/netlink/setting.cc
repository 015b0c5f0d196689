#include "setting.h"

#include <algorithm>
#include <map>

#include "kontena/netlink/keys.h"
#include "kontena/netlink/links.h"

namespace kontena::netlink {
namespace {

Status check_peer(const PeerChange& peer) {
  const auto wrong = [&](const std::string& what) {
    return Error{Code::invalid_argument, "peer '" + peer.public_key + "': " + what};
  };
  if (!is_key(peer.public_key)) return Error{Code::invalid_argument, "'" + peer.public_key + "' is not a public key"};
  if (peer.endpoint && !parse_endpoint(*peer.endpoint))
    return Error{Code::invalid_argument, "'" + *peer.endpoint + "' is not an endpoint",
                 "write 1.2.3.4:51820 or [2001:db8::1]:51820"};
  if (peer.keepalive_s && (*peer.keepalive_s < 0 || *peer.keepalive_s > 65535))
    return wrong("a keepalive is 0 to 65535 seconds");
  if (peer.replace_allowed_ips && !(peer.take.empty() && peer.take6.empty()))
    return wrong("addresses to take, and all of them to replace, exclude each other");
  for (const auto* list : {&peer.add, &peer.take})
    for (const Subnet& subnet : *list)
      if (subnet.bits < 0 || subnet.bits > 32) return wrong("a prefix has 0 to 32 bits");
  for (const auto* list : {&peer.add6, &peer.take6})
    for (const Subnet6& subnet : *list)
      if (subnet.bits < 0 || subnet.bits > 128) return wrong("a prefix of IPv6 has 0 to 128 bits");
  return Done{};
}

}  // namespace

Status check(const Change& change) {
  if (change.private_key && !is_key(change.private_key->reveal()))
    return Error{Code::invalid_argument, "the private key is not 32 bytes in base64"};
  if (change.listen_port && (*change.listen_port < 0 || *change.listen_port > 65535))
    return Error{Code::invalid_argument, std::to_string(*change.listen_port) + " is not a port"};
  for (const PeerChange& peer : change.peers) KTN_OK(check_peer(peer));
  return Done{};
}

bool needs_present_state(const Change& change) {
  return !change.replace_peers && std::any_of(change.peers.begin(), change.peers.end(), [](const PeerChange& peer) {
    return !peer.remove && !(peer.take.empty() && peer.take6.empty());
  });
}

Setting setting_for(const Change& change, const Device* now, const std::string& nobody) {
  Setting setting;
  if (change.private_key) setting.private_key = key_bytes(change.private_key->reveal());
  setting.listen_port = change.listen_port;
  setting.fwmark = change.fwmark;
  setting.replace_peers = change.replace_peers;

  // Older kernels (Debian 12's for one) and wireguard-go's of that age can take an
  // address off a peer only by replacing all that the peer has, which interrupts the
  // others. Adding it to another peer moves it, everywhere and at once: so it goes to
  // a peer that nobody is, and that one is removed.
  if (now != nullptr && needs_present_state(change)) {
    std::map<std::string_view, const Peer*> present;
    for (const Peer& peer : now->peers) present.emplace(peer.public_key, &peer);
    PeerStep grave{.public_key = nobody};
    for (const PeerChange& peer : change.peers) {
      const auto found = present.find(peer.public_key);
      if (found == present.end() || peer.remove) continue;
      // Both are sorted.
      std::ranges::copy_if(peer.take, std::back_inserter(grave.allowed_ips),
                           [&](const Subnet& subnet) { return std::ranges::binary_search(found->second->allowed_ips, subnet); });
      std::ranges::copy_if(peer.take6, std::back_inserter(grave.allowed_ips6),
                           [&](const Subnet6& subnet) { return std::ranges::binary_search(found->second->allowed_ips6, subnet); });
    }
    if (!grave.allowed_ips.empty() || !grave.allowed_ips6.empty()) {
      setting.peers.push_back(std::move(grave));
      setting.peers.push_back({.public_key = nobody, .remove = true});
    }
  }

  for (const PeerChange& peer : change.peers) {
    PeerStep step{.public_key = *key_bytes(peer.public_key), .remove = peer.remove, .update_only = peer.update_only};
    if (!peer.remove) {
      step.replace_allowed_ips = peer.replace_allowed_ips;
      if (peer.endpoint) step.endpoint = parse_endpoint(*peer.endpoint);
      step.keepalive_s = peer.keepalive_s;
      step.allowed_ips = peer.add;
      step.allowed_ips6 = peer.add6;
    }
    setting.peers.push_back(std::move(step));
  }
  return setting;
}

std::int64_t moment_ms(std::int64_t seconds, std::int64_t nanoseconds) {
  if (seconds < 0 || seconds > INT64_MAX / 2000 || nanoseconds < 0 || nanoseconds >= 1'000'000'000) return 0;
  return seconds * 1000 + nanoseconds / 1'000'000;
}

}  // namespace kontena::netlink
