// `network test`: from end to end, with nodes that answer as the test says.
#include "network_test.h"

#include "answering.h"

using namespace kontena;
using namespace kontena::server;

namespace {

const std::string test_url = "/v1/grids/default/projects/default/network-test";

// web on n1 and db on n2, both on shop's default network; other/spy on n1 shares none.
// What the nodes find is as it should be, but for what a test changes.
struct Shop {
  Shop() {
    std::vector<model::ServiceSpec> services{service("web"), service("db")};
    services[0].placing.constraints = {{"node.hostname", true, "n1"}};
    services[1].placing.constraints = {{"node.hostname", true, "n2"}};
    deploy("shop", {services[0], services[1]});
    model::ServiceSpec spy = service("spy");
    spy.placing = services[0].placing;
    deploy("other", {spy});
    world.liveness_.look(*world.views_.now());
  }
  void deploy(const std::string& stack, std::initializer_list<model::ServiceSpec> services) {
    const auto put = world.as_admin(http::Method::put, stack_url(stack), deploy_body(services));
    REQUIRE_MESSAGE(put.status < 300, put.body);
    world.settle();
    world.obey(n1), world.obey(n2);
    world.settle();
  }
  const model::Instance& instance(const std::string& service) {
    const model::Instance* found = nullptr;
    world.views_.now()->instances.each("default/default/", [&](const auto& item) {
      if (item.value.service == service) found = &item.value;
    });
    REQUIRE(found);
    return *found;
  }
  std::string address(const std::string& service) { return instance(service).addresses.begin()->second; }

  api::AskAnswer act(const api::Ask& ask) {
    if (ask.kind == api::asks::resolve) return {.body = codec::to_json(resolved)};
    if (ask.kind == api::asks::reach) return {.body = codec::to_json(reached)};
    const auto look = *codec::from_json<api::LookAsk>(ask.body);
    return {.body = codec::to_json(look.peer == n1.id ? back : there)};
  }
  api::NetworkTest test(const std::string& from, const std::string& to, std::int64_t port = 0) {
    return world.read<api::NetworkTest>(
        world.as_admin(http::Method::post, test_url, codec::to_json(api::NetworkTestRequest{from, to, port})));
  }
  static std::string steps(const api::NetworkTest& test) {
    std::string text;
    for (const api::TestStep& step : test.steps) text += (text.empty() ? "" : " ") + step.what + (step.ok ? "" : "!");
    return text;
  }

