#include "metrics.h"

#include <doctest/doctest.h>

#include "kontena/base/files.h"
#include "kontena/http/client.h"
#include "metrics_listener.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* secret = "a-token-of-some-length";

// What it is given by who trusts `authority` alone; the status 0 where that is not whom it meets.
int scrape(const MetricsListener& listener, const std::string& authority, std::string* body = nullptr) {
  const auto client = http::connect({.url = "https://127.0.0.1:" + std::to_string(listener.port()), .ca_pem = authority});
  http::Request request{.path = "/metrics"};
  request.headers["authorization"] = std::string("Bearer ") + secret;
  const auto response = client->send(request, Duration(10'000));
  if (response && body) *body = response->body;
  return response ? response->status : 0;
}

struct Place {
  TempFolder folder;
  SystemClock clock;
  std::string token = folder / "token";
  Place() { REQUIRE(files::write(token, std::string(secret) + '\n', 0600)); }
  std::unique_ptr<MetricsListener> listener(const std::string& certificate = {}, const std::string& key = {}) {
    return std::make_unique<MetricsListener>(MetricsOptions{{"127.0.0.1", 0, token}, certificate, key}, folder / "metrics", clock,
                                             [] { return std::string("a 1\n"); });
  }
};

}  // namespace

TEST_CASE("Prometheus hears of the node, and of each instance of it with the names it has for people") {
  World world;
  auto second = assignment("i2", "worker", 3);
  second.desired = model::Desired::stopped;
  world.assign({assignment("i1"), second});
  world.settle();
  world.state.change([](State& s) {
    s.work["i1"].history.restarts = 4;
    s.server_away = true;
  });
  const std::string text = metrics_text(world.context, "node-1", nullptr);
  const std::string web = "{grid=\"main\",project=\"default\",stack=\"shop\",service=\"web\",slot=\"1\",instance=\"i1\",node=\"node-1\"} ";
  CHECK(has(text, "# TYPE kontena_instance_restarts_total counter\n"));
  CHECK(has(text, "kontena_instance_restarts_total" + web + "4\n"));
  CHECK(has(text, "service=\"worker\",slot=\"3\",instance=\"i2\",node=\"node-1\"} 0\n"));
  CHECK(has(text, "kontena_agent_server_heard{grid=\"main\",node=\"node-1\"} 0\n"));
  CHECK(has(text, "kontena_agent_engine_heard{grid=\"main\",node=\"node-1\"} 1\n"));
  CHECK(has(text, "kontena_node_cpu_seconds_total{grid=\"main\",node=\"node-1\"} "));
  CHECK_FALSE(has(text, "kontena_node_memory_bytes{grid=\"main\",node=\"node-1\"} 0\n"));
  CHECK_FALSE(has(text, "kontena_agent_logs"));  // nothing is shipped
}

TEST_CASE("Prometheus trusts an authority of the node's own, which outlasts the agent") {
  Place place;
  std::string body, authority;
  {
    const auto listener = place.listener();
    listener->tick();
    REQUIRE(listener->port() != 0);
    authority = *files::read(place.folder / "metrics/ca.pem");
    CHECK(scrape(*listener, authority, &body) == 200);
    CHECK(body == "a 1\n");
    listener->tick();
    CHECK(scrape(*listener, authority) == 200);
  }
  const auto again = place.listener();
  again->tick();
  CHECK(scrape(*again, authority) == 200);
  CHECK(files::check_private(place.folder / "metrics/ca.key", "the key"));
}

TEST_CASE("a certificate that is given as files is shown, and another one once they are replaced") {
  Place place;
  const std::string certificate = place.folder / "cert.pem", key = place.folder / "key.pem";
  const auto make = [&] {
    const Time now = place.clock.now();
    const auto authority = pki::Authority::create("test", now, std::chrono::hours(1));
    const auto pair = authority->issue_server({"127.0.0.1"}, now, std::chrono::hours(1));
    REQUIRE(files::write(key, pair->key_pem.reveal(), 0600));
    REQUIRE(files::write(certificate, pair->certificate_pem, 0644));
    return authority->own().certificate_pem;
  };
  const auto listener = place.listener(certificate, key);
  listener->tick();
  CHECK(listener->port() == 0);  // there is none yet
  const std::string first = make();
  listener->tick();
  REQUIRE(listener->port() != 0);
  CHECK(scrape(*listener, first) == 200);
  const std::string old_key = *files::read(key);
  const std::string second = make();
  const std::string new_key = *files::read(key);
  REQUIRE(files::write(key, old_key, 0600));
  listener->tick();
  CHECK(scrape(*listener, first) == 200);  // the two do not belong together: as it was
  REQUIRE(files::write(key, new_key, 0600));
  listener->tick();
  CHECK(scrape(*listener, second) == 200);
  CHECK(scrape(*listener, first) == 0);
  CHECK_FALSE(files::exists(place.folder / "metrics"));
}

TEST_CASE("where the token is wrong nobody listens, and it is tried again") {
  Place place;
  REQUIRE(files::write(place.token, "short", 0600));
  const auto listener = place.listener();
  listener->tick();
  CHECK(listener->port() == 0);
  REQUIRE(files::write(place.token, secret, 0600));
  listener->tick();
  CHECK(listener->port() != 0);
}
