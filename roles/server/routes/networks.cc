#include "../networks.h"

#include <algorithm>

#include "find.h"
#include "handlers.h"
#include "kontena/model/validate.h"

namespace kontena::server {
namespace {

using Item = Ordered<model::Network>::Item;

api::NetworkSummary summarise(const ClusterView& view, const Item& item) {
  const model::Network& network = item.value;
  std::set<std::string> nodes, addresses;
  std::int64_t instances = 0;
  view.members.each(item.key + '/', [&](const auto& member) {
    const auto* instance = view.instances.get(member.value);
    if (!instance) return;
    ++instances;
    nodes.insert(*instance->node);
    addresses.insert(instance->addresses.at(network.name));
  });
  const overlay::Range range = range_of(network);
  std::int64_t free = static_cast<std::int64_t>(range.from.size());
  // What no instance may have is few: the ends, the gateway, what is reserved.
  std::set<Ipv4> barred(range.reserved);
  barred.insert({range.subnet.base, range.subnet.last(), range.gateway});
  for (const Ipv4 one : barred) free -= range.from.contains(one);
  for (const std::string& address : addresses) free -= range.from.contains(parse_ipv4(address).value_or(Ipv4{}));
  return {.project = network.project,
          .name = network.name,
          .stack = network.stack,
          .subnet = network.subnet,
          .gateway = network.gateway,
          .internal = network.internal,
          .declared = network.declared,
          .instances = instances,
          .nodes = std::ssize(nodes),
          .free_addresses = free,
          .created_ms = network.created_ms,
          .subnet6 = network.subnet6,
          .gateway6 = network.gateway6};
}

Result<const Item*> find_network(const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const auto* item = view.networks.find(network_key(call.at("grid"), call.at("project"), call.at("network")));
  if (!item) return absent("network", call.at("network"), "kontena client network ls shows all");
  return item;
}

}  // namespace

Result<Answer> list_networks(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  api::NetworkList list;
  view.networks.each(call.at("grid") + '/' + call.at("project") + '/',
                     [&](const auto& item) { list.networks.push_back(summarise(view, item)); });
  return answer(list);
}

Result<Answer> get_network(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_network(view, call));
  api::NetworkDetail detail{summarise(view, *item), members_of(view, item->key)};
  for (model::Member& member : detail.members)
    if (const auto* node = view.nodes.get(call.at("grid") + '/' + *member.node)) member.node = NodeId(node->name);
  return answer(detail);
}

Result<Change> create_network(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  KTN_TRY(const api::NetworkRequest request, body_of<api::NetworkRequest>(call));
  KTN_OK(model::check_network_name(request.name));
  Change change{.resource = network_key(call.at("grid"), call.at("project"), request.name)};
  KTN_TRY(const model::Network network, make_network(view, call, {call.at("grid"), call.at("project")}, request, change.commit));
  // Not in a project that is removed at the same time.
  change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(call.at("grid") + '/' + call.at("project"))));
  change.reply = json(summarise(view, {change.resource, 0, network}));
  return change;
}

Result<Change> remove_network(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_network(view, call));
  const model::Network& network = item->value;
  if (!network.stack.empty())
    return Error{Code::failed_precondition, "network '" + network.name + "' is stack '" + network.stack + "'s", "it goes with the stack: kontena client stack rm " + network.stack};
  if (const std::string user = user_of(view, network); !user.empty())
    return Error{Code::failed_precondition, "network '" + network.name + "' is in use by stack '" + user + "'"};
  Change change{.reply = {200, "{}"}, .resource = item->key};
  change.commit.unchanged = {unchanged(store::networks, *item)};
  change.commit.deletes = {store::networks.key(item->key)};
  return change;
}

}  // namespace kontena::server
