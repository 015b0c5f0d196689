#include "probe.h"

#include <algorithm>
#include <set>

#include "kontena/base/text.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/rules.h"
#include "kontena/netlink/sysctl.h"
#include "kontena/netlink/wireguard.h"
#include "kontena/overlay/plan.h"

namespace kontena::agent {
namespace {

const std::string device(overlay::device);
constexpr std::size_t most_named = 5;  // of the same kind, in a list for people

std::string some(const std::string& what, const model::Strings& which) {
  std::string text = what;
  for (std::size_t i = 0; i < std::min(most_named, which.size()); ++i) text += (i == 0 ? " " : ", ") + which[i];
  if (which.size() > most_named) text += " and " + std::to_string(which.size() - most_named) + " more";
  return text;
}

std::int64_t age_ms(std::int64_t then_ms, Time now) {
  return then_ms == 0 ? -1 : std::max<std::int64_t>(0, to_ms(now) - then_ms);
}

// The kernel's peer, by its present key or by the one before.
const netlink::Peer* find_peer(const netlink::Device& is, const overlay::WantedPeer& wanted) {
  const netlink::Peer* found = nullptr;
  for (const netlink::Peer& peer : is.peers)
    if (peer.public_key == wanted.public_key || (!found && peer.public_key == wanted.former_key)) found = &peer;
  return found;
}

void compare_device(netlink::Links& links, const overlay::Wanted& wanted, int mtu, model::Strings& differences) {
  const auto link = links.find(device);
  if (!link) return differences.push_back("the device " + device + " is not there");
  if (!link->up) differences.push_back("the device " + device + " is down");
  if (mtu != 0 && link->mtu != mtu)
    differences.push_back("its MTU is " + std::to_string(link->mtu) + ", not " + std::to_string(mtu));
  const auto addresses = links.addresses(link->index);
  if (addresses && std::ranges::find(*addresses, *wanted.address, &netlink::Address::address) == addresses->end())
    differences.push_back("it does not have the address " + to_text(*wanted.address));
  const auto routes = links.routes(link->index);
  if (!routes) return differences.push_back("routes cannot be read: " + routes.error().message);
  std::set<Ipv4> there;
  for (const netlink::Route& route : *routes)
    if (route.to.bits == 32) there.insert(route.to.base);
  model::Strings missing, more;
  for (const Ipv4 to : wanted.routes)
    if (!there.contains(to)) missing.push_back(to_text(to));
  for (const Ipv4 to : there)
    if (!wanted.routes.contains(to)) more.push_back(to_text(to));
  if (!missing.empty()) differences.push_back(some("no route to", missing));
  if (!more.empty()) differences.push_back(some("a route that is not ours to", more));
}

// Where packets have to be smaller than the device takes.
std::map<Ipv4, std::int64_t> mtus_of_routes(netlink::Links& links) {
  std::map<Ipv4, std::int64_t> mtus;
  const auto link = links.find(device);
  const auto routes = link ? links.routes(link->index) : Result<std::vector<netlink::Route>>(link.error());
  if (!routes) return mtus;
  for (const netlink::Route& route : *routes)
    if (route.mtu != 0) mtus[route.to.base] = route.mtu;
  return mtus;
}

void compare_bridges(netlink::Links& links, const overlay::Snapshot& snapshot, const NodeId& self,
                     model::Strings& differences) {
  const auto all = links.list();
  if (!all) return differences.push_back("links cannot be read: " + all.error().message);
  for (const model::NodeNetwork& network : snapshot.networks) {
    const bool used = std::ranges::any_of(snapshot.members, [&](const auto& m) {
      return m.second.network == network.path && m.second.node == self && m.second.up;
    });
    const auto link = std::ranges::find(*all, network.bridge, &netlink::Link::name);
    if (link == all->end()) {
      // Docker makes it with the first container.
      if (used) differences.push_back("the bridge of " + network.path + ", " + network.bridge + ", is not there");
      continue;
    }
    const auto answers = netlink::sysctl({"conf", network.bridge, "proxy_arp"});
    if (!link->up) differences.push_back("the bridge of " + network.path + " is down");
    if (answers && *answers != "1")
      differences.push_back("the bridge of " + network.path + " does not answer for other nodes");
  }
}

void compare_rules(const overlay::Snapshot& snapshot, const NodeId& self, model::Strings& differences) {
  const auto nft = netlink::Nft::find();
  const auto table = nft ? nft->tables(std::string(overlay::table)) : Result<std::optional<std::string>>(nft.error());
  if (!table) return differences.push_back("rules cannot be read: " + table.error().message);
  if (!*table) return differences.push_back("the table of rules is not there");
  if ((*table)->find("\"rule\"") == std::string::npos) differences.push_back("the table of rules is empty");
  const auto own = members_of_set(**table, "own");
  model::Strings barred;
  std::map<std::string, std::string> bridges;
  for (const model::NodeNetwork& network : snapshot.networks) bridges[network.path] = network.bridge;
  for (const auto& [where, member] : overlay::holders(snapshot))
    if (member->node == self && bridges.contains(where.first) &&
        !own.contains({bridges[where.first], to_text(where.second)}))
      barred.push_back(to_text(where.second));
  if (!barred.empty()) differences.push_back(some("the rules do not let through", barred));
}

}  // namespace

std::set<std::pair<std::string, std::string>> members_of_set(std::string_view tables, std::string_view set) {
  std::set<std::pair<std::string, std::string>> members;
  for (const std::string& line : text::split(tables, '\n')) {
    const auto read = codec::Document::parse(line);
    const auto list = read ? codec::find(read->root(), "nftables") : std::nullopt;
    for (const codec::Element each : list ? codec::elements(*list) : std::vector<codec::Element>{}) {
      const auto found = codec::find(each, "set");
      const auto elements =
          found && codec::string_at(*found, {"name"}) == set ? codec::find(*found, "elem") : std::nullopt;
      for (const codec::Element element : elements ? codec::elements(*elements) : std::vector<codec::Element>{}) {
        const auto parts = codec::find(element, "concat");
        const auto pair = parts ? codec::elements(*parts) : std::vector<codec::Element>{};
        std::string bridge, address;
        if (pair.size() == 2 && codec::take(pair[0], bridge) && codec::take(pair[1], address))
          members.emplace(bridge, address);
      }
    }
  }
  return members;
}

Answerers Probe::answerers() {
  return {
      {std::string(api::asks::network),
       answerer<api::Nothing, api::NodeNetworkState>([this](const auto&) { return network(); })},
      {std::string(api::asks::resolve),
       answerer<api::ResolveAsk, api::Resolved>([this](const auto& ask) { return resolve(ask); })},
      {std::string(api::asks::look),
       answerer<api::LookAsk, api::Looked>([this](const auto& ask) { return look(ask); })},
      {std::string(api::asks::reach),
       answerer<api::ReachAsk, api::Reached>([this](const auto& ask) { return reach(ask); })},
  };
}

Result<api::NodeNetworkState> Probe::network() const {
  const MeshState told = mesh_.with([](const MeshState& s) { return s; });
  const overlay::Snapshot& snapshot = *told.wanted;
  const NodeId self(context_.node);
  const overlay::Wanted wanted = overlay::wanted(snapshot, self);
  api::NodeNetworkState state{.address = snapshot.address,
                              .key = told.key,
                              .way = told.way,
                              .mtu = told.mtu,
                              .port = port_,
                              .revision = snapshot.revision,
                              .current = told.applied == told.version,
                              .problem = told.problem};
  KTN_TRY(auto links, netlink::Links::open());
  netlink::Device is;
  if (wanted.address) {
    compare_device(links, wanted, told.mtu, state.differences);
    if (auto read = netlink::open_wireguard(context_.ids)->read(device))
      is = *std::move(read);
    else
      state.differences.push_back("WireGuard cannot be read: " + read.error().message);
  }
  if (is.listen_port != 0) state.port = is.listen_port;
  compare_bridges(links, snapshot, self, state.differences);
  compare_rules(snapshot, self, state.differences);
  const Time now = context_.clock.now();
  std::size_t known = 0;
  std::map<Ipv4, std::int64_t> mtus = mtus_of_routes(links);
  for (const auto& [id, peer] : wanted.peers) {
    api::MeshPeer row{.id = id,
                      .name = peer.name,
                      .address = to_text(peer.address),
                      .mtu = mtus.contains(peer.address) ? mtus[peer.address] : told.mtu,
                      .addresses = std::max<std::int64_t>(0, std::ssize(peer.allowed) - 1),  // one is the node's own
                      .endpoints = peer.endpoints};
    if (const netlink::Peer* has = find_peer(is, peer)) {
      ++known;
      row.endpoint = has->endpoint.value_or("");
      row.handshake_age_ms = age_ms(has->last_handshake_ms, now);
      row.received = static_cast<std::int64_t>(has->rx_bytes);
      row.sent = static_cast<std::int64_t>(has->tx_bytes);
      if (has->allowed_ips != peer.allowed)
        state.differences.push_back("peer " + peer.name + " has other addresses than it should");
    } else {
      state.differences.push_back("no peer " + peer.name);
    }
    state.peers.push_back(std::move(row));
  }
  if (is.peers.size() > known)
    state.differences.push_back(std::to_string(is.peers.size() - known) + " peers that are not ours");
  std::ranges::sort(state.peers, {}, &api::MeshPeer::name);
  for (const model::NodeNetwork& network : snapshot.networks) {
    api::NetworkHere row{network.path, network.bridge, network.subnet, network.gateway, network.internal};
    for (const auto& [id, member] : snapshot.members)
      if (member.network == network.path) ++(member.node == self ? row.here : row.elsewhere);
    state.networks.push_back(std::move(row));
  }
  std::ranges::sort(state.networks, {}, &api::NetworkHere::path);
  return state;
}

Result<api::Looked> Probe::look(const api::LookAsk& ask) const {
  const MeshState told = mesh_.with([](const MeshState& s) { return s; });
  const overlay::Snapshot& snapshot = *told.wanted;
  const NodeId self(context_.node);
  api::Looked looked{.current = told.applied == told.version, .problem = told.problem};
  const auto network = std::ranges::find(snapshot.networks, ask.network, &model::NodeNetwork::path);
  const auto is_told = [&](const std::string& address, const std::string& node) {
    return std::ranges::any_of(snapshot.members, [&](const auto& m) {
      return m.second.network == ask.network && m.second.address == address && *m.second.node == node;
    });
  };
  const auto own = parse_ipv4(ask.own), other = parse_ipv4(ask.other);
  if (!own || !other) return Error{Code::invalid_argument, "`own` and `other` are addresses"};
  const bool remote = !ask.peer.empty();
  if (!is_told(ask.own, *self)) looked.missing.push_back(ask.own);
  if (!is_told(ask.other, remote ? ask.peer : *self)) looked.missing.push_back(ask.other);
  if (!ask.listens.empty() && ask.port != 0) look_for_listeners(ask, looked);
  if (network == snapshot.networks.end()) return looked;

  KTN_TRY(auto links, netlink::Links::open());
  const auto bridge = links.find(network->bridge);
  const auto answers = netlink::sysctl({"conf", network->bridge, "proxy_arp"});
  looked.bridge = bridge && bridge->up && (!remote || (answers && *answers == "1"));
  KTN_TRY(const auto nft, netlink::Nft::find());
  KTN_TRY(const auto table, nft.tables(std::string(overlay::table)));
  const auto lets = [&](std::string_view set, const std::string& address) {
    return table && members_of_set(*table, set).contains({network->bridge, address});
  };
  if (!lets("own", ask.own) || (remote && !lets("local", ask.own))) looked.barred.push_back(ask.own);
  if (!lets(remote ? "remote" : "own", ask.other)) looked.barred.push_back(ask.other);
  if (!remote) return looked;

  if (const auto link = links.find(device)) {
    KTN_TRY(const auto routes, links.routes(link->index));
    looked.route = link->up && std::ranges::any_of(routes, [&](const netlink::Route& r) {
                     return r.to == Subnet{*other, 32};
                   });
  }
  const overlay::Wanted wanted = overlay::wanted(snapshot, self);
  const auto peer = wanted.peers.find(ask.peer);
  if (peer == wanted.peers.end()) return looked;
  looked.endpoints = peer->second.endpoints;
  const auto is = netlink::open_wireguard(context_.ids)->read(device);
  const netlink::Peer* has = is ? find_peer(*is, peer->second) : nullptr;
  if (!has) return looked;
  looked.peer = peer->second.name;
  looked.endpoint = has->endpoint.value_or("");
  looked.handshake_age_ms = age_ms(has->last_handshake_ms, context_.clock.now());
  looked.allowed = std::ranges::find(has->allowed_ips, Subnet{*other, 32}) != has->allowed_ips.end();
  return looked;
}

}  // namespace kontena::agent
