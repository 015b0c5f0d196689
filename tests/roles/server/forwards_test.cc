// Where logs are sent on to: made, told to agents, gone with its place.
#include "kontena/api/forwards.h"

#include "controllers/unused_blobs.h"
#include "two_projects.h"

namespace kontena::server {
namespace {

const std::string of_grid = "/v1/grids/default/forwards", of_project = "/v1/grids/default/projects/blue/forwards";

std::string to(const std::string& url, const std::string& ca = "") { return R"({"to":")" + url + R"(","ca_pem":")" + ca + "\"}"; }

api::AgentForwards told(World& world, const World::Node& node, const std::string& has = "") {
  return world.read<api::AgentForwards>(world.as_node(node, get, std::string(api::paths::agent_forwards) + "?has=" + has));
}

}  // namespace

TEST_CASE("forwards of grid and project are made, changed, listed, told to agents and removed") {
  Two world;
  const api::AgentForwards none = told(world, world.node);
  CHECK(none.forwards.empty());
  CHECK(world.as_admin(put, of_grid + "/all", to("otlp+https://otel.example")).status == 201);
  CHECK(world.as_admin(put, of_project + "/siem", to("syslog+tcp://logs")).status == 201);
  CHECK(world.as_admin(put, of_project + "/siem", to("syslog+tcp://logs:700")).status == 200);
  const auto listed = world.read<api::ForwardList>(world.as_admin(get, of_project));
  REQUIRE(listed.forwards.size() == 1);
  CHECK(listed.forwards[0].to == "syslog+tcp://logs:700");
  CHECK(world.read<api::ForwardList>(world.as_admin(get, of_grid)).forwards.at(0).to == "otlp+https://otel.example:4318/v1/logs");
  const api::AgentForwards both = told(world, world.node, none.digest);
  REQUIRE(both.forwards.size() == 2);
  CHECK(both.forwards[0] == api::AgentForward{"", "all", "otlp+https://otel.example:4318/v1/logs", "", "", {}});
  CHECK(both.forwards[1] == api::AgentForward{"blue", "siem", "syslog+tcp://logs:700", "", "", {}});
  CHECK(both.digest != none.digest);
  CHECK(world.as_admin(del, of_project + "/siem").status == 200);
  CHECK(world.as_admin(del, of_project + "/siem").status == 404);
  CHECK(told(world, world.node, both.digest).forwards.size() == 1);
}

TEST_CASE("what is no place to forward to is refused") {
  Two world;
  CHECK(world.as_admin(put, of_grid + "/a", to("ftp://there")).status == 400);
  CHECK(world.as_admin(put, of_grid + "/a", to("syslog+tcp://user@there")).status == 400);
  CHECK(world.as_admin(put, of_grid + "/A_", to("syslog+tcp://there")).status == 400);
  CHECK(world.as_admin(put, of_grid + "/a", to("syslog+tls://there", "no certificate")).status >= 400);
  CHECK(world.as_admin(put, of_grid + "/a", to("syslog+tcp://there", "no certificate")).status == 400);
  CHECK(world.as_admin(put, "/v1/grids/default/projects/nowhere/forwards/a", to("syslog+tcp://there")).status == 404);
  for (int i = 0; i < 8; ++i) CHECK(world.as_admin(put, of_grid + "/f" + std::to_string(i), to("syslog+tcp://there")).status == 201);
  CHECK(world.as_admin(put, of_grid + "/f8", to("syslog+tcp://there")).status == 409);
  CHECK(world.as_admin(put, of_grid + "/f7", to("syslog+tcp://elsewhere")).status == 200);
}

TEST_CASE("a project that is made anew under an old name has none of its forwards") {
  Two world;
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/green").status == 201);
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/green/forwards/siem", to("syslog+tcp://logs")).status == 201);
  REQUIRE(told(world, world.node).forwards.size() == 1);
  REQUIRE(world.as_admin(del, "/v1/grids/default/projects/green").status == 200);
  CHECK(told(world, world.node).forwards.empty());
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/green").status == 201);
  CHECK(told(world, world.node).forwards.empty());
}

