#include "harness.h"
#include "kontena/api/policies.h"

namespace kontena::server {
namespace {

const std::string projects = "/v1/grids/default/projects/";

std::string deploy_of(auto&& change) {
  model::ServiceSpec web{.name = "web", .image = "nginx"};
  change(web);
  api::DeployRequest request;
  request.spec.services["web"] = web;
  return codec::to_json(request);
}

std::string plain(std::int64_t replicas = 1, std::int64_t memory = 0) {
  return deploy_of([&](auto& s) {
    s.replicas = replicas;
    s.limits.memory_bytes = memory;
  });
}

std::string privileged() {
  return deploy_of([](auto& s) { s.options.emplace().privileged = true; });
}

struct Shop : World {
  Shop() { REQUIRE(as_admin(http::Method::put, projects + "shop").status == 201); }
  http::Response deploy(const std::string& body, const std::string& stack = "web") {
    return as_admin(http::Method::put, projects + "shop/stacks/" + stack, body);
  }
  http::Response set(const api::PolicyChange& change, const std::string& path = projects + "shop/policy") {
    return as_admin(http::Method::post, path, codec::to_json(change));
  }
};

}  // namespace

TEST_CASE("a project may have of its hosts what its policy says, and no more") {
  Shop world;
  CHECK(world.deploy(plain()).status == 200);
  const http::Response refused = world.deploy(privileged(), "root");
  CHECK(refused.status == 403);
  CHECK(refused.body.find("services.web.privileged: project 'shop' may not use privileged containers") != std::string::npos);
  CHECK(world.as_admin(http::Method::put, stack_url("root"), privileged()).status == 200);  // in the project default
  REQUIRE(world.set({.allow = {{"privileged", true}}}).status == 200);
  CHECK(world.deploy(privileged(), "root").status == 200);
  REQUIRE(world.set({.allow = {{"privileged", false}}}, "/v1/grids/default/policy").status == 200);
  CHECK(world.deploy(privileged(), "other").status == 403);
  CHECK(world.as_admin(http::Method::put, stack_url("other"), privileged()).status == 403);
  REQUIRE(world.set({.allow = {{"privileged", std::nullopt}}}, "/v1/grids/default/policy").status == 200);
  CHECK(world.deploy(privileged(), "other").status == 200);
  CHECK(world.set({.allow = {{"all", true}}}).status == 400);
  const auto shown = world.read<api::PolicyAnswer>(world.as_admin(http::Method::get, projects + "shop/policy"));
  CHECK(shown.allow.at("privileged"));
  CHECK(!shown.allow.at("binds"));
  CHECK(shown.own.allow.size() == 1);
}

TEST_CASE("quotas hold for deploys and for scaling") {
  Shop world;
  REQUIRE(world.set({.quotas = {{"instances", 3}, {"memory", 300 << 20}, {"stacks", 2}}}).status == 200);
  CHECK(world.deploy(plain(1)).status == 403);  // without a limit
  CHECK(world.deploy(plain(2, 100 << 20)).status == 200);
  const http::Response scaled = world.as_admin(http::Method::post, projects + "shop/stacks/web/services/web/scale", R"({"replicas":4})");
  CHECK(scaled.status == 403);
  CHECK(scaled.body.find("a quota of 3 instances, and with this it would have 4: 1 too much") != std::string::npos);
  CHECK(world.as_admin(http::Method::post, projects + "shop/stacks/web/services/web/scale", R"({"replicas":3})").status == 200);
  CHECK(world.deploy(plain(1, 100 << 20), "two").status == 403);
  // Less is possible also where it is too much still.
  REQUIRE(world.set({.quotas = {{"instances", 1}}}).status == 200);
  CHECK(world.as_admin(http::Method::post, projects + "shop/stacks/web/services/web/scale", R"({"replicas":2})").status == 200);
  const auto shown = world.read<api::PolicyAnswer>(world.as_admin(http::Method::get, projects + "shop/policy"));
  CHECK(shown.used.at("instances") == 2);
  CHECK(shown.quotas.at("instances") == 1);
}

TEST_CASE("of two deploys at once that are too much together, one is refused") {
  Shop world;
  REQUIRE(world.set({.quotas = {{"stacks", 1}}}).status == 200);
  const auto before = world.views_.now()->projects.find("default/shop")->revision;
  REQUIRE(world.deploy(plain()).status == 200);
  CHECK(world.views_.now()->projects.find("default/shop")->revision > before);  // what the other one rests on
  CHECK(world.deploy(plain(), "two").status == 403);
}

TEST_CASE("what was given in a project goes with it") {
  Shop world;
  const std::string ann = world.make_user("ann", "viewer", "default/shop");
  const std::string bob = world.make_user("bob", "viewer", "default");
  REQUIRE(world.set({.allow = {{"privileged", true}}}).status == 200);
  REQUIRE(world.with_token(ann, http::Method::get, projects + "shop/stacks").status == 200);
  REQUIRE(world.as_admin(http::Method::del, projects + "shop").status == 200);
  REQUIRE(world.as_admin(http::Method::put, projects + "shop").status == 201);
  CHECK(world.with_token(ann, http::Method::get, projects + "shop/stacks").status == 404);
  CHECK(world.with_token(bob, http::Method::get, projects + "shop/stacks").status == 200);
  CHECK(world.deploy(privileged()).status == 403);
}

TEST_CASE("no project reaches the volumes of another by their names") {
  Shop world;
  const auto with_volume = [](const std::string& name, bool external) {
    api::DeployRequest request;
    model::ServiceSpec web{.name = "web", .image = "nginx"};
    web.mounts = {{.kind = model::MountKind::volume, .source = "data", .target = "/in"}};
    request.spec.services["web"] = web;
    request.spec.volumes["data"] = {.name = name, .external = external};
    return codec::to_json(request);
  };
  REQUIRE(world.set({.allow = {{"binds", true}}}).status == 200);
  REQUIRE(world.as_admin(http::Method::put, projects + "bank").status == 201);
  const World::Node node = world.join("n1");
  REQUIRE(world.as_admin(http::Method::put, stack_url("db"), with_volume("", false)).status == 200);
  world.settle();
  REQUIRE(world.views_.now()->volumes.get("default/default/db.data"));
  CHECK(world.deploy(with_volume("bank.db.data", true)).status == 403);
  CHECK(world.deploy(with_volume("db.data", true)).status == 403);
  CHECK(world.as_admin(http::Method::put, stack_url("thief"), with_volume("bank.db.data", false)).status == 403);
  CHECK(world.deploy(with_volume("anything", true)).status == 200);
  // A name that people give is their project's.
  REQUIRE(world.deploy(with_volume("bank.db.data", false), "own").status == 200);
  world.settle();
  CHECK(world.views_.now()->volumes.get("default/shop/shop.bank.db.data"));
  CHECK(world.as_admin(http::Method::put, projects + "db").status == 409);
}

}  // namespace kontena::server
