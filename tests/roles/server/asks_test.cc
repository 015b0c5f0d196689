// Questions that people have of nodes, and the answers of agents that only dial out.
#include "answering.h"
#include "kontena/api/events.h"
#include "kontena/api/probe.h"

using namespace kontena;
using namespace kontena::server;

namespace {

api::AskAnswer state(const std::string& peer) {
  api::NodeNetworkState state{.address = "10.80.0.1", .current = true};
  state.peers = {{.id = peer, .name = "as it was called"}, {.id = "gone", .name = "old"}};
  return {.body = codec::to_json(state)};
}

}  // namespace

TEST_CASE("a question goes to the node's agent, and its answer to who has asked") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  world.liveness_.look(*world.views_.now());
  Answering answering(world, n1, [&](const api::Ask& ask) {
    CHECK(ask.kind == api::asks::network);
    CHECK(ask.patience_ms > 0);
    return state(n2.id);
  });
  const http::Response response = world.as_admin(http::Method::get, "/v1/grids/default/nodes/n1/network");
  const auto told = world.read<api::NodeNetworkState>(response);
  CHECK(told.node == "n1");
  CHECK(told.peers.at(0).name == "n2");
  CHECK(told.peers.at(1).state == "removed");
  CHECK(world.as_admin(http::Method::get, "/v1/grids/default/nodes/none/network").status == 404);
  CHECK(world.as_nobody(http::Method::get, "/v1/grids/default/nodes/n1/network").status == 401);
  CHECK(world.as_node(n1, http::Method::get, "/v1/grids/default/nodes/n1/network").status == 403);
}

TEST_CASE("what an agent answers that it cannot is an error for who has asked") {
  World world;
  const auto n1 = world.join("n1");
  Answering answering(world, n1, [](const api::Ask&) {
    return api::AskAnswer{.error = api::ErrorBody{"failed_precondition", "its container does not run", "ps", ""}};
  });
  const auto response = world.as_admin(http::Method::get, "/v1/grids/default/nodes/n1/network");
  CHECK(response.status == http_status(Code::failed_precondition));
  CHECK(response.body.find("its container does not run") != std::string::npos);
}

TEST_CASE("a node that is lost is not asked") {
  World world;
  const auto n1 = world.join("n1");
  world.join("n2");
  world.clock_.advance(std::chrono::hours(1));
  world.liveness_.look(*world.views_.now());
  world.clock_.advance(Liveness::mass_grace + Duration(10'000));
  for (int i = 0; i < 200; ++i) world.clock_.advance(Duration(500)), world.liveness_.look(*world.views_.now());
  REQUIRE(world.liveness_.state(NodeId(n1.id)) == model::NodeState::lost);
  const auto response = world.as_admin(http::Method::get, "/v1/grids/default/nodes/n1/network");
  CHECK(response.status == 503);
  CHECK(response.body.find("is lost") != std::string::npos);
}

TEST_CASE("questions are bounded, of a node and in all") {
  AskHub hub;
  SystemIds ids;
  std::vector<std::string> asked;
  for (std::size_t i = 0; i < AskHub::most_of_node; ++i) {
    const auto id = hub.ask(ids, "main/a", "network", "{}", Duration(1'000));
    REQUIRE(id);
    asked.push_back(*id);
  }
  CHECK(hub.ask(ids, "main/a", "network", "{}", Duration(1'000)).error().code == Code::unavailable);
  int more = 0;
  for (int node = 0; node < 100; ++node)
    if (hub.ask(ids, "main/" + std::to_string(node), "network", "{}", Duration(1'000))) ++more;
  CHECK(more == AskHub::most - AskHub::most_of_node);

  CHECK(hub.take("main/b").empty());
  CHECK(hub.answer(asked[0], "main/a", {.body = "{}"}).error().code == Code::not_found);  // nobody came for it yet
  CHECK(hub.take("main/a").size() == AskHub::most_of_node);
  CHECK(hub.take("main/a").empty());
  CHECK(hub.answer(asked[0], "main/b", {.body = "{}"}).error().code == Code::not_found);
  CHECK(hub.answer(asked[0], "main/a", {.body = "{\"a\":1}"}));
  CHECK(hub.answer(asked[0], "main/a", {.body = "{}"}).error().code == Code::not_found);
  CHECK(*hub.wait(asked[0], "a") == "{\"a\":1}");
  CHECK(hub.ask(ids, "main/a", "network", "{}", Duration(1)));
}

TEST_CASE("nobody waits for ever: an answer that does not come, and a server that stops") {
  AskHub hub;
  SystemIds ids;
  const auto late = hub.ask(ids, "main/a", "network", "{}", Duration(1));
  REQUIRE(hub.take("main/a").size() == 1);
  const auto answer = hub.wait(*late, "a");
  CHECK(answer.error().code == Code::unavailable);
  CHECK(answer.error().message.find("has not answered") != std::string::npos);

  const auto stopped = hub.ask(ids, "main/a", "network", "{}", Duration(60'000));
  std::jthread stopper([&] { hub.stop(); });
  CHECK(hub.wait(*stopped, "a").error().message == "the server is being stopped");
  CHECK_FALSE(hub.ask(ids, "main/a", "network", "{}", Duration(1)));
}
