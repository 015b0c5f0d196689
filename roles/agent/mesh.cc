#include "mesh.h"

#include <algorithm>
#include <set>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/netlink/keys.h"
#include "kontena/netlink/sysctl.h"
#include "kontena/netlink/userspace.h"
#include "kontena/overlay/plan.h"

namespace kontena::agent {
namespace {

constexpr Duration between_looks{4'000};
constexpr Duration between_rules{60'000};
constexpr Duration breath{100};              // between two rounds that events began
constexpr Duration endpoint_patience{6'000}; // for a handshake, before another endpoint is tried
constexpr std::int64_t handshake_is_old_ms = 200'000;  // WireGuard makes one every two minutes while packets flow
constexpr int keepalive_s = 25;
const std::string device(overlay::device);

// The one thing that Docker's own rules have to let pass: what our table has marked.
const std::vector<netlink::Rule> docker_user{
    {"-i", device, "-m", "mark", "--mark", "0x4b000000/0xff000000", "-j", "ACCEPT"},
    {"-o", device, "-m", "mark", "--mark", "0x4b000000/0xff000000", "-j", "ACCEPT"},  // from internal networks
};

Result<Redacted> own_key(const std::string& state_dir, IdSource& ids) {
  const std::string path = state_dir + "/mesh.key";
  const auto kept = files::read(path, 1024);
  if (kept) {
    const std::string text(text::trim(*kept));
    if (netlink::is_key(text)) return Redacted(text);
    log::warn("the kept key of the mesh is none: a new one is made", {{"file", path}});
  } else if (kept.error().code != Code::not_found) {
    return kept.error();
  }
  const Redacted made = netlink::make_private_key(ids);
  KTN_OK(files::write(path, made.reveal() + "\n", 0600));
  return made;
}

}  // namespace

Mesh::Mesh(Context context, Synced<MeshState>& mesh, MeshOptions options)
    : context_(std::move(context)), mesh_(mesh), options_(std::move(options)) {
  if (auto watch = netlink::Watch::open()) watch_ = *std::move(watch);
}
Mesh::~Mesh() = default;

void Mesh::wake() {
  if (watch_) watch_->wake();
}

Status prepare_bridge(const std::string& bridge) {
  // Remote members are answered for by the node, at once: the kernel's own delay is up to 0.8 s.
  KTN_OK(netlink::set_sysctl({"conf", bridge, "proxy_arp"}, "1"));
  KTN_OK(netlink::set_sysctl({"neigh", bridge, "proxy_delay"}, "0"));
  return Done{};
}

void Mesh::mended(const std::string& what) {
  if (expected_) return;
  log::warn("the network was not as wanted, and is mended", {{"what", what}});
  if (options_.drifted) options_.drifted(what);
}

Status Mesh::open() {
  if (!links_) {
    KTN_TRY(auto links, netlink::Links::open());
    links_ = std::move(links);
  }
  if (!nft_) {
    KTN_TRY(nft_, netlink::Nft::find());
  }
  if (!key_) {
    KTN_TRY(key_, own_key(options_.state_dir, context_.ids));
  }
  if (!wireguard_) wireguard_ = netlink::open_wireguard(context_.ids);
  return Done{};
}

Status Mesh::ensure_device() {
  const auto found = links_->find(device);
  if (!found && found.error().code != Code::not_found) return found.error();
  if (!found) {
    auto made = links_->create_wireguard(device);
    way_ = "kernel";
    if (!made && made.error().code == Code::unsupported) {
      std::string program = options_.wireguard_go;
      if (program.empty()) {
        KTN_TRY(program, netlink::find_wireguard_go());
      }
      KTN_OK(netlink::start_wireguard(program, device));
      way_ = "userspace";
    } else if (!made && made.error().code != Code::already_exists) {
      return std::move(made).error();
    }
    mended("the device " + device);
  } else if (way_.empty()) {
    way_ = found->kind == "wireguard" ? "kernel" : "userspace";
  }
  return Done{};
}

void Mesh::choose_endpoint(const std::string& node, const overlay::WantedPeer& peer, const netlink::Peer* known,
                           netlink::PeerChange& change) {
  Tried& tried = tried_[node];
  const Duration now = context_.clock.steady();
  const bool fresh = known && known->last_handshake_ms > 0 && to_ms(context_.clock.now()) - known->last_handshake_ms < handshake_is_old_ms;
  model::Strings endpoints = peer.endpoints;
  std::erase_if(endpoints, [](const std::string& one) { return !netlink::is_endpoint(one); });
  if (endpoints.empty() || (fresh && known->endpoint)) return;
  const bool others = tried.endpoints != endpoints;
  if (others) tried = {0, now, endpoints};
  if (!others && known && known->endpoint && now - tried.since < endpoint_patience) return;
  if (!others && known && known->endpoint) ++tried.tries;
  tried.since = now;
  const std::string next = overlay::endpoint(endpoints, tried.tries);
  if (!known || known->endpoint != next) change.endpoint = next;
}

Status Mesh::mend_peers(const overlay::Wanted& wanted) {
  KTN_TRY(const netlink::Device is, wireguard_->read(device));
  netlink::Change change;
  if (is.private_key.reveal() != key_->reveal()) change.private_key = key_;
  if (is.listen_port != options_.port) change.listen_port = options_.port;
  std::map<std::string, const netlink::Peer*> known;
  for (const netlink::Peer& peer : is.peers) known[peer.public_key] = &peer;
  std::set<std::string> keys;
  for (const auto& [node, peer] : wanted.peers) {
    if (!netlink::is_key(peer.public_key)) continue;  // of one node: no reason to cut the others off
    keys.insert(peer.public_key);
    const auto at = known.find(peer.public_key);
    const netlink::Peer* has = at == known.end() ? nullptr : at->second;
    netlink::PeerChange one{.public_key = peer.public_key};
    if (!has) one.keepalive_s = keepalive_s;
    choose_endpoint(node, peer, has, one);
    static const std::vector<Subnet> none;
    const auto& had = has ? has->allowed_ips : none;
    std::ranges::set_difference(peer.allowed, had, std::back_inserter(one.add));
    std::ranges::set_difference(had, peer.allowed, std::back_inserter(one.take));
    if (!has) mended("peer " + node);
    if (has && (!one.add.empty() || !one.take.empty())) mended("addresses of peer " + node);
    if (!has || one.endpoint || !one.add.empty() || !one.take.empty()) change.peers.push_back(std::move(one));
  }
  for (const auto& [key, peer] : known) {
    if (keys.contains(key)) continue;
    change.peers.push_back({.public_key = key, .remove = true});
    mended("a peer that is not ours");
  }
  std::erase_if(tried_, [&](const auto& tried) { return !wanted.peers.contains(tried.first); });
  if (!change.private_key && !change.listen_port && change.peers.empty()) return Done{};
  return wireguard_->apply(device, change);
}

Status Mesh::mend_routes(const overlay::Wanted& wanted, int link) {
  KTN_TRY(const auto routes, links_->routes(link));
  std::vector<netlink::RouteChange> changes;
  std::set<Ipv4> there;
  for (const netlink::Route& route : routes) {
    const bool is_wanted = route.to.bits == 32 && wanted.routes.contains(route.to.base) && route.source == wanted.address;
    if (is_wanted)
      there.insert(route.to.base);
    else if (!(route.to.bits == 32 && wanted.routes.contains(route.to.base)))
      changes.push_back({netlink::RouteChange::Kind::remove, route});
  }
  for (const Ipv4 to : wanted.routes)
    if (!there.contains(to)) changes.push_back({netlink::RouteChange::Kind::replace, {{to, 32}, link, wanted.address}});
  if (changes.empty()) return Done{};
  mended(std::to_string(changes.size()) + " routes");
  return links_->change_routes(changes);
}

Status Mesh::mend_bridges(const overlay::Wanted& wanted) {
  for (const overlay::Bridge& bridge : wanted.bridges) {
    const Status prepared = prepare_bridge(bridge.name);
    if (!prepared && prepared.error().code != Code::not_found) return prepared;  // Docker makes it when it is needed
  }
  return Done{};
}

// To list them takes two programs to run: done when the kernel says that some have
// changed, and now and then all the same.
bool Mesh::rules_are_due() {
  const Duration now = context_.clock.steady();
  const bool heard = !watch_ || watch_->rules_changed();
  const bool due = expected_ || heard || !problem_.empty() || now - rules_seen_ > between_rules || netlink::legacy_iptables_is_used();
  if (due) rules_seen_ = now;
  return due;
}

Status Mesh::mend_rules(const overlay::Wanted& wanted) {
  bool put = rules_ != wanted.rules;
  if (!put) {
    KTN_TRY(const auto table, nft_->table(std::string(overlay::table)));
    put = !table || crypto::sha256(*table) != table_;
    if (put) mended("the table of rules");
  }
  if (put) {
    KTN_OK(nft_->apply(wanted.rules));
    KTN_TRY(const auto table, nft_->table(std::string(overlay::table)));
    table_ = table ? crypto::sha256(*table) : "";
    rules_ = wanted.rules;
  }
  KTN_TRY(const int rules, netlink::ensure_rules("DOCKER-USER", docker_user));
  if (rules > 0) mended("the rule in DOCKER-USER");
  return Done{};
}

Status Mesh::mend(const overlay::Wanted& wanted) {
  KTN_OK(open());
  // Rules first: what is not let through yet must not be for a moment.
  if (rules_are_due()) KTN_OK(mend_rules(wanted));
  KTN_OK(mend_bridges(wanted));
  if (options_.off || !wanted.address) return Done{};
  KTN_OK(ensure_device());
  KTN_TRY(const netlink::Link link, links_->find(device));
  const netlink::Address own{*wanted.address, 32};
  KTN_TRY(const auto addresses, links_->addresses(link.index));
  for (const netlink::Address& address : addresses)
    if (address != own) KTN_OK(links_->remove_address(link.index, address));
  if (std::ranges::find(addresses, own) == addresses.end()) {
    mended("the address " + to_text(own.address));
    KTN_OK(links_->add_address(link.index, own));
  }
  if (link.mtu != mesh_mtu) KTN_OK(links_->set_mtu(device, mesh_mtu));
  if (!link.up) {
    mended(device + " being down");
    KTN_OK(links_->set_up(device));
  }
  // Up first: only then does a process take its port, and tell where it cannot.
  KTN_OK(mend_peers(wanted));
  return mend_routes(wanted, link.index);
}

void Mesh::step() {
  const auto is_due = [&](const MeshState& s) { return s.version != version_ || s.stopping; };
  if (!mesh_.with(is_due)) {
    if (watch_) {
      (void)watch_->wait(between_looks);
      mesh_.wait(breath, is_due);  // what comes together is looked at together
    } else {
      mesh_.wait(between_looks, is_due);
    }
  }
  const auto [snapshot, version, stopping] = mesh_.with([](const MeshState& s) { return std::tuple(s.wanted, s.version, s.stopping); });
  if (stopping) return;
  expected_ = version != version_;
  const Status done = mend(overlay::wanted(*snapshot, NodeId(context_.node)));
  const std::string problem =
      done ? "" : done.error().message + (done.error().hint.empty() ? "" : ": " + done.error().hint);
  if (problem != problem_ && !problem.empty())
    log::warn("the network between nodes is not as wanted", {{"reason", problem}});
  if (problem.empty() && !problem_.empty()) log::info("the network between nodes is as wanted again");
  problem_ = problem;
  version_ = version;
  const std::string key = key_ ? netlink::public_key(*key_) ? *netlink::public_key(*key_) : "" : "";
  const bool news = mesh_.change([&](MeshState& s) {
    const bool differs = s.key != key || s.way != way_ || s.problem != problem;
    s.applied = version;
    s.key = key;
    s.way = way_;
    s.problem = problem;
    s.mtu = mesh_mtu;
    return differs;
  });
  if (news) context_.state.change([](State& s) { s.report_facts = true; });
  if (!done) mesh_.wait(Duration(1'000), [&](const MeshState& s) { return s.stopping; });
}

Status remove_mesh(const std::string& state_dir) {
  KTN_TRY(auto links, netlink::Links::open());
  KTN_OK(netlink::remove_rules("DOCKER-USER", docker_user));
  if (const auto nft = netlink::Nft::find()) KTN_OK(nft->apply("table inet kontena\ndelete table inet kontena\n"));
  KTN_OK(netlink::stop_wireguard(device));
  if (const Status removed = links.remove(device); !removed && removed.error().code != Code::not_found) return removed;
  KTN_OK(files::remove(state_dir + "/network.json"));
  return files::remove(state_dir + "/mesh.key");
}

}  // namespace kontena::agent
