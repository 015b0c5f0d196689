// Nodes that are lost, drained, removed; and moves between them.
#include "harness.h"

using namespace kontena;
using namespace kontena::server;
using http::Method;

namespace {

const std::string nodes_url = "/v1/grids/default/nodes/";

model::ServiceSpec steady(const std::string& name, std::int64_t replicas = 1) {
  auto spec = service(name, replicas);
  spec.restart.when = model::RestartWhen::always;
  return spec;
}

// "web-1@n1 web-2@n2 removed": what is where, and what is to become of it.
std::string where(World& world) {
  const auto list =
      world.read<api::InstanceList>(world.as_admin(Method::get, "/v1/grids/default/projects/default/instances"));
  std::string text;
  for (const auto& i : list.instances) {
    text +=
        (text.empty() ? "" : " ") + i.service + '-' + std::to_string(i.slot) + '@' + (i.node.empty() ? "-" : i.node);
    if (i.desired != "running") text += ' ' + i.desired;
  }
  return text;
}

struct Three : World {
  Node n1 = join("n1"), n2 = join("n2"), n3 = join("n3");

  void deploy(std::initializer_list<model::ServiceSpec> services) {
    REQUIRE(as_admin(Method::put, stack_url("shop"), deploy_body(services)).status == 200);
    for (int round = 0; round < 4; ++round) {
      settle();
      for (const Node& node : {n1, n2, n3}) obey(node);
      pass(Duration(1'500), {n1, n2, n3});
    }
  }
};

}  // namespace

TEST_CASE("what ran on a lost node runs elsewhere, and the node that comes back is told to let go") {
  Three world;
  world.deploy({steady("web", 3)});
  const auto before = where(world);
  REQUIRE(before.find("@n2") != std::string::npos);
  world.pass(Duration(3'500), {world.n1, world.n3});
  world.obey(world.n1), world.obey(world.n3);
  world.pass(Duration(1'500), {world.n1, world.n3});
  const auto list =
      world.read<api::InstanceList>(world.as_admin(Method::get, "/v1/grids/default/projects/default/instances"));
  CHECK(list.instances.size() == 4);
  for (const auto& i : list.instances) {
    CHECK((i.node == "n2") == (i.desired == "removed"));
    CHECK((i.node == "n2") == (i.node_state == "lost"));
  }
  const auto shown = world.read<api::ServiceDetail>(world.as_admin(Method::get, stack_url("shop", "/services/web")));
  CHECK(shown.summary.running == 3);
  CHECK(shown.summary.state == "running");
  world.pass(Duration(500), {world.n1, world.n2, world.n3});
  world.obey(world.n2);
  world.settle();
  CHECK(where(world).find("n2") == std::string::npos);
}

TEST_CASE("what has its data on a lost node is held, with the way out") {
  Three world;
  auto db = steady("db");
  db.pinned = true;
  world.deploy({db});
  const auto on = where(world).substr(5);
  const auto& lost = on == "n1" ? world.n1 : on == "n2" ? world.n2 : world.n3;
  std::vector<World::Node> others;
  for (const auto& node : {world.n1, world.n2, world.n3})
    if (node.id != lost.id) others.push_back(node);
  world.pass(Duration(3'500), {others[0], others[1]});
  CHECK(where(world) == "db-1@" + on);
  const auto list =
      world.read<api::InstanceList>(world.as_admin(Method::get, "/v1/grids/default/projects/default/instances"));
  CHECK(list.instances[0].why_not == "held on " + on +
                                         ", which is lost: it is declared as pinned; bring the node back, or give up "
                                         "what it has: kontena client node rm --force " +
                                         on);
  REQUIRE(world.as_admin(Method::del, nodes_url + on + "?force=true").status == 200);
  world.settle();
  CHECK(where(world) != "db-1@" + on);
}

TEST_CASE("a drained node is emptied, and what stays is named with the reason") {
  Three world;
  auto db = steady("db");
  db.pinned = true;
  db.placing.constraints = {{"node.hostname", true, "n2"}};
  world.deploy({db, steady("web", 3)});
  const auto change = world.read<api::NodeChange>(world.as_admin(Method::post, nodes_url + "n2/drain"));
  CHECK(change.node.availability == "drain");
  CHECK(change.staying == std::vector<std::string>{"shop/db-1: it is declared as pinned"});
  CHECK(change.leaving.size() == 1);
  for (int round = 0; round < 4; ++round) {
    world.settle();
    for (const auto& node : {world.n1, world.n2, world.n3}) world.obey(node);
    world.pass(Duration(1'500), {world.n1, world.n2, world.n3});
  }
  const auto left = where(world);
  CHECK(left.find("db-1@n2") != std::string::npos);
  CHECK(left.find("@n2") == left.rfind("@n2"));
  REQUIRE(world.as_admin(Method::post, nodes_url + "n2/activate").status == 200);
  CHECK(world.read<api::NodeSummary>(world.as_admin(Method::get, nodes_url + "n2")).availability == "active");
}

TEST_CASE("a node that was removed is told so, for certain, and one that is unknown is not") {
  Three world;
  REQUIRE(world.as_admin(Method::del, nodes_url + "n2").status == 200);
  const auto told = world.as_node(world.n2, Method::post, std::string(api::paths::agent_beat), "{}");
  CHECK(told.status == 401);
  CHECK(told.headers.contains(std::string(api::removed_header)));
  auto stranger = world.n2;
  stranger.fingerprint = std::string(64, '0');
  CHECK_FALSE(world.as_node(stranger, Method::post, std::string(api::paths::agent_beat), "{}")
                  .headers.contains(std::string(api::removed_header)));
  world.clock_.advance(std::chrono::hours(24 * 31));
  REQUIRE(world.as_admin(Method::del, nodes_url + "n3").status == 200);
  CHECK(world.views_.now()->removed_nodes.size() == 1);
}

TEST_CASE("a node with the data of a volume is removed by force only") {
  Three world;
  auto db = steady("db");
  db.mounts = {{.source = "data", .target = "/data"}};
  api::DeployRequest request;
  request.spec.networks["default"] = {};
  request.spec.volumes["data"] = {};
  request.spec.services["db"] = db;
  REQUIRE(world.as_admin(Method::put, stack_url("shop"), codec::to_json(request)).status == 200);
  world.settle();
  const auto on = where(world).substr(5);
  const auto refused = world.as_admin(Method::del, nodes_url + on);
  CHECK(refused.body.find("has the data of 'shop.data'") != std::string::npos);
  CHECK(world.as_admin(Method::del, nodes_url + on + "?force=true").status == 200);
}

TEST_CASE("a grid is rebalanced when asked, planned before, and then there is nothing to do") {
  World world;
  const auto n1 = world.join("n1");
  REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({steady("web", 4)})).status == 200);
  for (int round = 0; round < 4; ++round) world.settle(), world.obey(n1), world.pass(Duration(1'500), {n1});
  const auto n2 = world.join("n2");
  world.settle();
  const std::string url = "/v1/grids/default/rebalance";
  const auto plan = world.read<api::Rebalance>(world.as_admin(Method::post, url + "?plan=true"));
  REQUIRE(plan.moves.size() == 2);
  CHECK(plan.moves[0].from == "n1");
  CHECK(plan.moves[0].to == "n2");
  world.settle();
  CHECK(where(world).find("n2") == std::string::npos);
  CHECK(world.read<api::Rebalance>(world.as_admin(Method::post, url)).moves.size() == 2);
  for (int round = 0; round < 8; ++round) {
    world.settle();
    world.obey(n1), world.obey(n2);
    world.pass(Duration(1'500), {n1, n2});
  }
  const auto after =
      world.read<api::InstanceList>(world.as_admin(Method::get, "/v1/grids/default/projects/default/instances"));
  CHECK(std::ranges::count(after.instances, "n2", &api::InstanceSummary::node) == 2);
  CHECK(after.instances.size() == 4);
  CHECK(world.read<api::Rebalance>(world.as_admin(Method::post, url)).moves.empty());
}

TEST_CASE("a grid's own limit of silence is kept within bounds, and told to its nodes") {
  Three world;
  const std::string url = "/v1/grids/default/settings";
  CHECK(world.as_admin(Method::post, url, R"({"lost_after_ms": 500})").status == 400);
  REQUIRE(world.as_admin(Method::post, url, R"({"lost_after_ms": 20000})").status == 200);
  const auto beat =
      world.read<api::BeatAnswer>(world.as_node(world.n1, Method::post, std::string(api::paths::agent_beat), "{}"));
  CHECK(beat.lost_after_ms == 20'000);
  world.pass(Duration(5'000), {world.n1, world.n2});
  CHECK(world.read<api::NodeSummary>(world.as_admin(Method::get, nodes_url + "n3")).state == "ready");
}
