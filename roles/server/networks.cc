#include "networks.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/model/validate.h"
#include "kontena/store/tables.h"
#include "names.h"
#include "policies.h"
#include "routes/find.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_networks_of_project = 200;  // but for 'default': a fifth of the usual pool

// Those of other projects without their names.
overlay::Taken taken_in(const ClusterView& view, const model::ProjectPath& project) {
  overlay::Taken taken;
  view.networks.each(project.grid + '/', [&](const auto& item) {
    const bool own = item.value.project == project.project;
    if (const auto subnet = parse_subnet(item.value.subnet)) taken.emplace(*subnet, own ? item.value.name : "");
  });
  return taken;
}

// The engine has one space of names, in which what is of a project stands behind PROJECT. and what
// is of the project 'default' behind nothing; and a grid one pool, which no project may use up.
Status may_make(const ClusterView& view, const model::ProjectPath& project, const std::string& what,
                const std::string& name, const store::Commit& commit) {
  const std::string first = name.substr(0, name.find('.'));
  if (project.project == "default") {
    if (first.size() == name.size() || first == "default" || !view.projects.get(project.grid + '/' + first)) return Done{};
    return Error{Code::permission_denied, what + ": the name '" + name + "' is another project's", "choose another name"};
  }
  std::size_t count = 0;
  view.networks.each(project.text() + '/', [&](const auto&) { ++count; });
  for (const auto& put : commit.puts)
    count += put.key.starts_with(store::networks.key(project.text() + '/')) && !view.networks.get(put.key.substr(store::networks.key("").size()));
  if (count < most_networks_of_project) return Done{};
  return Error{Code::failed_precondition,
               what + ": project '" + project.project + "' has " + std::to_string(count) + " networks, the most a project may have",
               "remove some: kontena client network ls"};
}

bool has_members(const ClusterView& view, const std::string& key) {
  bool any = false;
  view.members.each(key + '/', [&](const auto&) { any = true; });
  return any;
}

// Fills in the addresses that a checked spec wishes for. `taken` is without the network itself.
Status address(const std::string& what, const model::NetworkSpec& wish, const Subnet& pool, const overlay::Taken& taken,
               model::Network& network) {
  Subnet subnet;
  network.declared = !wish.subnet.empty();
  if (network.declared) {
    subnet = parse_subnet(wish.subnet).value_or(Subnet{});
    if (auto may = overlay::may_have(subnet, pool, taken); !may)
      return Error{may.error().code, what + ": " + may.error().message, may.error().hint};
  } else {
    KTN_TRY(subnet, overlay::free_block(pool, taken, network_key(network.grid, network.project, network.name)));
  }
  network.subnet = to_text(subnet);
  network.gateway = wish.gateway.empty() ? to_text(overlay::default_gateway(subnet)) : wish.gateway;
  network.ip_range = wish.ip_range;
  network.reserved = wish.reserved;
  return Done{};
}

// Whoever makes a network writes the grid's record: of two at once one is late, and
// looks again at what is taken.
Status mark_grid(const ClusterView& view, const std::string& grid, store::Commit& commit) {
  const auto* item = view.grids.find(grid);
  if (!item) return absent("grid", grid, "");
  model::Grid marked = item->value;
  ++marked.networks_made;
  commit.unchanged.push_back(unchanged(store::grids, *item));
  commit.puts.push_back(store::grids.put(grid, marked));
  return Done{};
}

// A part of an old network that cannot be changed under those that are on it.
std::string difference(const model::Network& is, const model::Network& wanted) {
  if (is.subnet != wanted.subnet) return "subnet from " + is.subnet + " to " + wanted.subnet;
  if (is.gateway != wanted.gateway) return "gateway from " + is.gateway + " to " + wanted.gateway;
  if (is.subnet6 != wanted.subnet6)
    return is.subnet6.empty() ? "having no IPv6" : wanted.subnet6.empty() ? "having IPv6" : "subnet from " + is.subnet6 + " to " + wanted.subnet6;
  if (is.gateway6 != wanted.gateway6) return "gateway from " + is.gateway6 + " to " + wanted.gateway6;
  if (is.ip_range6 != wanted.ip_range6) return "range of IPv6 addresses";
  if (is.internal != wanted.internal) return is.internal ? "being internal" : "not being internal";
  return "";
}

