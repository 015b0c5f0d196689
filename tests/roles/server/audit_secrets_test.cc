// Nothing of a request's body comes into the audit trail, whatever route it is for.
#include <algorithm>

#include "harness.h"
#include "kontena/store/trail.h"

namespace kontena::server {
namespace {

constexpr std::string_view planted = "Planted.Secret:42";

std::string filled(std::string_view pattern) {
  std::string path(pattern);
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    const std::string name = path.substr(open + 1, path.find('}') - open - 1);
    path.replace(open, name.size() + 2,
                 name == "stack"     ? "shop"
                 : name == "service" ? "web"
                 : name == "node"    ? "n1"
                                     : "default");
  }
  return path;
}

// Where a route has no body here, this: it is refused, with secrets in it.
constexpr std::string_view any_body =
    R"({"name":"x","password":"x","old_password":"x","description":"x","value":"x","code":"x","token":"x","server":"x","username":"x","text":"x"})";

std::string body_for(const Route& route) {
  if (route.path == api::paths::stack) {
    auto web = service("web");
    web.environment = {{"PASSWORD", "x"}};
    web.labels = {{"some.label", "x"}};
    web.command = {{"sh", "-c", "x"}};
    return deploy_body({web});
  }
  if (route.path == api::paths::tokens)
    return codec::to_json(api::TokenRequest{.description = "x", .grid = "default", .labels = {{"zone", "x"}}});
  if (route.path == api::paths::node_labels) return R"({"set":{"zone":"x"},"remove":["x"]})";
  if (route.path == api::paths::service_scale) return R"({"replicas":2})";
  if (route.path == api::paths::networks) return R"({"name":"front","labels":{"a":"x"}})";
  if (route.path == api::paths::secrets) return "x";
  return std::string(any_body);
}

// The body, with the secret in place of each of its strings in turn, and of all of it.
std::vector<std::string> bodies(const std::string& body) {
  std::vector<std::string> all{std::string(planted), '"' + std::string(planted) + '"'};
  for (std::size_t at = body.find('"'); at != std::string::npos;) {
    const std::size_t end = body.find('"', at + 1);
    if (end == std::string::npos) break;
    std::string with = body;
    with.replace(at + 1, end - at - 1, planted);
    all.push_back(with);
    at = body.find('"', end + 1);
  }
  return all;
}

}  // namespace

TEST_CASE("a secret in any string of any request's body is not in the trail") {
  World world;
  world.join("n1");
  REQUIRE(world.as_admin(http::Method::put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  const std::string ann = world.make_user("ann", "viewer", "default/default");
  int sent = 0, done = 0;
  for (const Route& route : routes()) {
    if (route.audit.empty() || route.body.most == 0) continue;
    for (const std::string& body : bodies(body_for(route))) {
      CAPTURE(route.path);
      const int status = world.as_admin(route.method, filled(route.path), body).status;
      world.with_token(ann, route.method, filled(route.path), body);
      world.as_nobody(route.method, filled(route.path), body);
      ++sent;
      done += status < 300 ? 1 : 0;
    }
  }
  CHECK(sent > 50);
  CHECK(done > 3);  // some of it is as it may be
  REQUIRE(world.refusals_.flush(*world.store_, world.clock_, true));
  const auto listed = world.store_->list(store::trail_prefix);
  REQUIRE(listed);
  CHECK(listed->entries.size() > 10);
  for (const store::Entry& entry : listed->entries) CHECK(entry.value.find(planted) == std::string::npos);
}

}  // namespace kontena::server
