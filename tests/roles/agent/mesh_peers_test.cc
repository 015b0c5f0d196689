// Peers of the mesh: how a key is replaced, which endpoint is called, who is silent.
#include "mesh_peers.h"

#include <doctest/doctest.h>

#include "kontena/crypto/digest.h"
#include "kontena/netlink/keys.h"
#include "mesh_mtu.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

const std::string k1 = netlink::key_text(crypto::sha256("one")), k2 = netlink::key_text(crypto::sha256("two"));
const Subnet node{*parse_ipv4("10.80.0.2"), 32}, member{*parse_ipv4("10.80.16.9"), 32};
const std::string near_end = "192.0.2.2:51820", far_end = "198.51.100.2:51820";

// A mesh device that does as it is told.
struct World {
  overlay::Wanted wanted;
  netlink::Device device;
  MeshPeers peers;
  Duration steady{1'000'000};
  Time wall = from_ms(1'700'000'000'000);

  World() {
    wanted.peers["n2"] = {.name = "two", .public_key = k1, .endpoints = {near_end, far_end}, .allowed = {node, member}, .address = node.base};
  }
  MeshPeers::Look look() {
    auto look = peers.look(wanted, device, steady, wall);
    for (const netlink::PeerChange& change : look.changes) apply(change);
    return look;
  }
  void apply(const netlink::PeerChange& change) {
    if (change.remove) {
      std::erase_if(device.peers, [&](const auto& p) { return p.public_key == change.public_key; });
      return;
    }
    netlink::Peer* at = find(change.public_key);
    if (!at) at = &device.peers.emplace_back(netlink::Peer{.public_key = change.public_key});
    if (change.endpoint) at->endpoint = change.endpoint;
    if (change.keepalive_s) at->keepalive_s = *change.keepalive_s;
    for (const Subnet& s : change.take) std::erase(at->allowed_ips, s);
    for (const Subnet& s : change.add) {
      for (netlink::Peer& other : device.peers) std::erase(other.allowed_ips, s);  // an address is of one peer
      find(change.public_key)->allowed_ips.push_back(s);
    }
    std::ranges::sort(find(change.public_key)->allowed_ips);
    for (const Subnet6& s : change.take6) std::erase(at->allowed_ips6, s);
    for (const Subnet6& s : change.add6) {
      for (netlink::Peer& other : device.peers) std::erase(other.allowed_ips6, s);
      find(change.public_key)->allowed_ips6.push_back(s);
    }
  }
  netlink::Peer* find(const std::string& key) {
    for (netlink::Peer& peer : device.peers)
      if (peer.public_key == key) return &peer;
    return nullptr;
  }
  void pass(Duration time) {
    steady += time;
    wall += time;
  }
  void shakes(const std::string& key) { find(key)->last_handshake_ms = to_ms(wall); }
  void rotates() {
    wanted.peers["n2"].former_key = k1;
    wanted.peers["n2"].public_key = k2;
  }
};

}  // namespace

TEST_CASE("a peer is called at its first endpoint, and kept from falling silent") {
  World world;
  const auto look = world.look();
  CHECK(look.mended.size() == 1);
  REQUIRE(world.device.peers.size() == 1);
  CHECK(world.device.peers[0].endpoint == near_end);
  CHECK(world.device.peers[0].keepalive_s == mesh_keepalive_s);
  CHECK(world.device.peers[0].allowed_ips == std::vector{node, member});
  CHECK(world.look().changes.empty());
}

