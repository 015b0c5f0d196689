// What a node is told of the overlay network: all at first, then what is new.
#include <thread>

#include "harness.h"
#include "kontena/api/network.h"
#include "seen_address.h"

namespace kontena::server {
namespace {

using enum http::Method;

api::NetworkAnswer ask(World& world, const World::Node& node, const api::NetworkAnswer& had = {}) {
  return world.read<api::NetworkAnswer>(world.as_node(
      node, get, "/v1/agent/network?after=" + std::to_string(had.revision) + "&has=" + had.digest));
}

void tell_key(World& world, const World::Node& node, const std::string& key) {
  const model::NodeFacts facts{.nano_cpus = 4'000'000'000, .memory_bytes = 8LL << 30, .address = "10.0.0.9",
                               .mesh_key = key, .mesh_endpoints = {"10.0.0.9:51820"}};
  REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
}

struct Two : World {
  Node n1 = join("n1"), n2 = join("n2");
  Two() {
    tell_key(*this, n1, "key-1");
    tell_key(*this, n2, "key-2");
  }
  void on(const std::string& stack, std::int64_t replicas) {
    REQUIRE(as_admin(put, stack_url(stack), deploy_body({service("web", replicas)})).status == 200);
    settle();
    for (int i = 0; i < 4; ++i) {
      obey(n1), obey(n2);
      settle();
    }
  }
};

}  // namespace

TEST_CASE("a node is told its address, its peers and who is on its networks") {
  Two world;
  world.on("shop", 2);
  const auto told = ask(world, world.n1);
  CHECK(told.complete);
  CHECK(told.grid == "default");
  CHECK(told.pool == "10.80.0.0/12");
  CHECK(told.address == "10.80.0.1");
  REQUIRE(told.peers.size() == 1);
  CHECK(told.peers[0].name == "n2");
  CHECK(told.peers[0].address == "10.80.0.2");
  CHECK(told.peers[0].public_key == "key-2");
  CHECK(told.peers[0].endpoints == model::Strings{"10.0.0.9:51820"});
  REQUIRE(told.networks.size() == 1);
  CHECK(told.networks[0].path == "default/shop.default");
  CHECK(parse_subnet(told.networks[0].subnet)->bits == 22);
  CHECK(told.networks[0].bridge.starts_with("kn"));
  REQUIRE(told.members.size() == 2);
  for (const model::Member& member : told.members) {
    CHECK(member.up);
    CHECK(std::ranges::find(member.names, "web") != member.names.end());
    CHECK(member.full.ends_with(".shop.default.default.kontena.local"));
  }
}

TEST_CASE("who has it all is told only what has changed, and who is gone") {
  Two world;
  world.on("shop", 2);
  const auto all = ask(world, world.n1);
  world.on("shop", 3);
  const auto more = ask(world, world.n1, all);
  CHECK_FALSE(more.complete);
  CHECK(more.revision > all.revision);
  CHECK(more.networks.size() == 1);
  CHECK(more.peers.empty());
  REQUIRE(more.members.size() == 1);
  CHECK(more.gone.empty());
  world.on("shop", 2);
  const auto fewer = ask(world, world.n1, more);
  CHECK_FALSE(fewer.complete);
  CHECK(fewer.gone == std::vector<std::string>{*more.members[0].instance});
  CHECK(fewer.members.empty());
  // A peer that has another key is told alone.
  tell_key(world, world.n2, "key-3");
  const auto peer = ask(world, world.n1, fewer);
  CHECK_FALSE(peer.complete);
  REQUIRE(peer.peers.size() == 1);
  CHECK(peer.peers[0].public_key == "key-3");
}

TEST_CASE("who asks with another digest, or from a revision of the future, is told everything") {
  Two world;
  world.on("shop", 2);
  auto all = ask(world, world.n1);
  auto future = all;
  future.revision += 1'000'000;
  CHECK(ask(world, world.n1, future).complete);
  auto other = all;
  other.digest = "0";
  CHECK(ask(world, world.n1, other).complete);
}

TEST_CASE("a node sees only the networks that its instances are on") {
  Two world;
  world.on("shop", 1);
  world.on("blog", 1);
  const auto one = ask(world, world.n1), two = ask(world, world.n2);
  REQUIRE(one.networks.size() == 1);
  REQUIRE(two.networks.size() == 1);
  CHECK(one.networks[0].path != two.networks[0].path);
  REQUIRE(one.members.size() == 1);
  CHECK(*one.members[0].node == world.n1.id);
  // One that it comes to be on is told with all who are there.
  world.on("blog", 2);
  const auto& away = one.networks[0].path == "default/blog.default" ? two : one;
  const auto& node = one.networks[0].path == "default/blog.default" ? world.n2 : world.n1;
  const auto news = ask(world, node, away);
  CHECK(news.complete);
  CHECK(news.networks.size() == 2);
  CHECK(news.members.size() == 3);
}

TEST_CASE("a node that is lost is named, and one that was removed is no peer any more") {
  Two world;
  world.on("shop", 2);
  const auto all = ask(world, world.n1);
  CHECK(all.lost.empty());
  world.pass(Duration(40'000), {world.n1});
  const auto lost = ask(world, world.n1, all);
  CHECK(lost.complete);
  CHECK(lost.lost == std::vector<std::string>{world.n2.id});
  REQUIRE(world.as_admin(del, "/v1/grids/default/nodes/n2?force=true").status < 300);
  world.settle();
  const auto removed = ask(world, world.n1, lost);
  CHECK(removed.complete);
  CHECK(removed.peers.empty());
  CHECK(removed.lost.empty());
}

TEST_CASE("keys are rotated where all nodes are there, and all are told") {
  Two world;
  const std::string url = "/v1/grids/default/network/rotate-keys";
  const auto before = ask(world, world.n1);
  CHECK(before.key_rotation == 0);
  const auto asked = world.read<api::KeyRotation>(world.as_admin(post, url));
  CHECK(asked.rotation == 1);
  CHECK(asked.nodes == std::vector<std::string>{"n1", "n2"});
  CHECK(asked.away.empty());
  CHECK(ask(world, world.n1, before).key_rotation == 1);
  // They are at it.
  CHECK(world.as_admin(post, url).status == 409);
  const auto done = [&](const World::Node& node, std::int64_t rotation) {
    const model::NodeFacts facts{.nano_cpus = 4'000'000'000, .memory_bytes = 8LL << 30, .mesh_key = "k" + node.name, .mesh_mtu = 1320, .mesh_rotation = rotation};
    REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
  };
  done(world.n1, 1);
  CHECK(world.as_admin(post, url).status == 409);
  done(world.n2, 1);
  CHECK(ask(world, world.n1).peers[0].mtu == 1320);
  CHECK(world.as_admin(post, url).status == 200);
  done(world.n1, 2);
  done(world.n2, 2);
  world.pass(Duration(40'000), {world.n1});
  const auto refused = world.as_admin(post, url);
  CHECK(refused.status == 409);
  CHECK(refused.body.find("not ready: node n2") != std::string::npos);
  const auto forced = world.read<api::KeyRotation>(world.as_admin(post, url + "?force=true"));
  CHECK(forced.nodes == std::vector<std::string>{"n1"});
  CHECK(forced.away == std::vector<std::string>{"n2"});
  CHECK(world.as_nobody(post, url).status == 401);
  CHECK(world.as_admin(post, "/v1/grids/other/network/rotate-keys").status == 404);
}

TEST_CASE("where a node was seen is the last of its endpoints, unless it names that itself") {
  Two world;
  const auto told = [&](const model::Strings& endpoints) {
    const model::NodeFacts facts{.nano_cpus = 4'000'000'000, .memory_bytes = 8LL << 30, .mesh_key = "key-2", .mesh_endpoints = endpoints, .seen_address = "1.2.3.4"};
    REQUIRE(world.as_node(world.n2, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
    return ask(world, world.n1).peers[0].endpoints;
  };
  CHECK(told({"192.168.1.7:51821"}) == model::Strings{"192.168.1.7:51821", "10.0.0.9:51821"});
  CHECK(told({"10.0.0.9:51820", "192.168.1.7:51820"}) == model::Strings{"10.0.0.9:51820", "192.168.1.7:51820"});
  CHECK(told({}).empty());
  CHECK(told({"nonsense"}) == model::Strings{"nonsense"});
  CHECK(seen_address("::ffff:192.0.2.7") == "192.0.2.7");
  for (const char* nowhere : {"127.0.0.1", "::1", "::", "0.0.0.0", "fe80::1%eth0", "169.254.1.1", ""}) CHECK(seen_address(nowhere) == "");
  CHECK(seen_address("2001:db8::7") == "2001:db8::7");
  CHECK(endpoints_of({.mesh_endpoints = {"192.0.2.1:51820"}, .seen_address = "2001:db8::7"}) ==
        model::Strings{"192.0.2.1:51820", "[2001:db8::7]:51820"});
}

TEST_CASE("a node that is seen elsewhere is asked for its facts") {
  Two world;
  const auto beat = [&](const std::string& from) {
    return world.read<api::BeatAnswer>(world.send(post, "/v1/agent/beat", "{}", {}, {from, world.n1.fingerprint, world.n1.common_name}));
  };
  CHECK_FALSE(beat("10.0.0.9").tell_facts);
  CHECK(beat("203.0.113.4").tell_facts);
}

TEST_CASE("while nothing is new the node waits, and is woken by a member of its network") {
  Two world;
  world.on("shop", 2);
  const auto all = ask(world, world.n1);
  std::jthread waiting([&] {
    const auto news = ask(world, world.n1, all);
    CHECK_FALSE(news.complete);
    CHECK(news.members.size() == 1);
    CHECK(*news.members[0].node == world.n2.id);
  });
  const View view = world.views_.now();
  const model::Instance* there = nullptr;
  view->instances.each("", [&](const auto& item) {
    if (*item.value.node == world.n2.id) there = &item.value;
  });
  REQUIRE(there);
  const api::StatusRequest report{{{*there->id, {.state = model::InstanceState::running, .health = model::Health::unhealthy}}}};
  REQUIRE(world.as_node(world.n2, post, "/v1/agent/statuses", codec::to_json(report)).status == 200);
}

}  // namespace kontena::server
