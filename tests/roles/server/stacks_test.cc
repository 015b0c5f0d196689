#include <set>

#include "harness.h"

namespace kontena::server {
namespace {

using enum http::Method;

api::InstanceList instances(World& world) {
  return world.read<api::InstanceList>(world.as_admin(get, "/v1/grids/default/projects/default/instances"));
}

std::string deployment_url(const model::Deployment& d) { return stack_url(d.stack, "/deployments/" + *d.id); }

// Rounds of controllers and nodes until the stack is as wanted.
void run(World& world, std::initializer_list<World::Node> nodes) {
  for (int round = 0; round < 40; ++round) {
    world.settle();
    for (const World::Node& node : nodes) world.obey(node);
    world.clock_.advance(Duration(600));
    for (const World::Node& node : nodes) REQUIRE(world.as_node(node, post, "/v1/agent/beat", "{}").status == 200);
  }
  world.settle();
}

}  // namespace

TEST_CASE("a stack is deployed, spread, scaled, updated and removed") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  auto answer = world.read<api::DeployAnswer>(world.as_admin(put, stack_url("shop"), deploy_body({service("web", 4)})));
  CHECK(answer.created == std::vector<std::string>{"web"});
  run(world, {n1, n2});
  auto detail = world.read<api::DeploymentDetail>(world.as_admin(get, deployment_url(answer.deployment)));
  CHECK(detail.deployment.state == model::DeploymentState::succeeded);
  std::map<std::string, int> on;
  for (const auto& instance : instances(world).instances) ++on[instance.node];
  CHECK(on == std::map<std::string, int>{{"n1", 2}, {"n2", 2}});

  const auto unchanged = world.read<api::DeployAnswer>(world.as_admin(put, stack_url("shop"), deploy_body({service("web", 4)})));
  CHECK(unchanged.unchanged == std::vector<std::string>{"web"});
  CHECK(unchanged.deployment.to == answer.deployment.to);

  REQUIRE(world.as_admin(post, stack_url("shop", "/services/web/scale"), codec::to_json(api::ScaleRequest{2})).status == 200);
  run(world, {n1, n2});
  CHECK(instances(world).instances.size() == 2);

  std::set<std::string> before;
  for (const auto& instance : instances(world).instances) before.insert(instance.id);
  model::ServiceSpec changed = service("web", 2);
  changed.image = "busybox:v2";
  answer = world.read<api::DeployAnswer>(world.as_admin(put, stack_url("shop"), deploy_body({changed, service("db")})));
  CHECK(answer.changed == std::vector<std::string>{"web"});
  CHECK(answer.created == std::vector<std::string>{"db"});
  run(world, {n1, n2});
  const auto after = instances(world).instances;
  CHECK(after.size() == 3);
  for (const auto& instance : after) CHECK_FALSE(before.contains(instance.id));

  REQUIRE(world.as_admin(del, stack_url("shop")).status == 200);
  run(world, {n1, n2});
  CHECK(world.as_admin(get, stack_url("shop")).status == 404);
  CHECK(instances(world).instances.empty());
  CHECK(world.views_.now()->revisions.empty());
  CHECK(world.views_.now()->deployments.empty());
}

TEST_CASE("who depends on a service with restart: true is replaced along with it, and nobody else") {
  World world;
  model::ServiceSpec web = service("web"), other = service("other"), db = service("db");
  web.depends_on["db"] = {.restart = true};
  other.depends_on["db"] = {};
  world.as_admin(put, stack_url("shop"), deploy_body({db, other, web}));
  db.image = "busybox:v2";
  const auto answer = world.read<api::DeployAnswer>(world.as_admin(put, stack_url("shop"), deploy_body({db, other, web})));
  CHECK(answer.changed == std::vector<std::string>{"db", "web"});
  CHECK(answer.unchanged == std::vector<std::string>{"other"});
}