  World world;
  World::Node n1 = world.join("n1"), n2 = world.join("n2");
  api::Resolved resolved{.is_ours = true, .server = "10.80.16.1", .answered = true};
  api::Looked there{.current = true,
                    .bridge = true,
                    .route = true,
                    .allowed = true,
                    .peer = "n2",
                    .endpoint = "10.0.0.2:51820",
                    .handshake_age_ms = 3'000};
  api::Looked back{.current = true,
                   .bridge = true,
                   .route = true,
                   .allowed = true,
                   .peer = "n1",
                   .endpoint = "10.0.0.1:51820",
                   .handshake_age_ms = 3'000,
                   .looked_inside = true,
                   .listening = {"0.0.0.0"}};
  api::Reached reached{.echoes = 3, .tried = 3, .best_us = 400, .mtu = 1420, .passes = 1420, .port = "open"};
};

}  // namespace

TEST_CASE("a way on which all is well is gone to its end") {
  Shop shop;
  shop.resolved.known = shop.resolved.answers = {shop.address("db")};
  Answering first(shop.world, shop.n1, [&](const api::Ask& ask) { return shop.act(ask); });
  Answering second(shop.world, shop.n2, [&](const api::Ask& ask) { return shop.act(ask); });
  const auto whole = shop.test("shop/web", "shop/db-1", 5432);
  CHECK(Shop::steps(whole) == "from network member name rules route handshake path port");
  CHECK(whole.ok);
  CHECK(whole.from == "shop/web-1");
  CHECK(Shop::steps(shop.test("shop/web-1", "db")) == "from name network member rules route handshake path");
  CHECK(Shop::steps(shop.test("shop/web-1", shop.address("db"))) == "from network member rules route handshake path");
  // The audit trail has who has asked.
  CHECK(shop.world.as_admin(http::Method::get, "/v1/audit").body.find("network.test") != std::string::npos);
}

TEST_CASE("the first thing that is wrong is the last that is told, with what to do") {
  Shop shop;
  const std::string db = shop.address("db");
  shop.resolved.known = shop.resolved.answers = {db};
  const api::Resolved resolved = shop.resolved;
  const api::Looked there = shop.there, back = shop.back;
  const api::Reached reached = shop.reached;
  Answering first(shop.world, shop.n1, [&](const api::Ask& ask) { return shop.act(ask); });
  Answering second(shop.world, shop.n2, [&](const api::Ask& ask) { return shop.act(ask); });
  // What the last step is, and what it says somewhere.
  const auto wrong = [&](const std::string& step, const std::string& words, auto change) {
    shop.resolved = resolved, shop.there = there, shop.back = back, shop.reached = reached;
    change();
    const auto told = shop.test("shop/web", "shop/db", 5432);
    CAPTURE(Shop::steps(told));
    REQUIRE_FALSE(told.ok);
    CHECK(told.steps.back().what == step);
    CAPTURE(told.steps.back().text);
    CHECK(told.steps.back().text.find(words) != std::string::npos);
    CHECK_FALSE(told.steps.back().hint.empty());
    for (std::size_t i = 0; i + 1 < told.steps.size(); ++i) CHECK(told.steps[i].ok);
  };
  wrong("name", "knows nobody up", [&] { shop.resolved.known.clear(); });
  wrong("name", "no answer", [&] { shop.resolved.answered = false, shop.resolved.failure = "no answer"; });
  wrong("name", "and not to " + db, [&] { shop.resolved.answers = {"10.80.99.1"}; });
  wrong("rules", "cannot make its network", [&] { shop.back.problem = "nft is not installed"; });
  wrong("rules", "was not told of shop/db-1", [&] { shop.there.missing = {db}; });
  wrong("rules", "has not done yet", [&] { shop.there.current = false; });
  wrong("rules", "bridge of the network on n2", [&] { shop.back.bridge = false; });
  wrong("rules", "rules of n2 do not let " + db, [&] { shop.back.barred = {db}; });
  wrong("route", "n1 has no peer n2", [&] { shop.there.peer.clear(); });
  wrong("route", "n2 has no route", [&] { shop.back.route = false; });
  wrong("route", "does not let n2 send", [&] { shop.there.allowed = false; });
  wrong("handshake", "have never met",
        [&] { shop.there.handshake_age_ms = -1, shop.there.endpoints = {"10.0.0.2:51820"}; });
  wrong("handshake", "it tries 10.0.0.2:51820",
        [&] { shop.there.handshake_age_ms = 400'000, shop.there.endpoints = {"10.0.0.2:51820"}; });
  wrong("path", "no answer to 3 echoes", [&] { shop.reached.echoes = 0; });
  wrong("path", "prohibited by a firewall",
        [&] { shop.reached.echoes = 0, shop.reached.echo_failure = "prohibited by a firewall"; });
  wrong("path", "packets of 1420 bytes are lost", [&] { shop.reached.passes = 0; });
  wrong("port", "nothing listens", [&] { shop.reached.port = "refused", shop.back.listening.clear(); });
  wrong("port", "for the container itself only", [&] {
    shop.reached.port = "refused", shop.back.listening = {"127.0.0.1", "::1"};
  });
  wrong("port", "is refused", [&] { shop.reached.port = "refused"; });
  wrong("port", "what is sent there is dropped", [&] { shop.reached.port = "silent"; });
}

TEST_CASE("who shares no network is kept apart, and so are strangers' addresses") {
  Shop shop;
  Answering first(shop.world, shop.n1, [&](const api::Ask& ask) { return shop.act(ask); });
  const auto apart = shop.test("other/spy", "shop/db");
  CHECK(Shop::steps(apart) == "from network!");
  CHECK(apart.steps.back().text.find(
            "they share no network: other/spy-1 is on other.default, shop/db-1 on shop.default") == 0);
  CHECK(apart.steps.back().hint.find("network create") != std::string::npos);
  CHECK(Shop::steps(shop.test("other/spy", shop.address("db"))) == "from network!");
  CHECK(Shop::steps(shop.test("other/spy", "10.80.0.2")) == "from network!");  // a node's
  shop.resolved.is_ours = false;
  shop.resolved.failure = "there is no such name";
  shop.resolved.answers.clear();
  CHECK(Shop::steps(shop.test("other/spy", "db")) == "from name!");
  // Out of the cluster: its port says more than echoes, which many do not answer.
  shop.reached.echoes = 0;
  CHECK(Shop::steps(shop.test("shop/web", "192.0.2.7", 443)) == "from network port");
  CHECK(Shop::steps(shop.test("shop/web", "192.0.2.7")) == "from network path!");
}

TEST_CASE("who is not there, does not run or is asked for wrongly") {
  Shop shop;
  const auto ask = [&](const std::string& from, const std::string& to, std::int64_t port = 0) {
    return shop.world.as_admin(http::Method::post, test_url, codec::to_json(api::NetworkTestRequest{from, to, port}))
        .status;
  };
  CHECK(ask("shop/none", "shop/db") == 404);
  CHECK(ask("shop/web-7", "shop/db") == 404);
  CHECK(ask("shop/web", "shop/none") == 404);
  CHECK(ask("shop", "shop/db") == 400);
  CHECK(ask("shop/web", "") == 400);
  CHECK(ask("shop/web", "shop/db", 65536) == 400);
  CHECK(ask("shop/web", std::string(301, 'x')) == 400);
  CHECK(shop.world.as_nobody(http::Method::post, test_url, "{}").status == 401);
  CHECK(shop.world.as_node(shop.n1, http::Method::post, test_url, "{}").status == 403);

  model::InstanceStatus status{.state = model::InstanceState::failed, .message = "exited with status 3"};
  const auto report = codec::to_json(api::StatusRequest{{{*shop.instance("db").id, status}}});
  REQUIRE(shop.world.as_node(shop.n2, http::Method::post, std::string(api::paths::agent_statuses), report).status ==
          200);
  const auto down = shop.test("shop/web", "shop/db");
  CHECK(Shop::steps(down) == "from network member!");
  CHECK(down.steps.back().text == "shop/db-1 does not run, it is failed on n2: exited with status 3");
  CHECK(Shop::steps(shop.test("shop/db", "shop/web")) == "from!");
}

TEST_CASE("a node whose record is damaged is nobody to be asked") {
  Shop shop;
  const auto damaged = shop.world.store_->commit({.puts = {{store::nodes.key("default/" + shop.n1.id), "1 nonsense"}}});
  REQUIRE(damaged);
  shop.world.views_.await(*damaged);
  const auto told = shop.test("shop/web", "192.0.2.7");
  CHECK_FALSE(told.ok);
  CHECK(told.steps.back().text.find("of shop/web-1 is not known") != std::string::npos);
}
