#include "why.h"

#include <algorithm>
#include <set>

#include "harness.h"
#include "kontena/api/events.h"
#include "kontena/model/event_kinds.h"

using namespace kontena;
using namespace kontena::server;
using http::Method;

namespace {

const std::string grid_url = "/v1/grids/default";

std::vector<model::Event> events(World& world, const std::string& query = "") {
  auto list = world.read<api::EventList>(world.as_admin(Method::get, grid_url + "/events?limit=1000" + query)).events;
  std::ranges::reverse(list);
  return list;
}

std::size_t count(World& world, std::string_view kind) {
  const auto all = events(world);
  return static_cast<std::size_t>(std::ranges::count(all, kind, &model::Event::kind));
}

api::Why ask(World& world, const std::string& name) {
  return world.read<api::Why>(world.as_admin(Method::get, grid_url + "/why?of=" + name));
}

bool says(const api::Why& why, std::string_view text) {
  return std::ranges::any_of(why.lines, [&](const auto& line) { return line.find(text) != std::string::npos; });
}

bool names(const api::Why& why, std::string_view command) {
  return std::ranges::find(why.next, command, &api::NextCommand::command) != why.next.end();
}

void report(World& world, const World::Node& node, model::InstanceStatus status) {
  const auto all = world.instances();
  REQUIRE(!all.empty());
  REQUIRE(world.as_node(node, Method::post, std::string(api::paths::agent_statuses),
                        codec::to_json(api::StatusRequest{.instances = {{*all[0].id, status}}})).status == 200);
}

}  // namespace

TEST_CASE("a stack's life is told in order, with who and why") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  world.run({n1, n2});
  const auto all = events(world, "&project=default&stack=shop");
  std::vector<std::string> kinds;
  for (const auto& event : all) kinds.push_back(event.kind);
  REQUIRE(kinds == std::vector<std::string>{"deployment.begun", "instance.placed", "instance.started", "deployment.succeeded"});
  CHECK(all[0].by.starts_with("admin (token"));
  CHECK(all[1].by == "server");
  CHECK(all[1].text.find("least loaded") != std::string::npos);
  CHECK(all[2].by.starts_with("node n"));
  CHECK(all[1].slot == 1);
  CHECK(count(world, "node.joined") == 2);
  CHECK(events(world, "&kind=node.joined,instance.placed").size() == 3);

  REQUIRE(world.as_admin(Method::post, grid_url + "/nodes/" + all[1].node_name + "/drain").status == 200);
  world.run({n1, n2});
  CHECK(count(world, "node.drained") == 1);
  REQUIRE(count(world, "instance.moved") == 1);
  CHECK(events(world, "&kind=instance.moved")[0].text.starts_with("from " + all[1].node_name));
  REQUIRE(world.as_admin(Method::post, grid_url + "/nodes/" + all[1].node_name + "/activate").status == 200);
  CHECK(count(world, "node.activated") == 1);

  REQUIRE(world.as_admin(Method::del, stack_url("shop")).status == 200);
  world.run({n1, n2});
  CHECK(count(world, "instance.removed") == 2);
  CHECK(count(world, "stack.removed") == 1);
}

