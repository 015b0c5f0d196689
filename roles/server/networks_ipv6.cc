// The IPv6 part of networks.h.
#include <algorithm>

#include "networks.h"

namespace kontena::server {
namespace {

// Those of other projects without their names.
overlay::Taken6 taken_in(const ClusterView& view, const model::Network& but_for) {
  overlay::Taken6 taken;
  const std::string other_than = network_key(but_for.grid, but_for.project, but_for.name);
  view.networks.each(but_for.grid + '/', [&](const auto& item) {
    if (item.value.subnet6.empty() || item.key == other_than) return;
    const bool own = item.value.project == but_for.project;
    if (const auto subnet = parse_subnet6(item.value.subnet6)) taken.emplace(*subnet, own ? item.value.name : "");
  });
  return taken;
}

// What the instances of the service ask for there; "" = nothing.
const std::string& wish_of(const ClusterView& view, const model::Instance& instance, const std::string& network) {
  static const std::string none;
  const model::StackPath path{instance.grid, instance.project, instance.stack};
  const auto* revision = view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
  const auto* stack = view.stacks.get(path.text());
  if (!revision || !stack) return none;
  for (const model::Attachment& attachment : revision->spec.networks)
    if (!attachment.ipv6_address.empty() && network_name(path, stack->networks, attachment.network) == network)
      return attachment.ipv6_address;
  return none;
}

}  // namespace

Subnet6 pool6_of(const ClusterView& view, const std::string& grid) {
  const auto* record = view.grids.get(grid);
  return overlay::grid_pool6(grid, record ? record->created_ms : 0);
}

std::optional<overlay::Range6> range6_of(const model::Network& network) {
  const auto subnet = network.subnet6.empty() ? std::nullopt : parse_subnet6(network.subnet6);
  if (!subnet) return std::nullopt;
  return overlay::Range6{*subnet, parse_subnet6(network.ip_range6).value_or(*subnet), parse_ipv6(network.gateway6).value_or(Ipv6{})};
}

Status address6(const ClusterView& view, const std::string& what, const model::NetworkSpec& wish,
                const overlay::Taken6& made, model::Network& network) {
  if (!wish.ipv6) {
    network.subnet6.clear(), network.gateway6.clear(), network.ip_range6.clear();
    network.declared6 = false;
    return Done{};
  }
  const std::string key = network_key(network.grid, network.project, network.name);
  const bool keeps = wish.subnet6.empty() && !network.subnet6.empty() && !network.declared6;
  overlay::Taken6 taken = taken_in(view, network);
  taken.insert(made.begin(), made.end());
  const auto subnet = [&]() -> Result<Subnet6> {
    if (keeps) return *parse_subnet6(network.subnet6);
    if (wish.subnet6.empty()) return overlay::free_block6(pool6_of(view, network.grid), taken, key);
    KTN_TRY(const Subnet6 declared, overlay::read_subnet6(wish.subnet6));
    KTN_OK(overlay::may_have6(declared, taken));
    if (!wish.ip_range6.empty()) KTN_OK(overlay::read_subnet6(wish.ip_range6));
    return declared;
  }();
  if (!subnet) return Error{subnet.error().code, what + ": " + subnet.error().message, subnet.error().hint};
  const auto gateway = parse_ipv6(wish.gateway6);
  network.subnet6 = to_text(*subnet);
  network.gateway6 = to_text(gateway ? *gateway : Ipv6{subnet->base.high, subnet->base.low | 1});
  network.ip_range6 = wish.ip_range6;
  network.declared6 = !wish.subnet6.empty();
  return Done{};
}

Status check_static6(const ClusterView& view, const model::ServicePath& path, const std::string& where,
                     const model::Attachment& attachment, const model::Network& network) {
  const std::string& text = attachment.ipv6_address;
  const auto range = range6_of(network);
  if (!range || !network.declared6)
    return Error{Code::invalid_argument, where + "network '" + network.name + "' has no IPv6 subnet of its own",
                 "declare it: enable_ipv6 and ipam.config of the network"};
  const auto wanted = parse_ipv6(text);
  const bool is_reserved = wanted && std::ranges::any_of(network.reserved, [&](const auto& one) { return parse_ipv6(one) == wanted; });
  if (!wanted || !range->subnet.contains(*wanted) || *wanted == range->subnet.base || *wanted == range->gateway || is_reserved)
    return Error{Code::invalid_argument, where + "'" + text + "' is no address for an instance in " + network.subnet6};
  const auto subnet = parse_subnet(network.subnet);
  const auto whose = range->behind(*wanted);
  if (whose && subnet && subnet->contains(*whose) && parse_ipv4(attachment.ipv4_address) != whose)
    return Error{Code::invalid_argument, where + text + " is that of whoever has the IPv4 address " + to_text(*whose),
                 "ask for that one too: ipv4_address, or take an address with other last 32 bits"};
  if (const auto* holder = holder6_of(view, network, *wanted, path))
    return Error{Code::failed_precondition, where + text + " is in use by '" + holder->stack + '/' + holder->service + "'"};
  return Done{};
}

std::string address6_of(const ClusterView& view, const model::Network& network, const model::Instance& instance) {
  const auto range = range6_of(network);
  const auto given = instance.addresses.find(network.name);
  const auto address = !range || given == instance.addresses.end() ? std::nullopt : parse_ipv4(given->second);
  if (!address) return "";
  const auto asked = parse_ipv6(wish_of(view, instance, network.name));
  return to_text(asked ? *asked : range->beside(*address));
}

const model::Instance* holder6_of(const ClusterView& view, const model::Network& network, Ipv6 address,
                                  const model::ServicePath& other_than) {
  const model::Instance* holder = nullptr;
  view.members.each(network_key(network.grid, network.project, network.name) + '/', [&](const auto& item) {
    const auto* instance = view.instances.get(item.value);
    if (!instance || instance->service_path() == other_than) return;
    if (parse_ipv6(address6_of(view, network, *instance)) == address) holder = instance;
  });
  return holder;
}

}  // namespace kontena::server
