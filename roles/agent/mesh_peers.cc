#include "mesh_peers.h"

#include <algorithm>
#include <set>

#include "kontena/base/text.h"
#include "kontena/netlink/keys.h"

namespace kontena::agent {
namespace {

constexpr std::size_t most_named = 3;

using Known = std::map<std::string, const netlink::Peer*>;

const netlink::Peer* find(const Known& known, const std::string& key) {
  const auto found = known.find(key);
  return found == known.end() ? nullptr : found->second;
}

// Makes the allowed addresses those that are wanted; tells whether they are others.
// Null: none of either family.
bool set_allowed(const overlay::WantedPeer* wanted, const netlink::Peer* has, netlink::PeerChange& change) {
  static const overlay::WantedPeer none{};
  static const netlink::Peer nobody{};
  const overlay::WantedPeer& to = wanted ? *wanted : none;
  const netlink::Peer& had = has ? *has : nobody;
  std::ranges::set_difference(to.allowed, had.allowed_ips, std::back_inserter(change.add));
  std::ranges::set_difference(had.allowed_ips, to.allowed, std::back_inserter(change.take));
  std::ranges::set_difference(to.allowed6, had.allowed_ips6, std::back_inserter(change.add6));
  std::ranges::set_difference(had.allowed_ips6, to.allowed6, std::back_inserter(change.take6));
  return !(change.add.empty() && change.take.empty() && change.add6.empty() && change.take6.empty());
}

}  // namespace

bool MeshPeers::answers(Contact& contact, const netlink::Peer* has, Duration steady, Time now) {
  if (!has || has->last_handshake_ms <= 0) return false;
  if (has->last_handshake_ms != contact.handshake_ms) {
    const Duration age = now - from_ms(has->last_handshake_ms);
    // The first time it may be long ago; later on it is as new as our last look.
    contact.heard = contact.handshake_ms == 0 ? steady - std::max(age, Duration(0)) : steady;
    contact.received = std::max(contact.received, contact.heard);
    contact.handshake_ms = has->last_handshake_ms;
  }
  return steady - contact.heard < handshake_is_old;
}

bool MeshPeers::is_heard(Contact& contact, const netlink::Peer* has, Duration steady) {
  if (!has) return false;
  if (has->rx_bytes != contact.bytes) {
    contact.bytes = has->rx_bytes;
    contact.received = steady;
  }
  return steady - contact.received < keepalives_are_missing;
}

std::optional<std::string> MeshPeers::choose_endpoint(Contact& contact, const overlay::WantedPeer& peer, const netlink::Peer* has,
                                                      bool fresh, Duration steady) {
  model::Strings endpoints = peer.endpoints;
  std::erase_if(endpoints, [](const std::string& one) { return !netlink::is_endpoint(one); });
  const bool called = has && has->endpoint;
  const bool others = contact.endpoints != endpoints;
  // It is not there any more, by its own word: that it answered from there says nothing now.
  const bool moved = called && others && std::ranges::find(contact.endpoints, *has->endpoint) != contact.endpoints.end() &&
                     std::ranges::find(endpoints, *has->endpoint) == endpoints.end();
  if (others) {
    contact.endpoints = endpoints;
    contact.tries = 0;
  }
  if (endpoints.empty() || (fresh && called && !moved)) return std::nullopt;
  if (!others && called && steady - contact.tried < endpoint_patience) return std::nullopt;
  if (!others && called) ++contact.tries;
  contact.tried = steady;
  std::string next = overlay::endpoint(endpoints, contact.tries);
  if (called && *has->endpoint == next) return std::nullopt;
  return next;
}

MeshPeers::Look MeshPeers::look(const overlay::Wanted& wanted, const netlink::Device& is, Duration steady, Time now) {
  Look look;
  Known known;
  for (const netlink::Peer& peer : is.peers) known[peer.public_key] = &peer;
  std::set<std::string> keep;
  for (const auto& [node, peer] : wanted.peers) {
    if (!netlink::is_key(peer.public_key)) continue;  // of one node: no reason to cut the others off
    keep.insert(peer.public_key);
    const netlink::Peer* has = find(known, peer.public_key);
    const netlink::Peer* former = find(known, peer.former_key);
    auto [at, begun] = contacts_.try_emplace(peer.public_key);
    Contact& contact = at->second;
    if (begun || peer.lost || !has) contact.since = steady;
    if (begun) contact.received = steady;
    const bool fresh = answers(contact, has, steady, now), heard = is_heard(contact, has, steady);
    const bool waits = former && !fresh;
    if (waits) keep.insert(peer.former_key);
    look.handing_over = look.handing_over || waits;

    netlink::PeerChange one{.public_key = peer.public_key};
    if (!has || has->keepalive_s != mesh_keepalive_s) one.keepalive_s = mesh_keepalive_s;
    one.endpoint = !has && waits && former->endpoint ? former->endpoint : choose_endpoint(contact, peer, has, fresh && heard, steady);
    if (one.endpoint && !has) contact.endpoints = peer.endpoints, contact.tried = steady;
    const bool moves = set_allowed(waits ? nullptr : &peer, has, one);
    if (!has && !former) look.mended.push_back("peer " + peer.name);
    if (has && !former && moves) look.mended.push_back("addresses of peer " + peer.name);
    look.endpoints[node] = one.endpoint ? *one.endpoint : has && has->endpoint ? *has->endpoint : "";
    if (waits) {
      netlink::PeerChange other{.public_key = peer.former_key};
      if (set_allowed(&peer, former, other)) look.changes.push_back(std::move(other));
    }
    if (!has || one.endpoint || one.keepalive_s || moves) look.changes.push_back(std::move(one));

    const bool carried = fresh || (waits && answers(contacts_[peer.former_key], former, steady, now));
    if (!carried && !peer.lost && steady - contact.since > silence)
      look.silent.push_back('\'' + peer.name + "' (" + (peer.endpoints.empty() ? "hidden: it has to call" : text::join(peer.endpoints, ", ")) + ')');
  }
  for (const auto& [key, peer] : known) {
    if (keep.contains(key)) continue;
    look.changes.push_back({.public_key = key, .remove = true});
    const bool replaced = std::ranges::any_of(wanted.peers, [&](const auto& one) { return one.second.former_key == key; });
    if (!replaced) look.mended.push_back("a peer that is not ours");
  }
  std::erase_if(contacts_, [&](const auto& contact) { return !keep.contains(contact.first); });
  return look;
}

std::string silence_text(const model::Strings& silent, int port) {
  if (silent.empty()) return "";
  const std::size_t named = std::min(silent.size(), most_named);
  std::string names = text::join(std::span(silent).first(named), ", ");
  if (named < silent.size()) names += " and " + std::to_string(silent.size() - named) + " more";
  return "no answer from node " + names + ": UDP port " + std::to_string(port) + " is likely blocked on the way there or back";
}

}  // namespace kontena::agent
