#include "addresses.h"

#include "../networks.h"

namespace kontena::server {
namespace {

bool is_member(const model::ClusterView& view, const std::string& network, Ipv4 address) {
  bool any = false;
  view.members.each(network + '/' + to_text(address) + '/', [&](const auto&) { any = true; });
  return any;
}

}  // namespace

std::string Addresses::give(const model::ClusterView& view, model::Instance& instance) {
  const model::StackPath path{instance.grid, instance.project, instance.stack};
  const auto* revision = view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
  const auto* stack = view.stacks.get(path.text());
  if (!revision || !stack) return "";
  model::StringMap addresses;
  for (const model::Attachment& attachment : revision->spec.networks) {
    const std::string name = network_name(path, stack->networks, attachment.network);
    const std::string key = network_key(path.grid, path.project, name);
    const auto* network = view.networks.get(key);
    if (!network) return "network '" + name + "' is not there: deploy the stack again";
    if (const auto wanted = parse_ipv6(attachment.ipv6_address)) {
      if (const auto* other = holder6_of(view, *network, *wanted, instance.service_path()))
        return "the address " + attachment.ipv6_address + " of network '" + name + "' is still that of " + other->stack + '/' +
               other->service + '-' + std::to_string(other->slot);
    }
    std::set<Ipv4>& given = given_[key];
    if (const std::string& wanted = attachment.ipv4_address; !wanted.empty()) {
      // It passes from an instance to the one in its place, though the old one be on a node that
      // cannot be reached: who has it on paper is up to us.
      if (const auto* other = holder_of(view, key, wanted, instance.service_path()))
        return "the address " + wanted + " of network '" + name + "' is still that of " + other->stack + '/' + other->service + '-' +
               std::to_string(other->slot);
      addresses[name] = wanted;
      continue;
    }
    const auto address = overlay::free_address(range_of(*network), *instance.id, [&](Ipv4 candidate) {
      return given.contains(candidate) || is_member(view, key, candidate);
    });
    if (!address) return "network '" + name + "' has no free address in " + (network->ip_range.empty() ? network->subnet : network->ip_range);
    addresses[name] = to_text(*address);
  }
  for (const auto& [name, address] : addresses) given_[network_key(path.grid, path.project, name)].insert(*parse_ipv4(address));
  instance.addresses = std::move(addresses);
  return "";
}

void Addresses::give(const model::ClusterView& view, rollout::Plan& plan) {
  const auto settle = [&](model::Instance& instance) {
    if (instance.node.empty() || !instance.addresses.empty()) return;
    instance.why_not = give(view, instance);
    if (!instance.why_not.empty()) instance.node = NodeId();
  };
  // One that waits as it did is not written again: that would bring the next round at once.
  const auto waits_as_before = [&](const model::Instance& instance) {
    const auto* was = view.instances.get(model::instance_key(instance));
    return was && instance.node.empty() && was->node.empty() && was->why_not == instance.why_not;
  };
  std::erase_if(plan.steps, [&](rollout::Step& step) {
    if (auto* create = std::get_if<rollout::CreateInstance>(&step)) settle(create->instance);
    auto* place = std::get_if<rollout::PlaceInstance>(&step);
    if (!place) return false;
    settle(place->instance);
    return waits_as_before(place->instance);
  });
}

}  // namespace kontena::server
