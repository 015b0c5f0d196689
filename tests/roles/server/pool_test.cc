// The pool of a grid: what it is made with, when it may change, and who hears of it.
#include "harness.h"
#include "kontena/api/network.h"
#include "networks.h"

namespace kontena::server {
namespace {

using enum http::Method;

http::Response set_pool(World& world, const std::string& pool) {
  return world.as_admin(post, "/v1/grids/default/settings", codec::to_json(api::GridSettings{.pool = pool}));
}

std::string pool_in(const http::Response& response) {
  const auto grid = codec::from_json<api::GridSummary>(response.body);
  REQUIRE_MESSAGE(grid, response.body);
  return grid->pool;
}

}  // namespace

TEST_CASE("a grid is made with a pool, or has the usual one") {
  World world;
  CHECK(pool_in(world.as_admin(get, "/v1/grids/default")) == "10.80.0.0/12");
  const auto made = world.as_admin(put, "/v1/grids/eu?pool=172.24.0.0/14");
  CHECK(made.status == 201);
  CHECK(pool_in(made) == "172.24.0.0/14");
  for (const char* wrong : {"172.24.0.1/14", "8.0.0.0/8", "10.0.0.0/24", "all"}) {
    CAPTURE(wrong);
    CHECK(world.as_admin(put, std::string("/v1/grids/us?pool=") + wrong).status == 400);
    CHECK(set_pool(world, wrong).status == 400);
  }
}

TEST_CASE("the pool changes while there is no network, and nodes hear of their new addresses") {
  World world;
  const auto n1 = world.join("n1");
  REQUIRE(world.as_node(n1, post, "/v1/agent/facts", codec::to_json(model::NodeFacts{.mesh_key = "k1"})).status == 200);
  const auto told = [&] {
    const auto answer = world.as_node(n1, get, "/v1/agent/network?after=0");
    const auto read = codec::from_json<api::NetworkAnswer>(answer.body);
    REQUIRE_MESSAGE(read, answer.body);
    return *read;
  };
  const api::NetworkAnswer before = told();
  CHECK(before.address == "10.80.0.1");
  CHECK(pool_in(set_pool(world, "172.24.0.0/14")) == "172.24.0.0/14");
  const api::NetworkAnswer after = told();
  CHECK(after.pool == "172.24.0.0/14");
  CHECK(after.address == "172.24.0.1");
  CHECK(after.digest != before.digest);
  CHECK(pool_in(set_pool(world, "")) == "10.80.0.0/12");
  CHECK(told().address == "10.80.0.1");

  REQUIRE(world.as_admin(post, "/v1/grids/default/projects/default/networks", codec::to_json(api::NetworkRequest{.name = "front"})).status < 300);
  CHECK(set_pool(world, "10.80.0.0/12").status == 200);
  const auto refused = set_pool(world, "172.24.0.0/14");
  CHECK(refused.status == 409);
  CHECK_MESSAGE(refused.body.find("default/front") != std::string::npos, refused.body);
}

TEST_CASE("of a network and another pool at once, one is refused") {
  World world;
  const auto view = world.views_.now();
  Call call;
  call.now = world.clock_.now();
  store::Commit network;
  REQUIRE(make_network(*view, call, {"default", "default"}, {.name = "front"}, network));
  REQUIRE(set_pool(world, "172.24.0.0/14").status == 200);
  CHECK(world.store_->commit(network).error().code == Code::conflict);
}

TEST_CASE("who has a join token is told the pool, and the token is not used up by it") {
  World world;
  CHECK(world.as_nobody(get, "/v1/agent/join").status == 401);
  const auto answer = world.with_token(world.join_, get, "/v1/agent/join");
  const auto terms = codec::from_json<api::JoinTerms>(answer.body);
  REQUIRE_MESSAGE(terms, answer.body);
  CHECK(terms->grid == "default");
  CHECK(terms->pool == "10.80.0.0/12");
  CHECK(world.join("n1").name == "n1");
}

TEST_CASE("a node that comes when all numbers are given works, without a mesh") {
  World world;
  store::Commit many;
  for (std::int64_t number = 1; number <= overlay::most_nodes; ++number) {
    const std::string id = "n" + std::to_string(number);
    many.puts.push_back(store::nodes.put("default/" + id, {.id = NodeId(id), .grid = "default", .name = id, .number = number}));
  }
  const auto written = world.store_->commit(many);
  REQUIRE(written);
  world.views_.await(*written);
  const auto late = world.join("late");
  const auto tell = [&] { return world.as_node(late, post, "/v1/agent/facts", codec::to_json(model::NodeFacts{.mesh_key = "k"})).status; };
  CHECK(tell() == 200);
  const auto known = [&] { return *world.views_.now()->facts.get("default/" + late.id); };
  CHECK_MESSAGE(known().mesh_problem.find("4095") != std::string::npos, known().mesh_problem);
  CHECK(world.views_.now()->nodes.get("default/" + late.id)->number == 0);
  const auto answer = codec::from_json<api::NetworkAnswer>(world.as_node(late, get, "/v1/agent/network?after=0").body);
  REQUIRE(answer);
  CHECK(answer->address.empty());

  store::Commit freed;
  freed.deletes = {store::nodes.key("default/n7")};
  const auto deleted = world.store_->commit(freed);
  REQUIRE(deleted);
  world.views_.await(*deleted);
  CHECK(tell() == 200);
  CHECK(world.views_.now()->nodes.get("default/" + late.id)->number == 7);
  CHECK(known().mesh_problem.empty());
}

}  // namespace kontena::server