// The static addresses of a stack's services on one of its networks.
Status check_static(const ClusterView& view, const model::StackPath& path, const model::StackSpec& spec,
                    const std::string& key, const model::Network& network) {
  const overlay::Range range = range_of(network);
  std::map<std::string, std::string> who;
  for (const auto& [name, service] : spec.services) {
    for (const model::Attachment& attachment : service.networks) {
      if (attachment.network != key) continue;
      std::string where = "services." + name + ".networks." + key + ".ipv6_address: ";
      if (!attachment.ipv6_address.empty())
        KTN_OK(check_static6(view, {path.grid, path.project, path.stack, name}, where, attachment, network));
      if (attachment.ipv4_address.empty()) continue;
      where = "services." + name + ".networks." + key + ".ipv4_address: ";
      const std::string& text = attachment.ipv4_address;
      if (!network.declared)
        return Error{Code::invalid_argument, where + "network '" + network.name + "' has no subnet of its own", "declare it: networks." + key + ".ipam.config"};
      const auto wanted = parse_ipv4(text);
      if (!wanted || !overlay::may_be_member(range, *wanted))
        return Error{Code::invalid_argument, where + "'" + text + "' is no address for an instance in " + network.subnet};
      if (const auto [other, is_new] = who.emplace(text, name); !is_new)
        return Error{Code::invalid_argument, where + text + " is that of service '" + other->second + "' too"};
      const std::string record = network_key(path.grid, path.project, network.name);
      if (const auto* holder = holder_of(view, record, text, {path.grid, path.project, path.stack, name}))
        return Error{Code::failed_precondition, where + text + " is in use by '" + holder->stack + '/' + holder->service + "'"};
    }
  }
  return Done{};
}

}  // namespace

std::string network_name(const model::StackPath& path, const NetworkSpecs& declared, const std::string& key) {
  const auto spec = declared.find(key);
  const bool named = spec != declared.end() && !spec->second.name.empty();
  return named ? spec->second.name : model::scoped_name("default", path.stack, key);
}

std::string network_key(const std::string& grid, const std::string& project, const std::string& name) {
  return grid + '/' + project + '/' + name;
}

std::string user_of(const ClusterView& view, const model::Network& network, const std::string& except) {
  std::string user;
  view.stacks.each(network.grid + '/' + network.project + '/', [&](const auto& item) {
    const model::Stack& stack = item.value;
    if (stack.name == except) return;
    for (const auto& [key, spec] : stack.networks)
      if (network_name({stack.grid, stack.project, stack.name}, stack.networks, key) == network.name) user = stack.name;
  });
  return user;
}

const model::Instance* holder_of(const ClusterView& view, const std::string& network, const std::string& address,
                                 const model::ServicePath& other_than) {
  const model::Instance* holder = nullptr;
  view.members.each(network + '/' + address + '/', [&](const auto& item) {
    const auto* instance = view.instances.get(item.value);
    if (instance && instance->service_path() != other_than) holder = instance;
  });
  return holder;
}

std::string engine_network(const std::string& project, const std::string& name) {
  return project == "default" ? name : project + '.' + name;
}

Subnet pool_of(const ClusterView& view, const std::string& grid) {
  const auto* record = view.grids.get(grid);
  const auto pool = record && !record->pool.empty() ? parse_subnet(record->pool) : std::nullopt;
  return pool ? *pool : *parse_subnet(overlay::default_pool);
}

overlay::Range range_of(const model::Network& network) {
  overlay::Range range;
  range.subnet = parse_subnet(network.subnet).value_or(Subnet{});
  range.from = parse_subnet(network.ip_range).value_or(range.subnet);
  range.gateway = parse_ipv4(network.gateway).value_or(Ipv4{});
  for (const std::string& one : network.reserved)
    if (const auto address = parse_ipv4(one)) range.reserved.insert(*address);
  // Nor one whose IPv6 address would be the gateway's or a reserved one.
  if (const auto range6 = range6_of(network)) {
    const auto bar = [&](const std::optional<Ipv6>& address) {
      const auto behind = address ? range6->behind(*address) : std::nullopt;
      if (behind && range.subnet.contains(*behind)) range.reserved.insert(*behind);
    };
    bar(range6->gateway);
    for (const std::string& one : network.reserved) bar(parse_ipv6(one));
  }
  return range;
}