TEST_CASE("headers are sealed, told to agents alone, and gone with their forward") {
  Two world;
  const auto with = [](const std::string& url, const std::string& value) {
    return R"({"to":")" + url + R"(","ca_pem":"","headers":{"authorization":")" + value + R"(","x-tenant":"planted-7"}})";
  };
  const auto sealed = [&] { return world.store_->list(sealed_secrets.key("default/blue/"))->entries.size(); };
  std::size_t before = sealed();
  const auto made = world.as_admin(put, of_project + "/otel", with("otlp+https://otel", "planted key"));
  REQUIRE(made.status == 201);
  CHECK(sealed() == before + 1);
  const auto first = told(world, world.node);
  CHECK(first.forwards.at(0).headers == std::map<std::string, std::string>{{"authorization", "planted key"}, {"x-tenant", "planted-7"}});
  // To nobody else, and nowhere in clear.
  const auto listed = world.as_admin(get, of_project);
  CHECK(world.read<api::ForwardList>(listed).forwards.at(0).headers == std::vector<std::string>{"authorization", "x-tenant"});
  CHECK(made.body.find("planted") == std::string::npos);
  CHECK(listed.body.find("planted") == std::string::npos);
  const auto kept = world.store_->list("");
  REQUIRE(kept);
  for (const store::Entry& entry : kept->entries) CHECK_MESSAGE(entry.value.find("planted") == std::string::npos, entry.key);
  // What nothing names goes; what a forward names stays.
  UnusedBlobs unused(world.context_);
  world.clock_.advance(std::chrono::hours(24 * 60));
  unused.tick();
  before = 0;  // the one that no deploy has used
  CHECK(sealed() == 1);
  CHECK(told(world, world.node).forwards.at(0).headers.at("authorization") == "planted key");
  // Another value is news to the agents; without headers what was sealed goes.
  REQUIRE(world.as_admin(put, of_project + "/otel", with("otlp+https://otel", "planted other")).status == 200);
  const auto second = told(world, world.node, first.digest);
  CHECK(second.digest != first.digest);
  CHECK(second.forwards.at(0).headers.at("authorization") == "planted other");
  CHECK(sealed() == before + 1);
  REQUIRE(world.as_admin(put, of_project + "/otel", with("otlp+https://elsewhere", "planted other")).status == 200);
  CHECK(sealed() == before + 1);
  REQUIRE(world.as_admin(put, of_project + "/otel", to("otlp+https://otel")).status == 200);
  CHECK(told(world, world.node).forwards.at(0).headers.empty());
  CHECK(sealed() == before);
  REQUIRE(world.as_admin(put, of_project + "/otel", with("otlp+https://otel", "planted key")).status == 200);
  REQUIRE(world.as_admin(del, of_project + "/otel").status == 200);
  CHECK(sealed() == before);
  for (const std::string& wrong : {with("syslog+tls://logs", "planted"), with("otlp+https://otel", "planted\\nx: y"), with("otlp+https://otel", "")}) {
    const auto refused = world.as_admin(put, of_project + "/otel", wrong);
    CHECK(refused.status == 400);
    CHECK(refused.body.find("planted") == std::string::npos);
  }
}

TEST_CASE("what nodes have trouble with is told with the forward, of its own place and by those who may see it") {
  Two world;
  REQUIRE(world.as_admin(put, of_project + "/siem", to("syslog+tcp://logs")).status == 201);
  REQUIRE(world.as_admin(put, of_grid + "/siem", to("syslog+tcp://all")).status == 201);
  const auto tell = [&](const std::string& troubles) {
    return world.as_node(world.node, post, std::string(api::paths::agent_forwards), R"({"troubles":[)" + troubles + "]}").status;
  };
  CHECK(tell(R"({"project":"blue","name":"siem","error":"connection refused","dropped_lines":120},{"project":"blue","name":"gone","error":"x","dropped_lines":0})") == 200);
  const auto of = [&](const std::string& place) { return world.read<api::ForwardList>(world.as_admin(get, place)).forwards.at(0).troubles; };
  REQUIRE(of(of_project).size() == 1);
  CHECK(of(of_project)[0].node == "n1");
  CHECK(of(of_project)[0].error == "connection refused");
  CHECK(of(of_project)[0].dropped_lines == 120);
  CHECK(of(of_grid).empty());
  CHECK(world.as_ann(get, of_project).status == 404);
  CHECK(tell("") == 200);
  CHECK(of(of_project).empty());
  CHECK(tell(R"({"project":"blue","name":"siem","error":")" + std::string(201, 'x') + R"(","dropped_lines":0})") == 400);
  std::string many;
  for (int i = 0; i < 33; ++i) many += std::string(i ? "," : "") + R"({"project":"","name":"a","error":"","dropped_lines":1})";
  CHECK(tell(many) == 400);
  CHECK(of(of_project).empty());
}

}  // namespace kontena::server
