#include <doctest/doctest.h>

#include "kontena/alerts/alerts.h"
#include "support/cluster.h"

using namespace kontena;
using model::AlertKind;

namespace {

model::AlertRule rule(AlertKind kind, std::string stack = "", std::string service = "") {
  const bool grid = alerts::row_of(kind).of_grid;
  return {.grid = "g", .project = grid ? "" : "default", .name = "a", .kind = kind, .stack = std::move(stack), .service = std::move(service)};
}

struct World : support::Cluster {
  World() {
    node("n1");
    node("n2");
    for (const char* name : {"web", "db"}) service("shop", {.name = name, .image = "i"});
    service("blog", {.name = "web", .image = "i"});
  }
  alerts::Found found(const model::AlertRule& rule) const { return alerts::look(rule, view, liveness); }
};

}  // namespace

TEST_CASE("unhealthy: the services with such instances, how many, and why") {
  World world;
  const auto one = world.instance("shop", "web", "i1", "n1", 1), two = world.instance("shop", "web", "i2", "n2", 2);
  const auto other = world.instance("blog", "web", "i3", "n1");
  world.status(one, {.health = model::Health::healthy});
  world.status(two, {.health = model::Health::unhealthy, .last_failure = model::Failure{.message = "curl:\x1b refused"}});
  world.status(other, {.health = model::Health::unhealthy});
  const auto all = world.found(rule(AlertKind::unhealthy));
  REQUIRE(all.size() == 2);
  CHECK(all.at("shop/web") == "1 of 2 unhealthy: web-2 on n2: curl:  refused");
  CHECK(all.at("blog/web") == "1 of 1 unhealthy: web-1 on n1");
  CHECK(world.found(rule(AlertKind::unhealthy, "shop")).size() == 1);
  CHECK(world.found(rule(AlertKind::unhealthy, "shop", "db")).empty());
  CHECK(world.found(rule(AlertKind::unhealthy, "sho")).empty());  // a name is not the start of another
}

TEST_CASE("what is to stop, or is gone, is no trouble") {
  World world;
  const auto one = world.instance("shop", "web", "i1", "n1", 1, model::Desired::stopped);
  world.status(one, {.state = model::InstanceState::failed, .health = model::Health::unhealthy, .failures = 9});
  CHECK(world.found(rule(AlertKind::unhealthy)).empty());
  CHECK(world.found(rule(AlertKind::crash_loop)).empty());
}

TEST_CASE("a crash loop is three bad ends in a row, also over replacements, or an end to trying") {
  World world;
  auto one = world.instance("shop", "web", "i1", "n1");
  world.status(one, {.state = model::InstanceState::exited, .failures = 2});
  CHECK(world.found(rule(AlertKind::crash_loop)).empty());
  world.status(one, {.state = model::InstanceState::exited, .failures = 3, .message = "exited with status 3"});
  CHECK(world.found(rule(AlertKind::crash_loop)).at("shop/web") == "1 of 1 in a crash loop: web-1 on n1: exited with status 3");
  world.status(one, {.state = model::InstanceState::failed, .failures = 1, .message = "no such image"});
  CHECK(world.found(rule(AlertKind::crash_loop)).size() == 1);
  world.status(one, {.state = model::InstanceState::running});
  CHECK(world.found(rule(AlertKind::crash_loop)).empty());
  one.failed_before = 1;
  world.put(one);
  CHECK(world.found(rule(AlertKind::crash_loop)).size() == 1);
}

TEST_CASE("unplaced: what no node fits, with the reason") {
  World world;
  auto one = world.instance("shop", "db", "i1", "");
  one.why_not = "2 without enough free memory";
  world.put(one);
  world.instance("shop", "web", "i2", "n1");
  const auto found = world.found(rule(AlertKind::unplaced));
  REQUIRE(found.size() == 1);
  CHECK(found.at("shop/db") == "1 of 1 without a node: db-1: 2 without enough free memory");
}

TEST_CASE("a failed deployment counts until a newer one") {
  World world;
  const auto put = [&](const char* id, std::int64_t at, model::DeploymentState state) {
    world.view.deployments.put(std::string("g/default/shop/") + id, {.id = DeploymentId(id), .grid = "g", .project = "default", .stack = "shop",
                                                        .state = state, .reason = "web: exited with status 1", .created_ms = at});
  };
  put("d2", 10, model::DeploymentState::failed);
  CHECK(world.found(rule(AlertKind::deploy_failed)).at("shop") == "deployment failed: web: exited with status 1");
  put("d1", 20, model::DeploymentState::running);
  CHECK(world.found(rule(AlertKind::deploy_failed)).empty());
}

TEST_CASE("a lost node is one; a silent one not yet") {
  World world;
  CHECK(world.found(rule(AlertKind::node_lost)).empty());
  world.liveness[NodeId("n1")] = model::NodeState::silent;
  CHECK(world.found(rule(AlertKind::node_lost)).empty());
  world.liveness[NodeId("n1")] = model::NodeState::lost;
  const auto found = world.found(rule(AlertKind::node_lost));
  REQUIRE(found.size() == 1);
  CHECK(found.contains("n1"));
}

TEST_CASE("what a container says is one line that ends at a character") {
  World world;
  const auto one = world.instance("shop", "web", "i1", "n1");
  std::string said = "a";
  for (int i = 0; i < 200; ++i) said += "é\n";
  world.status(one, {.health = model::Health::unhealthy, .message = said});
  const std::string line = world.found(rule(AlertKind::unhealthy)).at("shop/web");
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.size() < 300);
  CHECK(line.ends_with("…"));
}