TEST_CASE("a node is told to be lost once, a server that starts anew included, and to be back once") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2"), n3 = world.join("n3");
  world.run({n1, n2, n3});
  world.pass(Duration(60'000), {n1, n2});
  CHECK(count(world, "node.lost") == 1);
  Deployments another(world.context_);
  another.tick();
  CHECK(count(world, "node.lost") == 1);
  world.pass(Duration(2'000), {n1, n2, n3});
  CHECK(count(world, "node.back") == 1);
  CHECK(count(world, "node.lost") == 1);
  world.pass(Duration(60'000), {n1, n2});
  CHECK(count(world, "node.lost") == 2);
  REQUIRE(world.as_admin(Method::del, grid_url + "/nodes/n3?force=true").status == 200);
  CHECK(count(world, "node.removed") == 1);
  CHECK(world.store_->list("lost_nodes/")->entries.empty());
  world.views_.stop();  // they tell the other one, which goes first
}

TEST_CASE("what comes after a revision is given once, oldest first") {
  World world;
  world.join("n1");
  const auto first = world.read<api::EventList>(world.as_admin(Method::get, grid_url + "/events"));
  REQUIRE(first.events.size() == 1);
  world.join("n2");
  world.clock_.advance(Duration(5));
  world.join("n3");
  const auto next = world.read<api::EventList>(
      world.as_admin(Method::get, grid_url + "/events?after=" + std::to_string(first.revision)));
  REQUIRE(next.events.size() == 2);
  CHECK(next.events[0].node_name == "n2");
  CHECK(next.revision > first.revision);
  const auto one = world.read<api::EventList>(
      world.as_admin(Method::get, grid_url + "/events?limit=1&after=" + std::to_string(first.revision)));
  REQUIRE(one.events.size() == 1);
  const auto rest = world.read<api::EventList>(
      world.as_admin(Method::get, grid_url + "/events?after=" + std::to_string(one.revision)));
  REQUIRE(rest.events.size() == 1);
  CHECK(rest.events[0].node_name == "n3");
}

TEST_CASE("who sees one project is told of that one alone, and of no node") {
  World world;
  const auto n1 = world.join("n1");
  REQUIRE(world.as_admin(Method::put, grid_url + "/projects/bank").status == 201);
  REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  world.run({n1});
  const std::string ann = world.make_user("ann", "viewer", "default/bank");
  const auto seen = world.read<api::EventList>(world.with_token(ann, Method::get, grid_url + "/events"));
  CHECK(seen.events.empty());
  CHECK(world.with_token(ann, Method::get, grid_url + "/events?node=n1").status == 404);
  for (const char* name : {"n1", "shop", "shop/web", "shop/web-1"})
    CHECK(world.with_token(ann, Method::get, grid_url + "/why?of=" + name).status == 404);
  CHECK(world.with_token(ann, Method::get, grid_url + "/why?project=bank&of=shop").status == 404);
  const std::string bob = world.make_user("bob", "viewer", "default/default");
  CHECK_FALSE(world.read<api::EventList>(world.with_token(bob, Method::get, grid_url + "/events")).events.empty());
  CHECK(world.with_token(bob, Method::get, grid_url + "/why?of=shop/web-1").status == 200);
  CHECK(world.with_token(bob, Method::get, grid_url + "/why?of=n1").status == 404);
}

TEST_CASE("why there is no node for it: the counts, and what would help") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  auto web = service("web", 3);
  web.reservations.memory_bytes = 100LL << 30;
  REQUIRE(world.as_admin(Method::post, grid_url + "/nodes/n2/pause").status == 200);
  REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({web})).status == 200);
  world.run({n1, n2});
  const auto told = events(world, "&kind=instance.not_placed");
  REQUIRE(told.size() == 1);  // three alike are one event
  CHECK(told[0].text.starts_with("3 without a node: 1 not ready for new work; 1 without enough free memory"));
  const auto why = ask(world, "shop/web-1");
  CHECK(why.state == "has no node");
  CHECK(says(why, "Of 2 nodes: 1 not ready for new work; 1 without enough free memory"));
  CHECK(says(why, "what would help: reserve less memory"));
  CHECK(names(why, "node ls"));
  const auto whole = ask(world, "shop/web");
  CHECK(says(whole, "web-1, web-2, web-3: has no node"));
  CHECK(says(whole, "what would help"));
  CHECK(says(ask(world, "shop"), "its last deployment (deploy, by admin"));
  CHECK(says(ask(world, "n2"), "it is paused"));
  CHECK(names(ask(world, "n2"), "node activate n2"));
  CHECK(world.as_admin(Method::get, grid_url + "/why?of=nothing").status == 404);
  CHECK(world.as_admin(Method::get, grid_url + "/why").status == 400);
}

TEST_CASE("why it was restarted: its exit, its memory, its last lines") {
  World world;
  const auto n1 = world.join("n1");
  REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  world.run({n1});
  model::InstanceStatus status{.state = model::InstanceState::running, .container = "c2", .restarts = 2, .failures = 3};
  status.last_failure = model::Failure{.at_ms = to_ms(world.clock_.now()) - 5'000, .exit_code = 137, .out_of_memory = true,
                                       .memory_limit_bytes = 64 << 20,
                                       .message = "exited with status 137: out of memory (limit 64 MB)", .last_lines = {"loading"}};
  report(world, n1, status);
  const auto why = ask(world, "shop/web-1");
  CHECK(why.state == "running on n1");
  CHECK(says(why, "5s ago: exited with status 137: out of memory"));
  CHECK(says(why, "what would help: it needs more memory than its limit"));
  CHECK(says(why, "restarted 2 times"));
  CHECK(says(why, "crash loop"));
  CHECK(says(why, "why on n1: fewest of its service there"));
  CHECK(why.said == std::vector<std::string>{"loading"});
  CHECK(names(why, "logs shop/web-1 --tail 50"));
  CHECK(ask(world, *world.instances()[0].id).name == "shop/web-1");
  CHECK(count(world, "instance.out_of_memory") == 1);
  CHECK(count(world, "instance.crash_loop") == 1);
}

TEST_CASE("each complaint has its advice") {
  struct Row {
    const char* complaint;
    const char* helps;
  };
  for (const Row& row : {Row{"2 not ready for new work", "activate"}, Row{"1 not matching the constraints", "label"},
                         Row{"1 without enough free CPU: need 2 cores, best has 1", "fewer cores"},
                         Row{"3 with port 80/tcp taken", "host port"}, Row{"1 without '/dev/fuse'", "must be there"},
                         Row{"1 with max_replicas_per_node reached", "max_replicas_per_node"},
                         Row{"2 not the node its volume lives on", "its data is on one node"}}) {
    CAPTURE(row.complaint);
    const Help help = help_with(row.complaint);
    REQUIRE(help.lines.size() == 1);
    CHECK(help.lines[0].find(row.helps) != std::string::npos);
  }
  CHECK(help_with("1 not ready for new work; 1 without enough free memory").lines.size() == 2);
  CHECK(help_with_failure("exited with status 127", 127, false).lines[0].starts_with("127: its command"));
  CHECK(help_with_failure("cannot be pulled: manifest unknown", 0, false).lines[0].find("image of that name") != std::string::npos);
  CHECK(help_with_failure("exited with status 3", 3, false).lines.empty());
}
