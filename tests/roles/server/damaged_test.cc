// Records that cannot be read: named, left alone, and in nobody else's way.
#include "harness.h"

namespace kontena::server {
namespace {

using enum http::Method;

// Two stacks that run, `shop` and `blog`, on one node.
struct Running {
  World world;
  World::Node node = world.join("n1");

  Running() {
    for (const char* stack : {"shop", "blog"}) {
      api::DeployRequest request;
      model::ServiceSpec web = service("web", 2);
      if (std::string(stack) == "shop") web.mounts = {{.source = "data", .target = "/data"}};
      request.spec.services["web"] = web;
      request.spec.networks["default"] = {.name = std::string(stack) + "net"};
      if (std::string(stack) == "shop") request.spec.volumes["data"] = {};
      REQUIRE(world.as_admin(put, stack_url(stack), codec::to_json(request)).status == 200);
    }
    rest();
  }
  void rest() {
    for (int i = 0; i < 3; ++i) world.settle(), world.obey(node);
  }
  std::vector<std::string> ids(const std::string& stack) {
    std::vector<std::string> found;
    world.views_.now()->instances.each("default/default/" + stack + '/', [&](const auto& i) { found.push_back(*i.value.id); });
    return found;
  }
  // As if by a failing disk: the record's bytes are others now.
  void damage(const std::string& key) {
    const auto committed = world.store_->commit({{}, {{key, "1 {\"torn"}}, {}});
    REQUIRE(committed);
    world.views_.await(*committed);
    REQUIRE(world.views_.now()->unreadable.get(key));
  }
  std::string first(const std::string& prefix) { return world.store_->list(prefix)->entries.at(0).key; }
  api::AssignmentsAnswer told() {
    return world.read<api::AssignmentsAnswer>(world.as_node(node, get, "/v1/agent/assignments"));
  }
};

}  // namespace

TEST_CASE("nothing is taken down or made for a stack with a damaged record, whichever it is") {
  for (const std::string prefix : {"stacks/default/default/shop", "services/default/default/shop/", "instances/default/default/shop/",
                                   "statuses/default/default/shop/", "revisions/default/default/shop/", "nodes/default/",
                                   "volumes/default/default/", "facts/default/", "projects/default/", "grids/default"}) {
    CAPTURE(prefix);
    Running running;
    const auto before = running.world.store_->list("instances/")->entries;
    running.damage(running.first(prefix));
    const auto told = running.world.as_node(running.node, get, "/v1/agent/assignments");
    running.world.clock_.advance(std::chrono::minutes(5));
    if (!prefix.starts_with("nodes/")) {
      REQUIRE(told.status == 200);
      running.world.as_node(running.node, post, std::string(api::paths::agent_beat), "{}");
    } else {
      CHECK(told.status == 500);  // not "removed": its agent waits
    }
    running.world.settle();
    const auto after = running.world.store_->list("instances/")->entries;
    REQUIRE(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      CHECK(before[i].key == after[i].key);
      CHECK(after[i].value.find("\"desired\":\"removed\"") == std::string::npos);
    }
  }
}

TEST_CASE("requests about a damaged record are refused by its key, and all others work") {
  Running running;
  World& world = running.world;
  const std::string key = "services/default/default/shop/web";
  running.damage(key);
  for (const auto& [method, path, body] :
       {std::tuple{get, stack_url("shop", "/services/web"), std::string()},
        std::tuple{put, stack_url("shop"), deploy_body({service("web", 3)})}, std::tuple{del, stack_url("shop"), std::string()},
        std::tuple{post, stack_url("shop", "/stop"), std::string()},
        std::tuple{post, stack_url("shop", "/services/web/scale"), codec::to_json(api::ScaleRequest{5})}}) {
    CAPTURE(path);
    const auto answer = world.as_admin(method, path, body);
    const auto error = codec::from_json<api::ErrorAnswer>(answer.body);
    REQUIRE(error);
    CHECK(error->error.code == "corrupt");
    CHECK(error->error.message.find(key) != std::string::npos);
  }
  const auto shop = world.read<api::StackDetail>(world.as_admin(get, stack_url("shop")));
  CHECK(shop.summary.state == "damaged");
  REQUIRE_FALSE(shop.notes.empty());
  CHECK(shop.notes.back().find(key) != std::string::npos);
  const auto problems = world.read<api::ProblemList>(world.as_admin(get, std::string(api::paths::problems)));
  REQUIRE(problems.problems.size() == 1);
  CHECK(problems.problems[0].key == key);
  CHECK(world.read<api::Hello>(world.as_nobody(get, "/v1/health")).problems == 1);

  REQUIRE(world.as_admin(post, stack_url("blog", "/services/web/scale"), codec::to_json(api::ScaleRequest{3})).status == 200);
  running.rest();
  CHECK(running.ids("blog").size() == 3);
  CHECK(world.read<api::StackDetail>(world.as_admin(get, stack_url("blog"))).summary.state == "running");
  CHECK(world.as_admin(del, "/v1/grids/default").status == 409);
}

TEST_CASE("a stack whose own record is damaged is still in the list") {
  Running running;
  running.damage("stacks/default/default/shop");
  const auto list = running.world.read<api::StackList>(running.world.as_admin(get, "/v1/grids/default/projects/default/stacks"));
  REQUIRE(list.stacks.size() == 2);
  CHECK(list.stacks[1].name == "shop");
  CHECK(list.stacks[1].state == "damaged");
  CHECK(running.world.as_admin(get, stack_url("shop")).body.find("corrupt") != std::string::npos);
}

TEST_CASE("a node is told to leave alone what cannot be read, and nothing that is made up") {
  for (const std::string prefix : {"instances/default/default/shop/", "revisions/default/default/shop/", "stacks/default/default/shop"}) {
    CAPTURE(prefix);
    Running running;
    const auto shop = running.ids("shop");
    running.damage(running.first(prefix));
    const auto told = running.told();
    CHECK(told.complete);
    std::set<std::string> seen(told.unreadable.begin(), told.unreadable.end());
    for (const model::Assignment& a : told.instances) {
      CHECK_FALSE(seen.contains(*a.id));
      CHECK(a.spec.image == "busybox");
      CHECK(a.networks.at("default").name == a.stack + "net");
      seen.insert(*a.id);
    }
    for (const std::string& id : shop) CHECK_MESSAGE(seen.contains(id), id);
    // What it reports of them is not called unknown: it would report no more.
    api::StatusRequest report;
    for (const std::string& id : shop) report.instances.push_back({id, {.state = model::InstanceState::exited}});
    const auto answer = running.world.as_node(running.node, post, std::string(api::paths::agent_statuses), codec::to_json(report));
    CHECK(running.world.read<api::StatusAnswer>(answer).unknown.empty());
  }
}

TEST_CASE("a status that is damaged is mended by the node's next report, and then the stack goes on") {
  Running running;
  running.damage(running.first("statuses/default/default/shop/"));
  REQUIRE(running.world.as_admin(post, stack_url("shop", "/services/web/scale"), codec::to_json(api::ScaleRequest{3})).status == 500);
  api::StatusRequest report;
  for (const std::string& id : running.ids("shop")) report.instances.push_back({id, {.state = model::InstanceState::running, .container = "c"}});
  REQUIRE(running.world.as_node(running.node, post, std::string(api::paths::agent_statuses), codec::to_json(report)).status == 200);
  CHECK(running.world.views_.now()->unreadable.empty());
  REQUIRE(running.world.as_admin(post, stack_url("shop", "/services/web/scale"), codec::to_json(api::ScaleRequest{3})).status == 200);
  running.rest();
  CHECK(running.ids("shop").size() == 3);
}

TEST_CASE("a damaged line of the audit hides none of the others") {
  Running running;
  REQUIRE(running.world.store_->commit({{}, {{"audit/999999999999999/x", "rubbish"}}, {}}));
  const auto trail = running.world.read<api::AuditList>(running.world.as_admin(get, "/v1/audit"));
  CHECK(trail.records.size() > 3);
  CHECK(trail.records[0].verb == "(damaged)");
}

}  // namespace kontena::server
