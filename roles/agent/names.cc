#include "names.h"

#include <algorithm>

#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

constexpr Duration between_looks{2'000};  // at the host's resolvers, and at addresses that could not be had

// "web.shop" → "web.shop.default.main.kontena.local": with what the full name has after the stack's.
std::vector<std::string> names_of(const model::Member& member, const std::string& stack) {
  std::vector<std::string> names = member.names;
  const auto at = member.full.find('.' + stack + '.');
  if (stack.empty() || at == std::string::npos) return names;
  const std::string tail = member.full.substr(at + 1 + stack.size());
  for (const std::string& name : member.names)
    if (name.ends_with('.' + stack)) names.push_back(name + tail);
  return names;
}

// "web-1.shop.default.…" → "shop"
std::string stack_of(const model::Member& member) {
  const auto first = member.full.find('.');
  const auto second = member.full.find('.', first + 1);
  return first == std::string::npos || second == std::string::npos ? "" : member.full.substr(first + 1, second - first - 1);
}

// "web-1.shop.default.main.kontena.local" → "shop.default.main.kontena.local"
std::string family_of(const model::Member& member) {
  const auto first = member.full.find('.');
  return first == std::string::npos ? "" : member.full.substr(first + 1);
}

}  // namespace

std::shared_ptr<const dns::Zone> zone_of(const overlay::Snapshot& snapshot, const NodeId& self, const Upstreams& upstreams) {
  auto zone = std::make_shared<dns::Zone>();
  zone->domain = snapshot.grid + ".kontena.local";
  if (const auto pool = parse_subnet(snapshot.pool)) zone->subnets.push_back(*pool);
  if (const auto pool = parse_subnet6(snapshot.pool6)) zone->subnets6.push_back(*pool);
  std::map<std::string, std::pair<dns::NetworkId, const model::NodeNetwork*>> numbered;
  for (const model::NodeNetwork& network : snapshot.networks) {
    numbered[network.path] = {static_cast<dns::NetworkId>(numbered.size()), &network};
    if (const auto subnet = parse_subnet(network.subnet)) zone->subnets.push_back(*subnet);
    if (const auto subnet = parse_subnet6(network.subnet6)) zone->subnets6.push_back(*subnet);
  }
  std::map<dns::NetworkId, std::vector<dns::Member>> members;
  for (const auto& [where, member] : overlay::holders(snapshot)) {
    const auto network = numbered.find(where.first);
    if (network == numbered.end()) continue;
    members[network->second.first].push_back({.address = where.second,
                                              .full_name = member->full,
                                              .names = names_of(*member, stack_of(*member)),
                                              .answers = member->up && !std::ranges::binary_search(snapshot.lost, *member->node),
                                              .family = family_of(*member),
                                              .address6 = parse_ipv6(member->address6)});
  }
  for (const auto& [path, network] : numbered)
    zone->networks[network.first] = std::make_shared<const dns::Network>(members[network.first]);

  struct Local {
    std::vector<Ipv4> addresses;
    std::vector<Subnet> subnets;
    dns::Asker asker;
  };
  std::map<InstanceId, Local> locals;
  for (const auto& [id, member] : snapshot.members) {
    const auto network = numbered.find(member.network);
    const auto address = parse_ipv4(member.address);
    if (member.node != self || network == numbered.end() || !address) continue;
    const auto [local, is_new] = locals.try_emplace(member.instance);
    if (is_new) local->second.asker.forwards = false;
    local->second.asker.family = family_of(member);
    if (const auto own = upstreams.find(*member.instance); is_new && own != upstreams.end())
      for (const std::string& server : own->second)
        if (const auto endpoint = parse_ipv4(server)) local->second.asker.upstreams.push_back({*endpoint, 53});
    for (const auto& [alias, name] : member.links) local->second.asker.links[alias] = {name};
    local->second.addresses.push_back(*address);
    if (const auto subnet = parse_subnet(network->second.second->subnet)) local->second.subnets.push_back(*subnet);
    local->second.asker.networks.push_back(network->second.first);
    local->second.asker.forwards |= !network->second.second->internal;
  }
  const auto within = [](const std::vector<Subnet>& subnets, Ipv4 address) {
    return std::ranges::any_of(subnets, [&](const Subnet& one) { return one.contains(address); });
  };
  for (auto& [instance, local] : locals) {
    // The node asks them, and reaches networks that the container does not.
    auto& servers = local.asker.upstreams;
    const auto gone = std::erase_if(servers, [&](const dns::Endpoint& server) {
      return within(zone->subnets, server.address) && !within(local.subnets, server.address);
    });
    if (gone > 0 && servers.empty()) local.asker.forwards = false;
    const auto asker = std::make_shared<const dns::Asker>(std::move(local.asker));
    for (const Ipv4 address : local.addresses) zone->askers[address] = asker;
  }
  return zone;
}