Status put_networks(const ClusterView& view, const Call& call, const model::StackPath& path, const model::StackSpec& spec,
                    store::Commit& commit) {
  const Subnet pool = pool_of(view, path.grid);
  overlay::Taken taken = taken_in(view, {path.grid, path.project});
  overlay::Taken6 taken6;  // by this commit
  std::set<std::string> kept;
  bool made = false;
  for (const auto& [key, wanted] : spec.networks) {
    const std::string name = network_name(path, spec.networks, key);
    const std::string record = network_key(path.grid, path.project, name);
    const auto* item = view.networks.find(record);
    kept.insert(name);
    if (wanted.external) {
      if (!item)
        return Error{Code::failed_precondition, "networks." + key + ": the external network '" + name + "' is not there",
                     "make it: kontena client network create " + name};
      commit.unchanged.push_back(unchanged(store::networks, *item));
      commit.puts.push_back(store::networks.put(record, item->value));  // so that its removal at the same time conflicts
      KTN_OK(check_static(view, path, spec, key, item->value));
      continue;
    }
    if (!item) KTN_OK(may_make(view, {path.grid, path.project}, "networks." + key, name, commit));
    model::Network network{.grid = path.grid, .project = path.project, .name = name, .stack = path.stack, .created_ms = to_ms(call.now)};
    if (item) network = item->value;
    network.internal = wanted.internal;
    network.labels = wanted.labels;
    if (item) taken.erase(*parse_subnet(item->value.subnet));
    // The block that it was given it keeps.
    if (!item || item->value.declared || !wanted.subnet.empty())
      KTN_OK(address("networks." + key, wanted, pool, taken, network));
    taken.emplace(*parse_subnet(network.subnet), name);
    network.reserved = wanted.reserved;
    KTN_OK(address6(view, "networks." + key, wanted, taken6, network));
    if (const auto subnet6 = parse_subnet6(network.subnet6)) taken6.emplace(*subnet6, name);
    KTN_OK(check_static(view, path, spec, key, network));
    if (item && codec::to_json(network) == codec::to_json(item->value)) {
      commit.unchanged.push_back(unchanged(store::networks, *item));
      continue;
    }
    if (item && has_members(view, record))
      if (const std::string what = difference(item->value, network); !what.empty())
        return Error{Code::failed_precondition, "networks." + key + ": a network that instances are on cannot change its " + what,
                     "remove the stack first, or give the network another name"};
    commit.unchanged.push_back({store::networks.key(record), item ? item->revision : 0});
    commit.puts.push_back(store::networks.put(record, network));
    made = made || !item || item->value.subnet != network.subnet || item->value.subnet6 != network.subnet6;
  }
  view.networks.each(path.grid + '/' + path.project + '/', [&](const auto& item) {
    if (item.value.stack != path.stack || kept.contains(item.value.name) || has_members(view, item.key)) return;
    commit.unchanged.push_back(unchanged(store::networks, item));
    commit.deletes.push_back(store::networks.key(item.key));
  });
  return made ? mark_grid(view, path.grid, commit) : Status(Done{});
}

Result<model::Network> make_network(const ClusterView& view, const Call& call, const model::ProjectPath& path,
                                    const api::NetworkRequest& request, store::Commit& commit) {
  const std::string record = network_key(path.grid, path.project, request.name);
  if (view.networks.get(record)) return Error{Code::already_exists, "network '" + request.name + "' is there already"};
  model::Network network{.grid = path.grid, .project = path.project, .name = request.name, .internal = request.internal,
                         .labels = request.labels, .created_ms = to_ms(call.now)};
  const model::NetworkSpec wish{.subnet = request.subnet, .gateway = request.gateway, .ip_range = request.ip_range,
                                .ipv6 = request.ipv6 || !request.subnet6.empty(), .subnet6 = request.subnet6, .gateway6 = request.gateway6};
  for (const model::Problem& problem : model::wrong_addresses(wish))
    return Error{Code::invalid_argument, "network." + problem.path + ": " + problem.what};
  KTN_OK(may_make(view, path, "network", request.name, commit));
  KTN_OK(check_switches(view, path, {.networks = {{request.name, wish}}}));
  KTN_OK(address("network", wish, pool_of(view, path.grid), taken_in(view, path), network));
  KTN_OK(address6(view, "network", wish, {}, network));
  KTN_OK(mark_grid(view, path.grid, commit));
  commit.unchanged.push_back({store::networks.key(record), 0});
  commit.puts.push_back(store::networks.put(record, network));
  return network;
}

std::optional<model::Member> member_of(const ClusterView& view, const model::Instance& instance, const std::string& network) {
  const std::string name = network.substr(network.rfind('/') + 1);
  const auto address = instance.addresses.find(name);
  if (address == instance.addresses.end()) return std::nullopt;
  model::Member member{.network = instance.project + '/' + name, .address = address->second, .node = instance.node, .instance = instance.id};
  add_names(view, instance, name, member);
  if (const auto* record = view.networks.get(network); record && !record->subnet6.empty()) member.address6 = address6_of(view, *record, instance);
  const auto* status = view.statuses.get(model::instance_key(instance));
  member.up = status && status->state == model::InstanceState::running && status->health != model::Health::unhealthy &&
              instance.desired == model::Desired::running;
  return member;
}

std::vector<model::Member> members_of(const ClusterView& view, const std::string& network) {
  std::vector<model::Member> members;
  view.members.each(network + '/', [&](const auto& item) {
    const auto* instance = view.instances.get(item.value);
    if (!instance) return;
    if (auto member = member_of(view, *instance, network)) members.push_back(*std::move(member));
  });
  return members;
}

Result<bool> give_number(const ClusterView& view, const Ordered<model::Node>::Item& item, store::Commit& commit) {
  if (item.value.number != 0) return true;
  std::set<std::int64_t> taken;
  view.nodes.each(item.value.grid + '/', [&](const auto& other) { taken.insert(other.value.number); });
  model::Node node = item.value;
  node.number = overlay::free_number(taken);
  if (node.number == 0) return false;
  KTN_OK(mark_grid(view, node.grid, commit));
  commit.puts.push_back(store::nodes.put(item.key, node));
  return true;
}

}  // namespace kontena::server
