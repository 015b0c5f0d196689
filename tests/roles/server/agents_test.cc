#include <thread>

#include "harness.h"

namespace kontena::server {
namespace {

using enum http::Method;

api::AssignmentsAnswer assignments(World& world, const World::Node& node, std::int64_t after) {
  return world.read<api::AssignmentsAnswer>(world.as_node(node, get, "/v1/agent/assignments?after=" + std::to_string(after)));
}

}  // namespace

TEST_CASE("a node is told all at first, then what changed, then what is forgotten") {
  World world;
  const auto node = world.join("n1");
  const auto none = assignments(world, node, 0);
  CHECK(none.complete);
  CHECK(none.instances.empty());

  model::ServiceSpec web = service("web", 2);
  web.mounts = {{.source = "data", .target = "/data"}};
  api::DeployRequest request;
  request.spec.services["web"] = web;
  request.spec.networks["default"] = {};
  request.spec.volumes["data"] = {};
  REQUIRE(world.as_admin(put, stack_url("shop"), codec::to_json(request)).status == 200);
  world.settle();
  const auto two = assignments(world, node, none.revision);
  CHECK_FALSE(two.complete);
  REQUIRE(two.instances.size() == 2);
  CHECK(two.instances[0].networks.at("default").name == "shop.default");
  CHECK(two.instances[0].volumes.at("data").name == "shop.data");
  CHECK((two.instances[0].container_name == "shop.web-1" || two.instances[0].container_name == "shop.web-2"));

  world.obey(node);
  REQUIRE(world.as_admin(post, stack_url("shop", "/services/web/scale"), codec::to_json(api::ScaleRequest{1})).status == 200);
  world.settle();
  const auto fewer = assignments(world, node, two.revision);
  REQUIRE(fewer.instances.size() == 1);
  CHECK(fewer.instances[0].desired == model::Desired::removed);
  world.obey(node);
  world.settle();
  const auto forgotten = assignments(world, node, fewer.revision);
  CHECK(forgotten.forgotten == std::vector<std::string>{*fewer.instances[0].id});
  CHECK(forgotten.networks_unused.empty());

  REQUIRE(world.as_admin(del, stack_url("shop")).status == 200);
  world.settle();
  world.obey(node);
  world.settle();
  const auto empty = assignments(world, node, forgotten.revision);
  CHECK(empty.networks_unused == std::vector<std::string>{"shop.default"});
}

TEST_CASE("a revision from the future, as after a restored backup, gets all there is") {
  World world;
  const auto node = world.join("n1");
  CHECK(assignments(world, node, 1'000'000).complete);
}

TEST_CASE("a waiting node is woken by its own assignment") {
  World world;
  const auto node = world.join("n1");
  const auto none = assignments(world, node, 0);
  std::jthread waiting([&] {
    const auto told = assignments(world, node, none.revision);
    CHECK(told.instances.size() == 1);
  });
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  world.settle();
}

TEST_CASE("a node reports on its own instances only") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  world.settle();
  const auto list = world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances"));
  REQUIRE(list.instances.size() == 1);
  const auto& owner = list.instances[0].node == "n1" ? n1 : n2;
  const auto& other = list.instances[0].node == "n1" ? n2 : n1;
  const std::string report = codec::to_json(api::StatusRequest{{{list.instances[0].id, {.state = model::InstanceState::running}}}});
  const auto refused = world.read<api::StatusAnswer>(world.as_node(other, post, "/v1/agent/statuses", report));
  CHECK(refused.unknown == std::vector<std::string>{list.instances[0].id});
  const auto taken = world.read<api::StatusAnswer>(world.as_node(owner, post, "/v1/agent/statuses", report));
  CHECK(taken.unknown.empty());
  const auto after = world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances"));
  CHECK(after.instances[0].status.state == model::InstanceState::running);
}

TEST_CASE("a report that comes late undoes nothing that a later one has said") {
  World world;
  const auto n1 = world.join("n1");
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  world.settle();
  const auto instances = [&] {
    return world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances")).instances;
  };
  const std::string id = instances().at(0).id;
  const auto tell = [&](model::InstanceState state, const std::string& run, std::int64_t number) {
    const api::StatusRequest report{{{id, {.state = state}}}, run, number};
    return world.as_node(n1, post, "/v1/agent/statuses", codec::to_json(report)).status;
  };
  using enum model::InstanceState;
  CHECK(tell(pulling, "one", 1) == 200);
  CHECK(tell(starting, "one", 3) == 200);
  CHECK(tell(starting, "one", 3) == 200);
  CHECK(tell(pulling, "one", 2) == 409);
  CHECK(tell(running, "two", 1) == 200);
  CHECK(tell(failed, "one", 4) == 409);
  CHECK(instances().at(0).status.state == running);
}

TEST_CASE("a silent node is lost and gets no new work") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  world.pass(Duration(4'000), {n2});
  const auto nodes = world.read<api::NodeList>(world.as_admin(get, "/v1/grids/default/nodes"));
  CHECK(nodes.nodes.at(0).state == "lost");
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  world.settle();
  const auto list = world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances"));
  CHECK(list.instances.at(0).node == "n2");
}

TEST_CASE("a node that may run instances is removed only by force, and they are placed anew") {
  World world;
  const auto n1 = world.join("n1");
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  world.settle();
  CHECK(world.as_admin(del, "/v1/grids/default/nodes/n1").status == 409);
  const auto n2 = world.join("n2");
  CHECK(world.as_admin(del, "/v1/grids/default/nodes/n1?force=true").status == 200);
  world.settle();
  const auto list = world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances"));
  REQUIRE(list.instances.size() == 1);
  CHECK(list.instances[0].node == "n2");
}

TEST_CASE("labels decide where instances go") {
  World world;
  world.join("n1");
  world.join("n2");
  const std::string change = codec::to_json(api::LabelChange{.set = {{"disk", "ssd"}}});
  REQUIRE(world.as_admin(post, "/v1/grids/default/nodes/n2/labels", change).status == 200);
  model::ServiceSpec picky = service("picky", 3);
  picky.placing.constraints = {{"node.labels.disk", true, "ssd"}};
  world.as_admin(put, stack_url("shop"), deploy_body({picky}));
  world.settle();
  for (const auto& instance : world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances")).instances)
    CHECK(instance.node == "n2");
  CHECK(world.as_admin(post, "/v1/grids/default/nodes/n2/labels", codec::to_json(api::LabelChange{.remove = {"nope"}})).status == 404);
  CHECK(world.as_admin(post, "/v1/grids/default/nodes/n9/labels", change).status == 404);
}

}  // namespace kontena::server
