#include "mesh.h"

#include <algorithm>

#include "host_addresses.h"
#include "ipv6.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/netlink/sysctl.h"
#include "kontena/netlink/userspace.h"
#include "kontena/overlay/plan.h"

namespace kontena::agent {
namespace {

constexpr Duration between_looks{4'000};
constexpr Duration between_looks_at_bridges{60'000};
constexpr Duration breath{100};  // between two rounds that events began
// While a peer has two keys: how soon the new one's first handshake is seen is what its packets wait for.
constexpr Duration handing_over_pace{25};
constexpr Duration handing_over_longest{600'000};
// The next key is taken into use when the others have heard of it, and of two nodes never at the same moment:
// where both call each other at once, WireGuard has both try again after five seconds.
constexpr Duration others_hear{1'500};
constexpr Duration slot{250};
const std::string device(overlay::device);

}  // namespace

Mesh::Mesh(Context context, Synced<MeshState>& mesh, MeshOptions options)
    : context_(std::move(context)), mesh_(mesh), options_(std::move(options)), keys_(options_.state_dir, context_.ids), rules_(context_.clock) {
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

// Has every peer hear from us now: of a new key, and of a new address.
Status Mesh::call_all() {
  KTN_TRY(const netlink::Device is, wireguard_->read(device));
  // A packet is sent at once where the keepalive was off, and none where it was on. To set the endpoint, though it is
  // no other, has wireguard-go forget from which address of ours it sent there.
  for (const int seconds : {0, mesh_keepalive_s}) {
    netlink::Change change;
    for (const netlink::Peer& peer : is.peers)
      change.peers.push_back({.public_key = peer.public_key, .update_only = true, .endpoint = peer.endpoint, .keepalive_s = seconds});
    KTN_OK(wireguard_->apply(device, change));
  }
  return Done{};
}

Status Mesh::rotate(const overlay::Wanted& wanted) {
  KTN_OK(keys_.follow(rotation_));
  const bool told = keys_.next() && mesh_.with([&](const MeshState& s) { return s.key_told == keys_.next()->public_key; });
  if (!told) {
    turn_.reset();
    return Done{};
  }
  const Duration now = context_.clock.steady();
  if (!turn_) turn_ = now + others_hear + slot * (wanted.address->value - wanted.pool.base.value);
  if (now < *turn_) return Done{};
  turn_.reset();
  KTN_OK(keys_.take_next());
  log::info("the new key of the mesh is taken into use", {{"rotation", std::to_string(keys_.in_use()->rotation)}});
  return Done{};
}

Status Mesh::mend_peers(const overlay::Wanted& wanted) {
  const Duration begun = context_.clock.steady();
  KTN_OK(rotate(wanted));
  KTN_TRY(const netlink::Device is, wireguard_->read(device));
  netlink::Change change;
  const bool other_key = is.private_key.reveal() != keys_.in_use()->secret.reveal();
  if (other_key) change.private_key = keys_.in_use()->secret;
  if (is.listen_port != options_.port) change.listen_port = options_.port;
  seen_ = peers_.look(wanted, is, begun, context_.clock.now());
  for (const std::string& what : seen_.mended) mended(what);
  change.peers = seen_.changes;
  if (change.private_key || change.listen_port || !change.peers.empty()) KTN_OK(wireguard_->apply(device, change));
  // Their sessions ended with the old key; left alone, each waits for its next packet, and up to five seconds.
  if (other_key) KTN_OK(call_all());
  const Duration now = context_.clock.steady();
  seen_cost_ = now - begun;
  if (!seen_.handing_over) handing_since_.reset();
  if (seen_.handing_over && !handing_since_) handing_since_ = now;
  return Done{};
}

// Asked of the kernel anew at each look: a router on the way may have said something.
Status Mesh::mend_mtu(const overlay::Wanted& wanted, const netlink::Link& link) {
  ways_.forget();
  std::map<std::string, int> rooms;
  for (const auto& [node, endpoint] : seen_.endpoints)
    if (!endpoint.empty()) rooms[node] = ways_.room(*links_, endpoint);
  const int alone = rooms.empty() ? ways_.room(*links_, "192.0.2.1:9") : usual_mtu;  // for documentation: any way out will do
  mtus_ = choose_mtus(wanted, rooms, alone);
  if (link.mtu == mtus_.device) return Done{};
  return links_->set_mtu(device, mtus_.device);
}

Status Mesh::mend_routes(const overlay::Wanted& wanted, int link) {
  std::map<Ipv4, netlink::Route> missing;
  for (const auto& [node, peer] : wanted.peers) {
    const auto shorter = mtus_.peers.find(node);
    const int mtu = shorter == mtus_.peers.end() ? 0 : shorter->second;
    for (const Subnet& to : peer.allowed) missing[to.base] = {to, link, wanted.address, mtu};
  }
  KTN_TRY(const auto routes, links_->routes(link));
  std::vector<netlink::RouteChange> changes;
  std::size_t other_mtu = 0;
  for (const netlink::Route& route : routes) {
    const auto at = missing.find(route.to.base);
    if (at == missing.end() || route.to.bits != 32) {
      changes.push_back({netlink::RouteChange::Kind::remove, route});
    } else if (route == at->second) {
      missing.erase(at);
    } else {
      other_mtu += route.mtu != at->second.mtu;  // which is no fault of anybody
    }
  }
  for (const auto& [to, route] : missing) changes.push_back({netlink::RouteChange::Kind::replace, route});
  if (changes.empty()) return Done{};
  if (changes.size() > other_mtu) mended(std::to_string(changes.size() - other_mtu) + " routes");
  return links_->change_routes(changes);
}

// Where no network has it there is nothing to look at, but once for what is left.
Status Mesh::mend_ipv6(const overlay::Wanted& wanted, int link) {
  if (!wanted.rules.ipv6 && !had_ipv6_) return Done{};
  KTN_TRY(const auto what, agent::mend_ipv6(*links_, wanted, mtus_, link));
  for (const std::string& one : what) mended(one);
  had_ipv6_ = wanted.rules.ipv6;
  return Done{};
}

Status Mesh::mend_bridges(const overlay::Wanted& wanted) {
  for (const overlay::Bridge& bridge : wanted.bridges) {
    const Status prepared = prepare_bridge(bridge.name);
    if (!prepared && prepared.error().code != Code::not_found) return prepared;  // Docker makes it when it is needed
  }
  return Done{};
}

// Its addresses, and the bridges of others, which have some. That one of them has become a way out is seen a while later.
Status Mesh::look_at_host(overlay::Wanted& wanted) {
  const Duration now = context_.clock.steady();
  const bool addresses_changed = !addresses_ || !watch_ || watch_->addresses_changed();
  if (addresses_changed || !apart_at_ || now - *apart_at_ > between_looks_at_bridges) {
    KTN_TRY(apart_, bridges_apart(*links_));
    apart_at_ = now;
  }
  wanted.rules.apart = apart_;
  if (!addresses_changed) return Done{};
  KTN_TRY(auto addresses, host_addresses(*links_));
  moved_ = addresses_ && *addresses_ != addresses;
  addresses_ = std::move(addresses);
  if (moved_ && options_.moved) options_.moved();
  return Done{};
}

Status Mesh::mend(overlay::Wanted& wanted) {
  KTN_OK(open());
  KTN_OK(look_at_host(wanted));
  // Rules first: what is not let through yet must not be for a moment.
  KTN_TRY(const auto rules, rules_.mend(wanted.rules, watch_ ? &*watch_ : nullptr));
  for (const std::string& what : rules) mended(what);
  KTN_OK(mend_bridges(wanted));
  if (!wanted.address) return Done{};
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
  if (!link.up) {
    mended(device + " being down");
    KTN_OK(links_->set_up(device));
  }
  // Up first: only then does a process take its port, and tell where it cannot.
  KTN_OK(mend_peers(wanted));
  KTN_OK(mend_mtu(wanted, link));
  KTN_OK(mend_routes(wanted, link.index));
  KTN_OK(mend_ipv6(wanted, link.index));
  // Others are to know where we are now before their next packet to where we were.
  if (std::exchange(moved_, false)) {
    log::info("this host has other addresses: all peers are called", {{"addresses", text::join(*addresses_, " ")}});
    KTN_OK(call_all());
  }
  return Done{};
}

Duration Mesh::until_next_look() const {
  const Duration now = context_.clock.steady();
  Duration left = looked_ + between_looks - now;
  if (turn_) left = std::min(left, *turn_ - now);
  if (const auto due = rules_.due()) left = std::min(left, *due - now);
  // Of a thousand peers a look takes longer: a fifth of a core at the most, as long as it lasts.
  if (handing_since_ && now - *handing_since_ < handing_over_longest)
    left = std::min(left, std::clamp(seen_cost_ * 4, handing_over_pace, Duration(250)));
  return std::max(left, Duration(1));
}

// True: there is a reason to look at everything; else it is the peers' turn alone.
bool Mesh::wait() {
  const auto is_due = [&](const MeshState& s) { return s.version != version_ || s.stopping; };
  if (mesh_.with(is_due)) return true;
  bool changed = false;
  if (watch_) {
    const auto heard = watch_->wait(until_next_look());
    changed = !heard || *heard;
    if (changed) mesh_.wait(breath, is_due);  // what comes together is looked at together
  } else {
    mesh_.wait(until_next_look(), is_due);
  }
  const Duration now = context_.clock.steady();
  return changed || failed_ || mesh_.with(is_due) || now >= looked_ + between_looks || now >= rules_.due().value_or(now + Duration(1));
}

void Mesh::step() {
  const bool all = wait();
  const auto [snapshot, version, stopping] = mesh_.with([](const MeshState& s) { return std::tuple(s.wanted, s.version, s.stopping); });
  if (stopping) return;
  expected_ = version != version_;
  if (expected_ || !wanted_) {
    wanted_ = overlay::wanted(*snapshot, NodeId(context_.node));
    rotation_ = snapshot->key_rotation;
  }
  if (all) looked_ = context_.clock.steady();
  const Status done = all ? mend(*wanted_) : wanted_->address ? mend_peers(*wanted_) : Status(Done{});
  version_ = version;
  failed_ = !done;
  tell(done);
  if (!done) mesh_.wait(Duration(1'000), [](const MeshState& s) { return s.stopping; });
}

// What is wrong is said in the log, and what others have to know in the node's facts.
void Mesh::tell(const Status& done) {
  std::string problem = !done ? done.error().message + (done.error().hint.empty() ? "" : ": " + done.error().hint)
                              : silence_text(seen_.silent, options_.port);
  if (problem.empty()) problem = rules_.hindrance();
  if (problem.empty()) problem = mtus_.mismatch;
  if (problem != problem_ && !problem.empty())
    log::warn("the network between nodes is not as wanted", {{"reason", problem}});
  if (problem.empty() && !problem_.empty()) log::info("the network between nodes is as wanted again");
  problem_ = problem;
  const auto addresses = addresses_.value_or(model::Strings());
  const std::int64_t rotation = keys_.in_use() ? keys_.in_use()->rotation : 0;
  const bool news = mesh_.change([&](MeshState& s) {
    const bool differs = s.key != keys_.public_key() || s.rotation != rotation || s.way != way_ || s.problem != problem ||
                         s.mtu != mtus_.device || s.addresses != addresses;
    s.applied = version_;
    s.key = keys_.public_key();
    s.rotation = rotation;
    s.way = way_;
    s.problem = problem;
    s.mtu = mtus_.device;
    s.addresses = addresses;
    return differs;
  });
  if (news) context_.state.change([](State& s) { s.report_facts = true; });
}

Status remove_mesh(const std::string& state_dir) {
  KTN_TRY(auto links, netlink::Links::open());
  KTN_OK(MeshRules::remove());
  KTN_OK(netlink::stop_wireguard(device));
  if (const Status removed = links.remove(device); !removed && removed.error().code != Code::not_found) return removed;
  KTN_OK(files::remove(state_dir + "/network.json"));
  return remove_mesh_keys(state_dir);
}

}  // namespace kontena::agent
