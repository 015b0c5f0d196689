#include <algorithm>

#include "../networks.h"
#include "../seen_address.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"

namespace kontena::server {
namespace {

// The networks that instances of the node are on.
std::set<std::string> networks_on(const ClusterView& view, const std::string& node) {
  std::set<std::string> networks;
  view.by_node.each(node + '/', [&](const auto& entry) {
    const auto* instance = view.instances.get(entry.value);
    if (!instance) return;
    for (const auto& [name, address] : instance->addresses) networks.insert(network_key(instance->grid, instance->project, name));
  });
  return networks;
}

model::NodeNetwork subnet_of(const model::Network& network) {
  return {.path = network.project + '/' + network.name,
          .bridge = overlay::bridge_name(network.grid, network.project, network.name),
          .subnet = network.subnet,
          .gateway = network.gateway,
          .internal = network.internal,
          .subnet6 = network.subnet6};
}

std::string digest_of(const api::NetworkAnswer& told) {
  return crypto::sha256_hex(codec::to_json(told.networks) + codec::to_json(told.lost) + told.address + told.pool + told.pool6 + '/' +
                            std::to_string(told.key_rotation)).substr(0, 16);
}

// Those that can be called, or call: with a number and a key.
void add_peers(const ClusterView& view, const model::Node& self, std::int64_t after, const Subnet& pool, api::NetworkAnswer& told) {
  view.nodes.each(self.grid + '/', [&](const auto& item) {
    const model::Node& node = item.value;
    const auto* facts = view.facts.find(item.key);
    if (node.id == self.id || node.number == 0 || !facts || facts->value.mesh_key.empty()) return;
    if (!told.complete && item.revision <= after && facts->revision <= after) return;
    told.peers.push_back({.node = node.id,
                          .name = node.name,
                          .address = to_text(overlay::node_address(pool, node.number)),
                          .public_key = facts->value.mesh_key,
                          .endpoints = endpoints_of(facts->value),
                          .mtu = facts->value.mesh_mtu});
  });
}

// Who is on the network. Links are told to the node where they are asked for.
void add_members(const ClusterView& view, const model::Node& self, const std::string& network, std::int64_t after,
                 const std::set<std::string>& renamed, api::NetworkAnswer& told) {
  view.members.each(network + '/', [&](const auto& entry) {
    const auto* instance = view.instances.find(entry.value);
    if (!instance) return;
    const auto* status = view.statuses.find(entry.value);
    const bool is_old = instance->revision <= after && (!status || status->revision <= after);
    if (!told.complete && is_old && !renamed.contains(instance->value.service_path().text())) return;
    auto member = member_of(view, instance->value, network);
    if (!member) return;
    if (member->node != self.id) member->links.clear();
    told.members.push_back(*std::move(member));
  });
}

}  // namespace

// The wanted network of a node. Changes are told by member and by peer; where the
// networks themselves, or the nodes that are lost, are others than the asker has,
// by its digest, all is told.
Result<Answer> get_node_network(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const std::int64_t after, number_asked(call, "after", 0));
  const std::string key = call.who.grid + '/' + call.who.id;
  const auto* self = view.nodes.get(key);
  if (!self) return Error{Code::unauthenticated, "this node was removed"};
  const Subnet pool = pool_of(view, call.who.grid);
  const auto networks = networks_on(view, key);

  api::NetworkAnswer told{.revision = view.revision, .grid = call.who.grid, .pool = to_text(pool)};
  if (const auto* grid = view.grids.get(call.who.grid)) told.key_rotation = grid->key_rotation;
  if (self->number != 0) told.address = to_text(overlay::node_address(pool, self->number));
  for (const std::string& network : networks)
    if (const auto* record = view.networks.get(network)) told.networks.push_back(subnet_of(*record));
  if (std::ranges::any_of(told.networks, [](const auto& network) { return !network.subnet6.empty(); }))
    told.pool6 = to_text(pool6_of(view, call.who.grid));
  const model::Liveness states = context.liveness.states();
  view.nodes.each(call.who.grid + '/', [&](const auto& item) {
    const auto state = states.find(item.value.id);
    if (state != states.end() && state->second == model::NodeState::lost) told.lost.push_back(*item.value.id);
  });
  told.digest = digest_of(told);

  const bool goes_on = after > 0 && after <= view.revision && call.ask("has") == told.digest;
  const auto removed = goes_on ? context.views.removed_members(networks, after) : std::nullopt;
  auto renamed = context.views.renamed(after);
  told.complete = !removed || !renamed;
  view.removed_nodes.each(call.who.grid + '/', [&](const auto& item) { told.complete = told.complete || item.revision > after; });
  if (removed) told.gone = *removed;
  if (!renamed) renamed.emplace();
  add_peers(view, *self, after, pool, told);
  for (const std::string& network : networks) add_members(view, *self, network, after, *renamed, told);

  const bool nothing_new = !told.complete && told.members.empty() && told.peers.empty() && told.gone.empty();
  if (!nothing_new || call.last) return answer(told);
  Park park{{"by_node/" + key, "grids/" + call.who.grid, "nodes/" + call.who.grid, "facts/" + call.who.grid, "removed_nodes/" + call.who.grid, "liveness/" + call.who.grid}};
  for (const std::string& network : networks) {
    park.prefixes.push_back("members/" + network);
    park.prefixes.push_back("networks/" + network);
  }
  return Answer(std::move(park));
}

}  // namespace kontena::server
