// What a node is told of the overlay network: all at first, then what is new.
#include <thread>

#include "harness.h"
#include "kontena/api/network.h"

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
