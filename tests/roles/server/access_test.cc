#include <map>

#include "harness.h"

namespace kontena::server {
namespace {

// What a row answers to somebody who may not: nothing is looked up, nothing changed.
std::string filled(std::string_view pattern) {
  std::string path(pattern);
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}') - open + 1, "default");
  return path;
}

bool is_stream(const Route& route) { return route.path == api::paths::logs || route.body.streamed; }

}  // namespace

TEST_CASE("every route refuses whom its permission does not name, and no other") {
  World world;
  const World::Node node = world.join("n1");
  const std::int64_t before = world.views_.now()->revision;
  for (const Route& route : routes()) {
    const std::string path = filled(route.path);
    CAPTURE(path);
    const bool open = route.permission == access::open;
    CHECK((world.as_nobody(route.method, path).status == 401) == (!open || route.path == api::paths::agent_join));
  }
  CHECK(world.views_.now()->revision == before);  // strangers write nothing, not even an audit record

  for (const Route& route : routes()) {
    const std::string path = filled(route.path);
    CAPTURE(path);
    const bool waits = route.path == api::paths::agent_streams || route.path == api::paths::agent_assignments;
    if (is_stream(route) || waits) continue;
    const bool open = route.permission == access::open;
    const bool agents = route.permission == access::agent;
    const int of_node = world.as_node(node, route.method, path).status;
    if (!open) CHECK((of_node == 403) == !agents);
    if (agents) CHECK(world.as_admin(route.method, path).status == 403);
  }
}

TEST_CASE("a refused attempt of somebody known is in the audit") {
  World world;
  const World::Node node = world.join("n1");
  world.clock_.advance(Duration(1));
  REQUIRE(world.as_node(node, http::Method::del, stack_url("shop")).status == 403);
  REQUIRE(world.refusals_.flush(*world.store_, world.clock_));
  const auto list = world.read<api::AuditList>(world.as_admin(http::Method::get, "/v1/audit?verb=stack.*"));
  REQUIRE(list.records.size() == 1);
  CHECK(list.records.front().verb == "stack.remove");
  CHECK(list.records.front().outcome == "permission_denied");
  CHECK(list.records.front().who.find("n1") != std::string::npos);
}

TEST_CASE("tokens that are wrong, of another server, or expired are told apart from none") {
  World world;
  const std::string path(api::paths::grids);
  CHECK(world.with_token("nonsense", http::Method::get, path).status != 200);
  std::string wrong = world.admin_;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  wrong[wrong.size() - 5] = wrong[wrong.size() - 5] == 'A' ? 'B' : 'A';
  CHECK(world.with_token(wrong, http::Method::get, path).status == 401);
  CHECK(world.with_token(world.join_, http::Method::get, path).status == 401);
  CHECK(world.with_token(world.admin_, http::Method::get, path).status == 200);

  const auto made = world.read<api::TokenAnswer>(world.as_admin(
      http::Method::post, "/v1/tokens", codec::to_json(api::TokenRequest{.grid = "default", .lifetime_ms = 60'000})));
  world.clock_.advance(Duration(60'001));
  const http::Response expired = world.try_join("late", made.text);
  CHECK(expired.status == 401);
  CHECK(expired.body.find("expired") != std::string::npos);
}

TEST_CASE("a token for one use makes one node") {
  World world;
  const auto made = world.read<api::TokenAnswer>(world.as_admin(
      http::Method::post, "/v1/tokens", codec::to_json(api::TokenRequest{.grid = "default", .labels = {{"zone", "a"}}, .uses = 1})));
  CHECK(world.try_join("one", made.text).status == 201);
  const http::Response second = world.try_join("two", made.text);
  CHECK(second.status == 401);
  CHECK(second.body.find("used up") != std::string::npos);
  const auto nodes = world.read<api::NodeList>(world.as_admin(http::Method::get, "/v1/grids/default/nodes"));
  REQUIRE(nodes.nodes.size() == 1);
  CHECK(nodes.nodes[0].labels.at("zone") == "a");
}

TEST_CASE("a node's name is taken once, and a removed node's certificate is worth nothing") {
  World world;
  const World::Node node = world.join("n1");
  CHECK(world.try_join("n1", world.join_).status == 409);
  CHECK(world.try_join("Not A Label", world.join_).status == 400);
  REQUIRE(world.as_admin(http::Method::del, "/v1/grids/default/nodes/n1").status == 200);
  CHECK(world.as_node(node, http::Method::post, "/v1/agent/beat", "{}").status == 401);
  CHECK(world.try_join("n1", world.join_).status == 201);
}

TEST_CASE("what the last administrator logs in by cannot be removed") {
  World world;
  CHECK(world.as_admin(http::Method::del, "/v1/tokens/aaaaaaaaaaaa").status == 409);
  CHECK(world.as_admin(http::Method::del, "/v1/tokens/bbbbbbbbbbbb").status == 200);
  CHECK(world.as_admin(http::Method::del, "/v1/tokens/bbbbbbbbbbbb").status == 404);
}

}  // namespace kontena::server
