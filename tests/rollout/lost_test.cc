#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using model::NodeState;

namespace {

Shop running(model::ServiceSpec spec, int nodes = 3) {
  Shop shop(nodes);
  shop.deploy(std::move(spec));
  shop.run(2);
  REQUIRE(shop.deployment() == "succeeded");
  return shop;
}

model::ServiceSpec with_volume() {
  auto spec = service_of("db");
  spec.mounts = {{.source = "data", .target = "/data"}};
  return spec;
}

void hear(Shop& shop, const std::string& node, NodeState state) { shop.liveness[NodeId(node)] = state; }

// The agents of all nodes that are heard.
void agents_that_live(Shop& shop) {
  for (const auto& i : shop.instances()) {
    if (i.node.empty() || shop.liveness[i.node] != NodeState::ready) continue;
    shop.set(i, [&](model::InstanceStatus& s) {
      if (i.desired == model::Desired::removed) s.state = model::InstanceState::removed;
      if (i.desired == model::Desired::running && s.state == model::InstanceState::pending)
        s.state = model::InstanceState::running, s.started_ms = shop.now_ms;
    });
  }
}

void run(Shop& shop, int rounds = 3) {
  for (; rounds > 0; --rounds) shop.step(), agents_that_live(shop), shop.now_ms += 2'000;
}

}  // namespace

TEST_CASE("what ran on a lost node is made elsewhere at once, and told to go there once that runs") {
  Shop shop = running(service_of("web", 3));
  hear(shop, "n2", NodeState::lost);
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-2@n1 web-3@n3");
  CHECK(shop.step().steps.empty());
  run(shop);
  CHECK(shop.text() == "web-1@n1 web-2@n2 removed web-2@n1 web-3@n3");
  hear(shop, "n2", NodeState::ready);
  run(shop);
  CHECK(shop.text() == "web-1@n1 web-2@n1 web-3@n3");
}

TEST_CASE("a node in a time of grace keeps what it has, and nothing is made elsewhere") {
  Shop shop = running(service_of("web", 3));
  hear(shop, "n2", NodeState::silent);
  CHECK(shop.step().steps.empty());
}

TEST_CASE("a node that comes back before the replacement runs keeps its instance") {
  Shop shop = running(service_of("web", 3));
  hear(shop, "n2", NodeState::lost);
  shop.step();
  hear(shop, "n2", NodeState::ready);
  run(shop);
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
}

TEST_CASE("a replacement that finds no room waits, and is given up when the node comes back") {
  auto spec = service_of("web", 2);
  spec.reservations.memory_bytes = 3'000 * support::megabyte;
  Shop shop = running(spec, 2);
  hear(shop, "n2", NodeState::lost);
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-2@-");
  CHECK(shop.step().steps.empty());
  hear(shop, "n2", NodeState::ready);
  run(shop);
  CHECK(shop.text() == "web-1@n1 web-2@n2");
}

TEST_CASE("nor is a newer one that waits given a node beside the old one, which is back and has the name") {
  Shop shop = running(service_of("web", 2), 2);
  auto next = service_of("web", 2);
  next.image = "web:2";
  shop.deploy(next);
  for (const auto* node : {"n1", "n2"}) hear(shop, node, NodeState::lost);
  shop.step();
  REQUIRE(shop.text() == "web-1@n1 web-1@- web-2@n2 web-2@-");
  for (const auto* node : {"n1", "n2"}) hear(shop, node, NodeState::ready);
  shop.deploy();
  for (int rounds = 0; rounds < 20; ++rounds) {
    run(shop, 1);
    std::set<std::string> slots;
    for (const auto& i : shop.instances())
      if (!i.node.empty() && !i.beside) CHECK(slots.insert(std::to_string(i.slot) + '@' + *i.node).second);
  }
  CHECK(shop.deployment() == "succeeded");
  CHECK(shop.instances().size() == 2);
  for (const auto& i : shop.instances()) CHECK(i.instance_revision == 2);
}

TEST_CASE("when all nodes are lost nothing is removed") {
  Shop shop = running(service_of("web", 3));
  for (const auto* node : {"n1", "n2", "n3"}) hear(shop, node, NodeState::lost);
  shop.step();
  for (const auto& i : shop.instances()) CHECK(i.desired == model::Desired::running);
  for (const auto* node : {"n1", "n2", "n3"}) hear(shop, node, NodeState::ready);
  run(shop);
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
}

TEST_CASE("what has its data on a lost node, or is declared as pinned, is held") {
  Shop shop;
  auto spec = service_of("cache");
  spec.pinned = true;
  shop.service("shop", with_volume());
  shop.stack([](model::Stack& s) { s.volumes["data"]; });
  shop.deploy(spec);
  shop.run(2);
  const auto before = shop.text();
  for (const auto& i : shop.instances()) shop.liveness[i.node] = NodeState::lost;
  CHECK(shop.step().steps.empty());
  CHECK(shop.text() == before);
  shop.deploy();
  shop.step();
  CHECK(shop.deployment() == "failed: cache-1 is held on n1, which is lost: it is declared as pinned");
}

