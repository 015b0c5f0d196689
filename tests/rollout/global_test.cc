#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using support::megabyte;

namespace {

model::ServiceSpec agent(const std::string& image = "agent:1") {
  auto spec = service_of("agent");
  spec.image = image;
  spec.mode = model::Mode::global;
  return spec;
}

}  // namespace

TEST_CASE("a global service has one instance on each node, those that come later too") {
  Shop shop(2);
  shop.deploy(agent());
  shop.step();
  CHECK(shop.text() == "agent-1@n1 agent-2@n2");
  shop.node("n0");
  shop.step();
  CHECK(shop.text() == "agent-1@n1 agent-2@n2 agent-3@n0");
  shop.run(2);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a node that is not ready gets none, and keeps the one it has") {
  Shop shop(2);
  shop.liveness[NodeId("n2")] = model::NodeState::lost;
  shop.deploy(agent());
  shop.run(2);
  CHECK(shop.text() == "agent-1@n1");
  CHECK(shop.deployment() == "succeeded");
  shop.liveness[NodeId("n2")] = model::NodeState::ready;
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.deploy(agent("agent:2"));
  shop.run(3);
  CHECK(shop.text() == "agent-1@n1 agent-2@n2");
  CHECK(shop.instances()[0].instance_revision == 1);
  CHECK(shop.deployment() == "succeeded");
  shop.liveness[NodeId("n1")] = model::NodeState::ready;
  shop.run(3);
  CHECK(shop.text() == "agent-1@n1 agent-2@n2");
  CHECK(shop.instances()[0].instance_revision == 2);
}

TEST_CASE("instances on nodes that do not match the constraints any more are removed, others stay") {
  Shop shop(2);
  shop.deploy(agent());
  shop.run(2);
  const auto before = shop.instances();
  auto spec = agent();
  spec.placing.constraints = {{"node.hostname", false, "n1"}};
  shop.service("shop", spec, true);
  shop.deploy();
  shop.run(2);
  REQUIRE(shop.text() == "agent-2@n2");
  CHECK(shop.instances()[0].id == before[1].id);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a slot on a node without room waits, says which node, and is placed when there is room") {
  Shop shop(2);
  shop.node("n2", {}, 4, 100 * megabyte);
  auto spec = agent();
  spec.reservations.memory_bytes = 512 * megabyte;
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "agent-1@n1 agent-2@-");
  CHECK(shop.deployment() == "failed: agent-2: no node: n2 without enough free memory: need 512 MB, best has 100 MB");
  shop.node("n2");
  shop.step();
  CHECK(shop.text() == "agent-1@n1 agent-2@n2");
}

TEST_CASE("an instance that waits for a node that went is forgotten") {
  Shop shop(2);
  shop.node("n2", {}, 4, 100 * megabyte);
  auto spec = agent();
  spec.reservations.memory_bytes = 512 * megabyte;
  shop.deploy(spec);
  shop.step();
  shop.view.nodes.erase("g/n2");
  shop.step();
  CHECK(shop.text() == "agent-1@n1");
}

TEST_CASE("global instances are replaced one at a time, each on its node and in its slot") {
  Shop shop(3);
  shop.deploy(agent());
  shop.run(2);
  shop.deploy(agent("agent:2"));
  shop.step();
  CHECK(shop.text() == "agent-1@n1 removed agent-2@n2 agent-3@n3");
  shop.run(10);
  CHECK(shop.text() == "agent-1@n1 agent-2@n2 agent-3@n3");
  for (const auto& i : shop.instances()) CHECK(i.instance_revision == 2);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a service that becomes global, or replicated, ends as wanted") {
  Shop shop(3);
  shop.deploy(service_of("agent", 5));
  shop.run(2);
  shop.deploy(agent("agent:2"));
  shop.run(14);
  CHECK(shop.instances().size() == 3);
  CHECK(shop.deployment() == "succeeded");
  shop.deploy(service_of("agent", 2));
  shop.run(14);
  CHECK(shop.instances().size() == 2);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a global service has a volume's data on each node") {
  Shop shop(2);
  auto spec = agent();
  spec.mounts = {{.source = "data", .target = "/data"}};
  shop.service("shop", spec);
  shop.stack([](model::Stack& s) { s.volumes["data"]; });
  shop.step();
  CHECK(shop.text() == "agent-1@n1 agent-2@n2");
  CHECK(shop.view.volumes.empty());
}