TEST_CASE("stopping keeps the instances, starting runs them again") {
  World world;
  const auto node = world.join("n1");
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  run(world, {node});
  const auto first = instances(world).instances.at(0).id;
  REQUIRE(world.as_admin(post, stack_url("shop", "/stop")).status == 200);
  run(world, {node});
  CHECK(instances(world).instances.at(0).status.state == model::InstanceState::stopped);
  CHECK(world.as_admin(post, stack_url("shop", "/services/web/restart")).status == 409);
  REQUIRE(world.as_admin(post, stack_url("shop", "/start")).status == 200);
  run(world, {node});
  CHECK(instances(world).instances.at(0).status.state == model::InstanceState::running);
  CHECK(instances(world).instances.at(0).id == first);
  REQUIRE(world.as_admin(post, stack_url("shop", "/services/web/restart")).status == 200);
  run(world, {node});
  CHECK(instances(world).instances.at(0).id != first);
}

TEST_CASE("what cannot be placed fails the deployment with its reasons, and runs once it can") {
  World world;
  const auto node = world.join("n1");
  model::ServiceSpec big = service("big");
  big.reservations.memory_bytes = 64LL << 30;
  const auto answer = world.read<api::DeployAnswer>(world.as_admin(put, stack_url("shop"), deploy_body({big})));
  run(world, {node});
  const auto detail = world.read<api::DeploymentDetail>(world.as_admin(get, deployment_url(answer.deployment)));
  CHECK(detail.deployment.state == model::DeploymentState::failed);
  CHECK(detail.deployment.reason.find("without enough free memory") != std::string::npos);
  REQUIRE(detail.instances.size() == 1);
  CHECK(detail.instances[0].why_not.find("need 64 GB") != std::string::npos);

  const model::NodeFacts grown{.os = "linux", .architecture = "amd64", .nano_cpus = 4'000'000'000, .memory_bytes = 128LL << 30, .address = "10.0.0.9"};
  REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(grown)).status == 200);
  run(world, {node});
  CHECK(instances(world).instances.at(0).node == "n1");
}

TEST_CASE("wrong specs are refused whole, whatever the client checked") {
  World world;
  model::ServiceSpec bad = service("web");
  bad.ports = {{.target = 0}};
  bad.placing.constraints = {{"node.colour", true, "red"}};
  const auto refused = world.as_admin(put, stack_url("shop"), deploy_body({bad}));
  CHECK(refused.status == 400);
  CHECK(refused.body.find("node.colour") != std::string::npos);
  CHECK(refused.body.find("ports") != std::string::npos);
  CHECK(world.as_admin(put, stack_url("Not-A-Label"), deploy_body({service("web")})).status == 400);
  CHECK(world.as_admin(put, stack_url("shop"), "{").status == 400);
  CHECK(world.as_admin(put, stack_url("shop"), R"({"spec":{"services":{"web":{"replicas":"many"}}}})").status == 400);
  CHECK(world.as_admin(get, stack_url("shop")).status == 404);
  CHECK(world.as_admin(put, "/v1/grids/nope/projects/default/stacks/shop", deploy_body({service("web")})).status == 404);
}

TEST_CASE("a deploy that expects another revision is a conflict") {
  World world;
  api::DeployRequest request;
  request.spec.services["web"] = service("web");
  request.spec.networks["default"] = {};
  request.expected_revision = 0;
  CHECK(world.as_admin(put, stack_url("shop"), codec::to_json(request)).status == 200);
  CHECK(world.as_admin(put, stack_url("shop"), codec::to_json(request)).status == 409);
}

TEST_CASE("every write leaves one audit record, in its commit") {
  World world;
  world.join("n1");
  world.as_admin(put, stack_url("shop"), deploy_body({service("web")}));
  world.as_admin(put, "/v1/grids/blue");
  world.as_admin(del, "/v1/grids/blue");
  const auto list = world.read<api::AuditList>(world.as_admin(get, "/v1/audit?limit=4"));
  std::vector<std::string> verbs;
  for (const auto& record : list.records) verbs.push_back(record.verb + ' ' + record.resource);
  std::ranges::sort(verbs);
  REQUIRE(verbs.size() == 4);
  CHECK(verbs[0] == "grid.create blue");
  CHECK(verbs[1] == "grid.remove blue");
  CHECK(verbs[2].starts_with("node.join default/"));
  CHECK(verbs[3] == "stack.deploy default/default/shop");
  for (const auto& record : list.records) CHECK(record.from == "10.0.0.1");
}

}  // namespace kontena::server