TEST_CASE("of two keys the former carries packets until the new one shakes hands") {
  World world;
  world.look();
  world.shakes(k1);
  world.find(k1)->endpoint = far_end;  // where it was heard last
  world.look();
  world.rotates();
  const auto look = world.look();
  CHECK(look.handing_over);
  REQUIRE(world.find(k2));
  CHECK(world.find(k2)->endpoint == far_end);
  CHECK(world.find(k2)->allowed_ips.empty());
  CHECK(world.find(k1)->allowed_ips == std::vector{node, member});
  // Members come and go meanwhile.
  world.wanted.peers["n2"].allowed = {node};
  CHECK(world.look().handing_over);
  CHECK(world.find(k1)->allowed_ips == std::vector{node});
  world.pass(Duration(60'000));
  CHECK(world.look().silent.empty());

  world.shakes(k2);
  const auto done = world.look();
  CHECK_FALSE(done.handing_over);
  CHECK(done.mended.empty());
  CHECK_FALSE(world.find(k1));
  CHECK(world.find(k2)->allowed_ips == std::vector{node});
  CHECK(world.look().changes.empty());
}

TEST_CASE("IPv6 addresses of a peer go with its IPv4 ones, also from key to key") {
  World world;
  const Subnet6 six{*parse_ipv6("fd00:1::a50:1009"), 128};
  world.wanted.peers["n2"].allowed6 = {six};
  world.look();
  CHECK(world.find(k1)->allowed_ips6 == std::vector{six});
  CHECK(world.look().changes.empty());
  world.shakes(k1);
  world.rotates();
  world.look();
  CHECK(world.find(k1)->allowed_ips6 == std::vector{six});
  CHECK(world.find(k2)->allowed_ips6.empty());
  world.shakes(k2);
  world.look();
  CHECK(world.find(k2)->allowed_ips6 == std::vector{six});
  world.wanted.peers["n2"].allowed6.clear();
  world.look();
  CHECK(world.find(k2)->allowed_ips6.empty());
}

TEST_CASE("an agent that starts in the midst of it goes on") {
  World world;
  world.look();
  world.shakes(k1);
  world.rotates();
  world.look();
  world.peers = {};
  CHECK(world.look().handing_over);
  world.shakes(k2);
  world.peers = {};
  world.look();
  CHECK_FALSE(world.find(k1));
  CHECK(world.find(k2)->allowed_ips == std::vector{node, member});
}

TEST_CASE("a peer that is nobody's is taken away, also where it had another node's address") {
  World world;
  world.look();
  world.wanted.peers["n3"] = world.wanted.peers["n2"];
  world.wanted.peers["n3"].public_key = k2;
  world.wanted.peers.erase("n2");  // removed; the new node has its number
  const auto look = world.look();
  CHECK_FALSE(look.handing_over);
  CHECK_FALSE(world.find(k1));
  CHECK(world.find(k2)->allowed_ips == std::vector{node, member});
}

TEST_CASE("without a handshake the endpoints are tried in turn; with one none is changed") {
  World world;
  world.look();
  world.pass(Duration(5'000));
  CHECK(world.look().changes.empty());
  world.pass(Duration(2'000));
  world.look();
  CHECK(world.find(k1)->endpoint == far_end);
  world.pass(Duration(7'000));
  world.look();
  CHECK(world.find(k1)->endpoint == near_end);
  world.find(k1)->endpoint = "203.0.113.9:40000";  // it called from there
  world.shakes(k1);
  for (int keepalive = 0; keepalive < 5; ++keepalive) {
    world.pass(Duration(25'000));
    world.find(k1)->rx_bytes += 32;
    CHECK(world.look().changes.empty());
  }
}

TEST_CASE("a peer that falls silent where it last called from is called at its endpoints, long before its session is old") {
  World world;
  world.look();
  world.find(k1)->endpoint = "203.0.113.9:40000";  // behind a router, which it then leaves
  world.shakes(k1);
  world.look();
  world.wanted.peers["n2"].endpoints = {far_end};
  world.pass(Duration(50'000));
  CHECK(world.look().changes.empty());  // a keepalive may be lost
  world.pass(Duration(10'000));
  world.look();
  CHECK(world.find(k1)->endpoint == far_end);
  world.pass(Duration(20'000));
  CHECK(world.look().changes.empty());
}

TEST_CASE("an address that a peer no longer names is not called any more, though it answered from there") {
  World world;
  world.look();
  world.shakes(k1);
  world.look();
  world.wanted.peers["n2"].endpoints = {"192.0.2.77:51820"};
  world.look();
  CHECK(world.find(k1)->endpoint == "192.0.2.77:51820");
}

TEST_CASE("who does not answer is told after a while, and no more once it does") {
  World world;
  world.look();
  world.pass(Duration(29'000));
  CHECK(world.look().silent.empty());
  world.pass(Duration(2'000));
  const auto silent = world.look().silent;
  REQUIRE(silent.size() == 1);
  CHECK(silence_text(silent, 51820) == "no answer from node 'two' (192.0.2.2:51820, 198.51.100.2:51820): UDP port 51820 is likely blocked on the way there or back");
  world.shakes(k1);
  CHECK(world.look().silent.empty());
  // WireGuard shakes hands every two minutes; what the wall's clock says does not matter.
  world.wall += std::chrono::hours(5);
  CHECK(world.look().silent.empty());
  world.pass(Duration(150'000));
  CHECK(world.look().silent.empty());
  world.pass(Duration(60'000));
  CHECK(world.look().silent.size() == 1);
  world.wanted.peers["n2"].lost = true;
  CHECK(world.look().silent.empty());
  world.wanted.peers["n2"].lost = false;
  world.pass(Duration(20'000));
  CHECK(world.look().silent.empty());
  CHECK(silence_text({}, 51820).empty());
  CHECK(silence_text({"'a'", "'b'", "'c'", "'d'", "'e'"}, 1).starts_with("no answer from node 'a', 'b', 'c' and 2 more:"));
}

TEST_CASE("the mesh has the MTU of its best way, and routes that of theirs") {
  CHECK(room_in(1500) == 1420);
  CHECK(room_in(1400) == 1320);
  CHECK(room_in(9000) == 1420);
  CHECK(room_in(576) == 1280);
  overlay::Wanted wanted;
  CHECK(choose_mtus(wanted, {}).device == 1420);
  wanted.peers["a"] = {.name = "a", .mtu = 1420};
  wanted.peers["b"] = {.name = "b", .mtu = 1320};
  wanted.peers["c"] = {.name = "c"};
  const Mtus wide = choose_mtus(wanted, {{"a", 1420}, {"b", 1420}, {"c", 1420}});
  CHECK(wide.device == 1420);
  CHECK(wide.peers == std::map<std::string, int>{{"b", 1320}});
  CHECK(wide.mismatch.empty());  // it is b that has the narrow way, and tells
  const Mtus narrow = choose_mtus(wanted, {{"a", 1320}, {"b", 1320}, {"c", 1320}});
  CHECK(narrow.device == 1320);
  CHECK(narrow.peers.empty());
  CHECK(narrow.mismatch.starts_with("the way to node a has room for packets of 1320 bytes, where the other side has 1420"));
  const Mtus mixed = choose_mtus(wanted, {{"a", 1420}, {"b", 1300}, {"c", 1420}});
  CHECK(mixed.device == 1420);
  CHECK(mixed.peers == std::map<std::string, int>{{"b", 1300}});
}
