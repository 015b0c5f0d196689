#include "kontena/overlay/wanted.h"

#include <algorithm>

#include "kontena/overlay/plan.h"

namespace kontena::overlay {

std::string member_id(std::string_view instance, std::string_view network) {
  return std::string(instance) + '@' + std::string(network);
}
std::string member_id(const model::Member& member) { return member_id(*member.instance, member.network); }

namespace {

std::optional<Ipv4> address_of(const model::Member& member, Ipv4) { return parse_ipv4(member.address); }
std::optional<Ipv6> address_of(const model::Member& member, Ipv6) { return parse_ipv6(member.address6); }

template <class Address>
std::map<std::pair<std::string, Address>, const model::Member*> holders_of(const Snapshot& snapshot) {
  std::map<std::pair<std::string, Address>, const model::Member*> found;
  for (const auto& [id, member] : snapshot.members) {
    const auto address = address_of(member, Address());
    if (!address) continue;
    const auto is_down = [&](const model::Member& m) { return !m.up || std::ranges::binary_search(snapshot.lost, *m.node); };
    const model::Member*& holder = found[{member.network, *address}];
    if (!holder || (is_down(*holder) && !is_down(member))) holder = &member;
  }
  return found;
}

using BridgeOf = std::map<std::string, std::string>;  // by network

// What follows from who has which IPv6 address; nothing of a network without.
void add_ipv6(const Snapshot& snapshot, const NodeId& self, const BridgeOf& bridge_of, Wanted& all, Who& who) {
  for (const auto& [id, member] : snapshot.members) {
    const auto bridge = bridge_of.find(member.network);
    const auto address = bridge == bridge_of.end() || member.node != self ? std::nullopt : parse_ipv6(member.address6);
    if (address) who.own6.emplace(bridge->second, *address);
  }
  for (const auto& [where, member] : holders6(snapshot)) {
    const auto bridge = bridge_of.find(where.first);
    if (bridge == bridge_of.end()) continue;
    if (member->node == self) {
      who.local6.emplace(bridge->second, where.second);
      continue;
    }
    const auto peer = all.peers.find(*member->node);
    if (peer == all.peers.end()) continue;
    who.remote6.emplace(bridge->second, where.second);
    peer->second.allowed6.push_back({where.second, 128});
  }
  for (auto& [node, peer] : all.peers) std::ranges::sort(peer.allowed6);
}

}  // namespace

std::map<std::pair<std::string, Ipv4>, const model::Member*> holders(const Snapshot& snapshot) { return holders_of<Ipv4>(snapshot); }
std::map<std::pair<std::string, Ipv6>, const model::Member*> holders6(const Snapshot& snapshot) { return holders_of<Ipv6>(snapshot); }

Wanted wanted(const Snapshot& snapshot, const NodeId& self) {
  Wanted all;
  all.pool = parse_subnet(snapshot.pool).value_or(Subnet{});
  all.address = parse_ipv4(snapshot.address);
  BridgeOf bridge_of, bridge_of6;
  for (const model::NodeNetwork& network : snapshot.networks) {
    const auto subnet = parse_subnet(network.subnet);
    const auto gateway = parse_ipv4(network.gateway);
    if (!subnet || !gateway) continue;
    const auto subnet6 = network.subnet6.empty() ? std::nullopt : parse_subnet6(network.subnet6);
    all.bridges.push_back({network.bridge, *subnet, *gateway, network.internal, subnet6});
    bridge_of[network.path] = network.bridge;
    if (subnet6) bridge_of6[network.path] = network.bridge;
  }
  for (const auto& [node, peer] : snapshot.peers) {
    const auto address = parse_ipv4(peer.address);
    if (!address || peer.public_key.empty() || node == *self) continue;
    const auto former = snapshot.former_keys.find(node);
    all.peers[node] = {.name = peer.name,
                       .public_key = peer.public_key,
                       .former_key = former == snapshot.former_keys.end() ? "" : former->second,
                       .endpoints = peer.endpoints,
                       .allowed = {{*address, 32}},
                       .address = *address,
                       .mtu = peer.mtu,
                       .lost = std::ranges::binary_search(snapshot.lost, node)};
    all.routes.insert(*address);
  }
  Who who;
  for (const auto& [id, member] : snapshot.members) {
    const auto bridge = bridge_of.find(member.network);
    const auto address = parse_ipv4(member.address);
    if (member.node == self && bridge != bridge_of.end() && address) who.own.emplace(bridge->second, *address);
  }
  for (const auto& [where, member] : holders(snapshot)) {
    const auto bridge = bridge_of.find(where.first);
    if (bridge == bridge_of.end()) continue;
    if (member->node == self) {
      who.local.emplace(bridge->second, where.second);
      continue;
    }
    const auto peer = all.peers.find(*member->node);
    if (peer == all.peers.end()) continue;
    who.remote.emplace(bridge->second, where.second);
    peer->second.allowed.push_back({where.second, 32});
    all.routes.insert(where.second);
  }
  for (auto& [node, peer] : all.peers) std::ranges::sort(peer.allowed);
  if (!bridge_of6.empty()) add_ipv6(snapshot, self, bridge_of6, all, who);
  all.rules = rules(all.pool, all.bridges, who, bridge_of6.empty() ? std::nullopt : parse_subnet6(snapshot.pool6));
  return all;
}

std::string endpoint(const model::Strings& endpoints, std::int64_t tries) {
  return endpoints.empty() ? "" : endpoints[static_cast<std::size_t>(tries) % endpoints.size()];
}

}  // namespace kontena::overlay