std::string resolver_text(const model::Assignment& assignment, const dns::Resolv& host) {
  std::string text = "# kontena: names of the cluster are answered by the node\n";
  int count = 0;
  // One that is not internal first: what is asked of the others gets no further.
  for (const bool internal : {false, true})
    for (const auto& [key, network] : assignment.networks)
      if (network.internal == internal && !network.gateway.empty() && count++ < 3) text += "nameserver " + network.gateway + '\n';
  const model::ContainerOptions options = assignment.spec.options.value_or(model::ContainerOptions{});
  const model::Strings& search = options.dns_search.empty() ? host.search : options.dns_search;
  // "." is Docker's word for none.
  if (!search.empty() && search != model::Strings{"."}) text += "search " + text::join(search, " ") + '\n';
  // Of an option that is there twice the last counts.
  return text + "options ndots:0" + (options.dns_options.empty() ? "" : " " + text::join(options.dns_options, " ")) + '\n';
}

Names::Names(Context context, Synced<MeshState>& mesh)
    : context_(std::move(context)), mesh_(mesh), server_({}, context_.clock, context_.ids) {}

void Names::step() {
  const auto changed = [&](const MeshState& s) { return s.version != version_ || s.resolvers_wanted || s.stopping; };
  mesh_.wait(between_looks, changed);
  mesh_.with([](MeshState& s) { s.resolvers_wanted = false; });
  Upstreams upstreams = context_.state.with([](const State& s) {
    Upstreams own;
    for (const auto& [id, wanted] : s.kept->instances)
      if (wanted.spec.options && !wanted.spec.options->dns.empty()) own[id] = wanted.spec.options->dns;
    return own;
  });
  const auto [snapshot, version, stopping] = mesh_.with([](const MeshState& s) { return std::tuple(s.wanted, s.version, s.stopping); });
  if (stopping) return server_.stop();
  std::string problem;
  if (!started_) {
    const Status started = server_.start();
    started_ = started.has_value();
    if (!started) problem = started.error().message;
  }
  std::vector<dns::Endpoint> gateways;
  std::vector<Ipv4> own;
  for (const model::NodeNetwork& network : snapshot->networks)
    if (const auto gateway = parse_ipv4(network.gateway)) gateways.push_back({*gateway, 53}), own.push_back(*gateway);
  const bool news = version != version_ || upstreams != upstreams_;
  if (news) server_.set_zone(zone_of(*snapshot, NodeId(context_.node), upstreams));
  if (started_ && (news || !problem_.empty())) {
    const Status listens = server_.listen(gateways);
    if (!listens) problem = listens.error().message;
  }
  if (const auto text = host_.changed()) server_.set_upstreams(dns::parse_resolv(*text, own).nameservers);
  if (problem != problem_ && !problem.empty()) log::warn("names cannot be answered everywhere", {{"reason", problem}});
  problem_ = problem;
  version_ = version;
  upstreams_ = std::move(upstreams);
  mesh_.change([&](MeshState& s) {
    s.answered = version;
    s.resolvers = upstreams_;
  });
}

}  // namespace kontena::agent
