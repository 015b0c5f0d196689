// Instances get their addresses as they get their nodes.
#include "controllers/addresses.h"

#include "harness.h"
#include "networks.h"

namespace kontena::server {
namespace {

using enum http::Method;

api::DeployRequest front(const std::string& subnet, std::int64_t replicas, const std::string& address = "") {
  api::DeployRequest request;
  request.spec.networks["front"] = {.subnet = subnet};
  request.spec.services["web"] = {.name = "web", .image = "busybox", .networks = {{"front", {}, address}}, .replicas = replicas};
  return request;
}

}  // namespace

TEST_CASE("an instance has an address of each of its networks once it has a node, and not before") {
  World world;
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(front("", 3))).status == 200);
  world.settle();
  for (const auto& instance : world.instances()) CHECK(instance.addresses.empty());
  const auto node = world.join("n1");
  world.run({node});
  std::set<std::string> addresses;
  for (const auto& instance : world.instances()) {
    CHECK(*instance.node == node.id);
    REQUIRE(instance.addresses.contains("shop.front"));
    addresses.insert(instance.addresses.at("shop.front"));
  }
  CHECK(addresses.size() == 3);
  const model::Network made = *world.views_.now()->networks.get("default/default/shop.front");
  for (const std::string& address : addresses) {
    CHECK(parse_subnet(made.subnet)->contains(*parse_ipv4(address)));
    CHECK(address != made.gateway);
  }
  const auto told = world.read<api::AssignmentsAnswer>(world.as_node(node, get, "/v1/agent/assignments"));
  for (const auto& assigned : told.instances) {
    CHECK(addresses.contains(assigned.networks.at("front").address));
    CHECK(assigned.networks.at("front").subnet == made.subnet);
  }
}

TEST_CASE("where a network is full the instance is not placed, says why, and is once there is room") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(front("172.28.0.0/29", 6))).status == 200);
  world.run({node});
  int placed = 0;
  std::string why_not;
  for (const auto& instance : world.instances())
    if (instance.node.empty())
      why_not = instance.why_not;
    else
      ++placed;
  CHECK(placed == 5);  // of 8: the ends and the gateway are nobody's
  CHECK(why_not == "network 'shop.front' has no free address in 172.28.0.0/29");
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(front("172.28.0.0/29", 5))).status == 200);
  world.run({node});
  CHECK(world.instances().size() == 5);
  for (const auto& instance : world.instances()) CHECK(instance.addresses.size() == 1);
}

TEST_CASE("a declared address passes from an instance to its successor") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  api::DeployRequest request = front("172.28.0.0/24", 1, "172.28.0.9");
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(request)).status == 200);
  world.run({n1, n2});
  REQUIRE(world.instances().size() == 1);
  const auto first = world.instances()[0];
  CHECK(first.addresses.at("shop.front") == "172.28.0.9");
  request.spec.services["web"].image = "busybox:v2";
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(request)).status == 200);
  world.run({n1, n2});
  REQUIRE(world.instances().size() == 1);
  CHECK(world.instances()[0].id != first.id);
  CHECK(world.instances()[0].addresses.at("shop.front") == "172.28.0.9");
  // Off a node that is lost too, though nobody can take it back there.
  const auto& [gone, stays] = *world.instances()[0].node == n1.id ? std::pair(n1, n2) : std::pair(n2, n1);
  world.pass(Duration(20'000), {stays});
  world.run({stays});
  bool moved = false;
  for (const auto& instance : world.instances())
    moved |= *instance.node == stays.id && instance.addresses.at("shop.front") == "172.28.0.9";
  CHECK(moved);
}

TEST_CASE("two of one plan do not get the same address") {
  World world;
  world.join("n1");
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(front("172.28.0.0/26", 1))).status == 200);
  const View view = world.views_.now();
  Addresses addresses;
  addresses.begin();
  std::set<std::string> given;
  for (int plans = 0; plans < 2; ++plans) {
    rollout::Plan plan;
    for (int i = 0; i < 20; ++i) {
      model::Instance instance{.id = InstanceId("i" + std::to_string(plans) + '-' + std::to_string(i)), .grid = "default", .project = "default", .stack = "shop", .service = "web", .node = NodeId("n"), .instance_revision = 1};
      plan.steps.push_back(rollout::CreateInstance{instance});
    }
    addresses.give(*view, plan);
    for (const rollout::Step& step : plan.steps) {
      const auto& instance = std::get<rollout::CreateInstance>(step).instance;
      CHECK_MESSAGE(instance.why_not.empty(), instance.why_not);
      CHECK(given.insert(instance.addresses.at("shop.front")).second);
    }
  }
}

}  // namespace kontena::server
