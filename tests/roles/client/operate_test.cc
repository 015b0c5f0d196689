// Commands that operate nodes, grids and deployments.
#include <doctest/doctest.h>

#include "canned.h"

namespace kontena::client {
namespace {

using canned::in_grid;
using canned::in_project;

}  // namespace

TEST_CASE("a drain tells what goes, and what stays and why") {
  canned::World world;
  world.answer_with(
      "POST " + in_grid + "/nodes/n1/drain",
      api::NodeChange{{.name = "n1"}, {"shop/web-1", "shop/web-2"}, {"shop/db-1: its volume 'shop.data' lives there"}});
  const auto ran = world.run({"node", "drain", "n1"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "");
  CHECK(ran.err ==
        "node n1 is being emptied\n"
        "going: shop/web-1, shop/web-2\n"
        "warning: stays: shop/db-1: its volume 'shop.data' lives there\n");
  const auto read = codec::from_json<api::NodeChange>(world.run({"node", "drain", "n1", "--json"}).out);
  REQUIRE(read);
  CHECK(read->leaving.size() == 2);
  CHECK(world.run({"node", "drain", "-q", "n1"}).out == "n1\n");
}

TEST_CASE("nodes are paused and activated, each that is named") {
  canned::World world;
  world.answer_with("POST " + in_grid + "/nodes/n1/pause", api::NodeChange{{.name = "n1"}, {}, {}});
  world.answer_with("POST " + in_grid + "/nodes/n2/pause", api::NodeChange{{.name = "n2"}, {}, {}});
  world.answer_with("POST " + in_grid + "/nodes/n1/activate", api::NodeChange{{.name = "n1"}, {}, {}});
  CHECK(world.run({"node", "pause", "n1", "n2"}).err == "node n1 gets no new work\nnode n2 gets no new work\n");
  CHECK(world.run({"node", "activate", "n1"}).err == "node n1 takes work again\n");
  CHECK(world.run({"node", "activate", "n9"}).status == 4);
}

TEST_CASE("a rebalance is planned, then done") {
  canned::World world;
  const api::Rebalance moves{{{"0123456789ab", "shop", "web", 4, "n1", "n2"}}};
  world.answer_with("POST " + in_grid + "/rebalance?plan=true", moves);
  world.answer_with("POST " + in_grid + "/rebalance?most=5", moves);
  world.answer_with("POST " + in_grid + "/rebalance", api::Rebalance{});
  const auto plan = world.run({"grid", "rebalance", "--plan"});
  CHECK(plan.out ==
        "INSTANCE    FROM  TO\n"
        "shop/web-4  n1    n2\n");
  CHECK(plan.err == "1 instance would move\n");
  CHECK(world.run({"grid", "rebalance", "--most", "5"}).err == "1 instance will move, start-first\n");
  CHECK(world.run({"grid", "rebalance"}).err == "nothing is to be moved\n");
  CHECK(world.run({"grid", "rebalance", "--json"}).out == "[]\n");
}

TEST_CASE("a grid's limit of silence is set, or left to the server") {
  canned::World world;
  world.answer_with("POST " + in_grid + "/settings", api::GridSummary{.name = "main"});
  CHECK(world.run({"grid", "set", "--lost-after", "10s"}).err == "grid main is set\n");
  CHECK(world.run({"grid", "set", "--lost-after", "default"}).status == 0);
  CHECK(world.asked().back().find("\"lost_after_ms\":0") != std::string::npos);
  CHECK(world.run({"grid", "set"}).status == 2);
  CHECK(world.run({"grid", "set", "--lost-after", "soon"}).status == 2);
}

TEST_CASE("deployments are listed, and the newest or one that is named is aborted") {
  canned::World world;
  model::Deployment newest{
      .id = DeploymentId("d2"), .stack = "shop", .from = 2, .to = 3, .action = "scale web", .by = "administrator"};
  newest.created_ms = world.ago(60);
  auto failed = newest;
  failed.id = DeploymentId("d1");
  failed.state = model::DeploymentState::failed;
  failed.action = "deploy";
  failed.reason = "web-1: exit code 1";
  world.answer_with("GET " + in_project + "/stacks/shop/deployments", api::DeploymentList{{newest, failed}});
  CHECK(world.run({"deployment", "ls", "shop"}).out ==
        "DEPLOYMENT  STATE    REVISION  ACTION     BY             AGE  REASON\n"
        "d2          running  2 → 3     scale web  administrator  60s\n"
        "d1          failed   2 → 3     deploy     administrator  60s  web-1: exit code 1\n");
  CHECK(world.run({"deployment", "ls", "-q", "shop"}).out == "d2\nd1\n");
  world.answer_with("GET " + in_project + "/stacks/shop", api::StackDetail{.deployment = newest});
  newest.state = model::DeploymentState::aborted;
  world.answer_with("POST " + in_project + "/stacks/shop/deployments/d2/abort", newest);
  CHECK(world.run({"deployment", "abort", "shop"}).status == 2);
  const auto aborted = world.run({"deployment", "abort", "-y", "shop"});
  CHECK(aborted.status == 0);
  CHECK(aborted.err == "deployment d2 of shop is aborted; what it has not replaced stays as it is\n");
}

TEST_CASE("a stack's history is listed, and a revision printed whole") {
  canned::World world;
  world.answer_with("GET " + in_project + "/stacks/shop/history",
                    api::History{{{3, "scale web", "administrator", world.ago(60), {"web: web:1 x 3"}}}});
  CHECK(world.run({"stack", "history", "shop"}).out ==
        "REVISION  ACTION     BY             AGE  SERVICES\n"
        "3         scale web  administrator  60s  web: web:1 x 3\n");
  model::StackRevision third{.action = "deploy"};
  third.spec.services["web"].image = "web:1";
  world.answer_with("GET " + in_project + "/stacks/shop/history/3", third);
  const auto read = codec::from_json<model::StackRevision>(world.run({"stack", "history", "shop", "3"}).out);
  REQUIRE(read);
  CHECK(read->spec.services.at("web").image == "web:1");
}

TEST_CASE("an instance that is held on a lost node says so, with the way out") {
  canned::World world;
  auto db = canned::instance("db", 1, "n1");
  db.node_state = "lost";
  db.status.state = model::InstanceState::running;
  db.why_not =
      "held on n1, which is lost: its volume 'shop.data' lives there; bring the node back, or give up what it has: "
      "kontena client node rm --force n1";
  world.answer_with("GET " + in_project + "/instances?stack=shop", api::InstanceList{7, {db}});
  CHECK(world.run({"ps", "shop"}).out.find("held on n1, which is lost: its volume 'shop.data' lives there") !=
        std::string::npos);
}

}  // namespace kontena::client