TEST_CASE("after a roll-out that failed, a lost instance of the old revision is made again from that") {
  Shop shop = running(service_of("web", 3));
  auto broken = service_of("web", 3);
  broken.image = "web:2";
  shop.deploy(broken);
  shop.run(2);
  shop.set(shop.instances()[0], [](auto& s) { s.state = model::InstanceState::failed; });
  shop.step();
  REQUIRE(shop.deployment() == "failed: web-1 on n1: failed");
  hear(shop, "n3", NodeState::lost);
  run(shop, 1);
  REQUIRE(shop.text() == "web-1@n1 web-2@n2 web-3@n3 web-3@n1");
  CHECK(shop.instances()[3].instance_revision == 1);
}

TEST_CASE("a drained node is emptied start-first, one of a service at a time") {
  Shop shop = running(service_of("web", 4), 2);
  REQUIRE(shop.text() == "web-1@n1 web-2@n2 web-3@n1 web-4@n2");
  shop.availability("n2", model::Availability::drain);
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-2@n1 web-3@n1 web-4@n2");
  CHECK(shop.instances()[2].beside);
  run(shop, 1);
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 removed web-2@n1 web-3@n1 web-4@n2 web-4@n1");
  run(shop, 3);
  CHECK(shop.text() == "web-1@n1 web-2@n1 web-3@n1 web-4@n1");
}

TEST_CASE("a successor whose node is drained in turn is replaced once the one before it is gone") {
  Shop shop = running(service_of("web", 1), 3);
  REQUIRE(shop.text() == "web-1@n1");
  shop.availability("n1", model::Availability::drain);
  shop.step();
  REQUIRE(shop.instances().size() == 2);
  const std::string second = *shop.instances()[1].node;
  run(shop, 1);  // the second runs
  shop.availability(second, model::Availability::drain);
  shop.step();   // the first is told to go: a third would be the third container of one slot
  CHECK(shop.instances().size() == 2);
  CHECK(shop.instances()[0].desired == model::Desired::removed);
  run(shop, 8);
  REQUIRE(shop.instances().size() == 1);
  CHECK(*shop.instances()[0].node != "n1");
  CHECK(*shop.instances()[0].node != second);
}

TEST_CASE("what cannot go elsewhere stays on a drained node, and goes on serving") {
  Shop shop;
  shop.service("shop", with_volume());
  shop.stack([](model::Stack& s) { s.volumes["data"]; });
  shop.deploy();
  shop.run(2);
  shop.availability("n1", model::Availability::drain);
  CHECK(shop.step().steps.empty());
}

TEST_CASE("one that is to move does so start-first, or not at all") {
  Shop shop = running(service_of("web", 2), 3);
  auto moved = shop.instances()[0];
  moved.move_why = "rebalance";
  moved.move_to = NodeId("n3");
  shop.put(moved);
  run(shop, 4);
  CHECK(shop.text() == "web-1@n3 web-2@n2");

  for (const auto* node : {"n1", "n2"}) shop.availability(node, model::Availability::pause);
  moved = shop.instances()[0];
  moved.move_why = "rebalance";
  shop.put(moved);
  shop.step();
  CHECK(shop.text() == "web-1@n3 web-2@n2");
  CHECK(shop.instances()[0].move_why.empty());
}

TEST_CASE("one that keeps failing where it is is tried on another node, later each time, and not twice on the same") {
  Shop shop = running(service_of("web"), 2);
  const auto fails = [&](const model::Instance& instance) {
    shop.set(instance, [&](model::InstanceStatus& s) {
      s.state = model::InstanceState::exited;
      s.exit_code = 1;
      s.failures = 3;
      s.last_failure = model::Failure{.at_ms = shop.now_ms, .exit_code = 1};
    });
  };
  fails(shop.instances()[0]);
  shop.step();
  CHECK(shop.text() == "web-1@n1");
  CHECK(shop.last.wake_ms == shop.now_ms + 10'000);
  shop.now_ms += 10'000;
  run(shop, 3);
  REQUIRE(shop.text() == "web-1@n2");
  CHECK(shop.instances()[0].failed_before == 1);
  CHECK(shop.instances()[0].avoid.at(0).node == NodeId("n1"));
  fails(shop.instances()[0]);
  shop.step();
  CHECK(shop.last.wake_ms == shop.now_ms + 20'000);
  shop.now_ms += 20'000;
  CHECK(shop.step().steps.empty());
}
