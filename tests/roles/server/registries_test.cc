// Credentials of registries: who gives them, and which nodes get them.
#include "kontena/api/secrets.h"

#include "harness.h"

namespace kontena::server {
namespace {

using enum http::Method;

const std::string of_grid = "/v1/grids/default/registries", of_project = "/v1/grids/default/projects/default/registries";

int login(World& world, const std::string& url, const std::string& user, const std::string& password) {
  return world.as_admin(put, url, codec::to_json(api::RegistryRequest{user, password, true})).status;
}

http::Response deploy_image(World& world, const std::string& image, const std::string& stack = "shop", const std::string& in = "default") {
  model::ServiceSpec web = service("web");
  web.image = image;
  return world.as_admin(put, "/v1/grids/default/projects/" + in + "/stacks/" + stack, deploy_body({web}));
}

std::string instance_of(World& world, const std::string& in = "default") {
  for (const auto& each : world.instances())
    if (each.project == in) return *each.id;
  return "none";
}

api::RegistryCredentials asked(World& world, const World::Node& node, const std::string& image, const std::string& in = "default") {
  return world.read<api::RegistryCredentials>(world.as_node(node, get, "/v1/agent/instances/" + instance_of(world, in) + "/registry?image=" + image));
}

}  // namespace

TEST_CASE("a node gets the credentials of the registry that its own instance's image is from, and no other") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(login(world, of_project + "/r.example:5000", "ci", "hush-1") == 201);
  REQUIRE(login(world, of_project + "/other.example", "ci", "hush-2") == 201);
  REQUIRE(deploy_image(world, "r.example:5000/team/app:1").status == 200);
  world.run({node});
  const auto got = asked(world, node, "r.example:5000/team/app:1");
  CHECK(got.user == "ci");
  CHECK(got.password == "hush-1");
  CHECK(got.registry == "r.example:5000");
  const auto refused = [&](const World::Node& who, const std::string& image, const std::string& instance) {
    return world.as_node(who, get, "/v1/agent/instances/" + instance + "/registry?image=" + image).status == 404;
  };
  CHECK(refused(node, "other.example/x:1", instance_of(world)));  // an image that it does not have
  CHECK(refused(node, "r.example:5000/team/app:1", "0123456789ab"));
  const auto another = world.join("n2");
  CHECK(refused(another, "r.example:5000/team/app:1", instance_of(world)));
  for (const std::string& url : {of_project, of_grid, stack_url("shop"), std::string("/v1/audit")})
    CHECK(world.as_admin(get, url).body.find("hush") == std::string::npos);
  const auto listed = world.store_->list("");
  REQUIRE(listed);
  for (const auto& entry : listed->entries) CHECK(entry.value.find("hush") == std::string::npos);
}

TEST_CASE("a project's own credentials go before the grid's, which serve all projects") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank").status == 201);
  REQUIRE(login(world, of_grid + "/docker.io", "grid", "of-grid") == 201);
  REQUIRE(login(world, of_project + "/docker.io", "mine", "of-project") == 201);
  REQUIRE(deploy_image(world, "nginx:1").status == 200);
  REQUIRE(deploy_image(world, "nginx:1", "shop", "bank").status == 200);
  world.run({node});
  CHECK(asked(world, node, "nginx:1").password == "of-project");
  CHECK(asked(world, node, "nginx:1", "bank").password == "of-grid");
  REQUIRE(world.as_admin(del, of_project + "/docker.io").status == 200);
  CHECK(asked(world, node, "nginx:1").password == "of-grid");
  REQUIRE(world.as_admin(del, of_grid + "/docker.io").status == 200);
  CHECK(asked(world, node, "nginx:1").registry.empty());
  CHECK(world.store_->list(sealed_secrets.key(""))->entries.empty());
  CHECK(world.as_admin(del, of_grid + "/docker.io").status == 404);
}

TEST_CASE("who may what of registries, and what is no registry") {
  World world;
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank").status == 201);
  const std::string deployer = world.make_user("dan", "deployer", "default/default"), chief = world.make_user("pia", "project-admin", "default/default");
  const std::string body = R"({"user":"u","password":"p"})";
  CHECK(world.with_token(deployer, put, of_project + "/r.example", body).status == 403);
  CHECK(world.with_token(chief, put, of_project + "/r.example", body).status == 201);
  CHECK(world.with_token(chief, put, of_grid + "/r.example", body).status == 403);
  CHECK(world.with_token(chief, put, "/v1/grids/default/projects/bank/registries/r.example", body).status == 404);
  REQUIRE(world.as_admin(put, of_grid + "/g.example", R"({"user":"secretive","password":"p"})").status == 201);
  const auto seen = world.with_token(chief, get, of_project).body;
  CHECK(seen.find("g.example") != std::string::npos);
  CHECK(seen.find("secretive") == std::string::npos);  // the grid's own business
  for (const char* wrong : {"nodots", "UPPER.example", "r.example%2Fx", "r.example:x y"})
    CHECK(world.as_admin(put, of_project + '/' + wrong, body).status >= 400);
  CHECK(world.as_admin(put, of_project + "/r.example", R"({"user":"a:b","password":"p"})").status == 400);
  CHECK(world.as_admin(put, of_project + "/r.example", R"({"user":"a","password":""})").status == 400);
  CHECK(world.as_admin(put, of_project + "/r.example", R"({"user":"a","password":"x\ny"})").status == 400);
  CHECK(world.as_admin(put, of_project + "/localhost:5000", body).status == 201);
  // With its project they go.
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank/registries/b.example", body).status == 201);
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank/secrets/x", "hush").status == 201);
  REQUIRE(world.as_admin(del, "/v1/grids/default/projects/bank").status == 200);
  CHECK(world.views_.now()->registries.get("default/bank/b.example") == nullptr);
  CHECK(world.views_.now()->secrets.get("default/bank/x") == nullptr);
}

}  // namespace kontena::server
