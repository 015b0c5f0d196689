// Where logs are sent on to: made, told to agents, gone with its place.
#include "kontena/api/forwards.h"

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
  CHECK(both.forwards[0] == api::AgentForward{"", "all", "otlp+https://otel.example:4318/v1/logs", ""});
  CHECK(both.forwards[1] == api::AgentForward{"blue", "siem", "syslog+tcp://logs:700", ""});
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

}  // namespace kontena::server
