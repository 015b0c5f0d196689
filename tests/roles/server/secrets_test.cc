// Named secrets: who may what, what deploys take, what a new value rolls, and what stays.
#include "kontena/api/secrets.h"

#include "controllers/unused_blobs.h"
#include "harness.h"
#include "kontena/rollout/diff.h"
#include "reseal.h"

namespace kontena::server {
namespace {

using enum http::Method;

const std::string project = "/v1/grids/default/projects/default";
std::string secret_url(const std::string& name, const std::string& more = "") { return project + "/secrets/" + name + more; }

http::Response set(World& world, const std::string& name, const std::string& value, const std::string& more = "") {
  return world.as_admin(put, secret_url(name, more), value);
}

api::DeployRequest request_of(const std::string& file_secret, const std::string& variable_secret) {
  model::ServiceSpec web = service("web"), other = service("other");
  model::StackSpec spec{.name = "shop", .networks = {{"default", {}}}};
  if (!file_secret.empty()) {
    spec.secrets["key"] = {.name = file_secret, .external = true};
    web.files = {{.secret = true, .source = "key", .target = "/run/secrets/key"}};
  }
  if (!variable_secret.empty()) web.env_secrets = {{"PASSWORD", variable_secret, ""}};
  spec.services = {{"web", web}, {"other", other}};
  return {spec, -1};
}

http::Response deploy_of(World& world, const api::DeployRequest& request, const std::string& token = "") {
  return world.with_token(token.empty() ? world.admin_ : token, put, stack_url("shop"), codec::to_json(request));
}

api::SecretDetail detail(World& world, const std::string& name) {
  return world.read<api::SecretDetail>(world.as_admin(get, secret_url(name)));
}

model::ServiceSpec web_of(World& world) { return world.views_.now()->services.get("default/default/shop/web")->spec; }

bool says(const http::Response& response, const std::string& words) { return response.body.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("a secret has versions, and its value is given to who may read it, with a trace") {
  World world;
  const auto first = world.read<api::SecretSet>(set(world, "db", "one"));
  CHECK(first.version == 1);
  CHECK(first.changed);
  CHECK_FALSE(world.read<api::SecretSet>(set(world, "db", "one")).changed);
  CHECK(world.read<api::SecretSet>(set(world, "db", "two")).version == 2);
  CHECK(detail(world, "db").versions.size() == 2);
  CHECK(detail(world, "db").versions.front().bytes == 3);
  CHECK(world.as_admin(get, secret_url("db", "/value")).body == "two");
  CHECK(world.as_admin(get, secret_url("db", "/value?version=1")).body == "one");
  CHECK(world.as_admin(get, secret_url("db", "/value?version=7")).status == 404);
  CHECK(world.as_admin(get, secret_url("none", "/value")).status == 404);
  CHECK(says(world.as_admin(get, "/v1/audit?verb=secret.read"), "secrets/db/value"));
  CHECK_FALSE(says(world.as_admin(get, "/v1/audit"), "two"));
  CHECK(set(world, "", "x").status >= 400);
  CHECK(set(world, "..", "x").status == 400);
  CHECK(set(world, "db", "").status == 400);
  for (int i = 0; i < 20; ++i) REQUIRE(set(world, "db", "value " + std::to_string(i)).status < 300);
  CHECK(detail(world, "db").versions.size() == 10);
  CHECK(detail(world, "db").versions.front().version == 22);
  CHECK(world.as_admin(del, secret_url("db")).status == 200);
  CHECK(world.as_admin(get, secret_url("db")).status == 404);
}

TEST_CASE("who may what of secrets") {
  World world;
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank").status == 201);
  REQUIRE(set(world, "db", "hush").status == 201);
  const std::string viewer = world.make_user("vic", "viewer", "default/default"), deployer = world.make_user("dan", "deployer", "default/default");
  const std::string chief = world.make_user("pia", "project-admin", "default/default"), other = world.make_user("bob", "project-admin", "default/bank");
  const auto status = [&](const std::string& token, http::Method method, const std::string& url, const std::string& body = "") {
    return world.with_token(token, method, url, body).status;
  };
  CHECK(status(viewer, get, project + "/secrets") == 403);
  CHECK(status(viewer, get, secret_url("db")) == 403);
  CHECK(status(deployer, get, project + "/secrets") == 200);
  CHECK(status(deployer, put, secret_url("db"), "more") == 200);
  CHECK(status(deployer, get, secret_url("db", "/value")) == 403);
  CHECK(status(chief, get, secret_url("db", "/value")) == 200);
  // Of another project: as if there were no such project.
  for (const char* more : {"", "/value"}) CHECK(status(other, get, secret_url("db", more)) == 404);
  CHECK(status(other, put, secret_url("db"), "x") == 404);
  CHECK(status(other, del, secret_url("db")) == 404);
  const auto none = world.with_token(other, get, "/v1/grids/default/projects/bank/secrets");
  CHECK(none.body.find("db") == std::string::npos);
  // Names are a project's own.
  CHECK(status(other, put, "/v1/grids/default/projects/bank/secrets/db", "theirs") == 201);
  CHECK(world.as_admin(get, secret_url("db", "/value")).body == "more");
}

TEST_CASE("a deploy takes the newest version, as a file and as a variable, and no value is in what is stored") {
  World world;
  const auto node = world.join("n1");
  const auto refused = deploy_of(world, request_of("db", ""));
  CHECK(refused.status == 409);
  CHECK(says(refused, "the project has no secret 'db'"));
  CHECK(says(refused, "secret set db"));
  REQUIRE(set(world, "db", "hush-1").status == 201);
  REQUIRE(deploy_of(world, request_of("db", "db")).status == 200);
  const std::string digest = web_of(world).files.front().digest;
  CHECK(digest.starts_with("sha256:"));
  CHECK(web_of(world).env_secrets.front().digest == digest);
  world.run({node});
  CHECK(world.as_node(node, get, "/v1/agent/secrets/" + digest).body == "hush-1");
  const auto users = detail(world, "db").users;
  REQUIRE(users.size() == 2);
  CHECK(users[0].service == "web");
  CHECK(users[0].as == "file /run/secrets/key");
  CHECK(users[1].as == "variable PASSWORD");
  CHECK(users[0].version == 1);
  for (const std::string& url : {stack_url("shop"), stack_url("shop", "/history/1"), stack_url("shop", "/services/web"), secret_url("db"), project + "/secrets",
                                 std::string("/v1/audit")})
    CHECK_FALSE(says(world.as_admin(get, url), "hush-1"));
  const auto listed = world.store_->list("");
  REQUIRE(listed);
  for (const auto& entry : listed->entries) CHECK(entry.value.find("hush-1") == std::string::npos);
  // Removing it is refused, with who has it.
  const auto kept = world.as_admin(del, secret_url("db"));
  CHECK(kept.status == 409);
  CHECK(says(kept, "shop/web (file /run/secrets/key), shop/web (variable PASSWORD)"));
  CHECK(world.as_admin(put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  CHECK(world.as_admin(del, secret_url("db")).status == 200);
}

TEST_CASE("a changed secret rolls who uses it, and nobody else") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(set(world, "db", "one").status == 201);
  REQUIRE(set(world, "idle", "one").status == 201);
  REQUIRE(deploy_of(world, request_of("db", "")).status == 200);
  world.run({node});
  const auto was = web_of(world);
  const auto instances_of = [&](const std::string& name) {
    std::string ids;
    for (const auto& each : world.instances())
      if (each.service == name) ids += *each.id;
    return ids;
  };
  const std::string web = instances_of("web"), other = instances_of("other");
  CHECK(world.read<api::SecretSet>(set(world, "idle", "two")).deployments.empty());
  CHECK(world.read<api::SecretSet>(set(world, "db", "two", "?roll=false")).deployments.empty());
  CHECK(detail(world, "db").users.front().version == 1);
  CHECK(detail(world, "db").versions[1].in_use);
  const auto rolled = world.read<api::SecretSet>(set(world, "db", "three"));
  REQUIRE(rolled.deployments.size() == 1);
  CHECK(rolled.deployments.front().stack == "shop");
  CHECK(rolled.deployments.front().action == "secret db");
  CHECK(rollout::diff(was, web_of(world)) == rollout::Difference::recreate);
  world.run({node});
  CHECK(instances_of("web") != web);
  CHECK(instances_of("other") == other);
  const std::string digest = web_of(world).files.front().digest;
  CHECK(world.as_node(node, get, "/v1/agent/secrets/" + digest).body == "three");
  CHECK(world.as_node(node, get, "/v1/agent/secrets/" + was.files.front().digest).status == 404);  // it has no instance of that now
  CHECK(detail(world, "db").users.front().version == 3);
  // Deploying the same file again is no change, and undoes nothing.
  CHECK(world.read<api::DeployAnswer>(deploy_of(world, request_of("db", ""))).changed.empty());
}

TEST_CASE("a deployer without secrets.use gets none, by no way") {
  World world;
  REQUIRE(set(world, "db", "hush").status == 201);
  REQUIRE(world.as_admin(put, "/v1/roles/plain", R"({"description":"","verbs":["view","deploy"]})").status < 300);
  const std::string plain = world.make_user("pat", "plain", "default/default");
  CHECK(deploy_of(world, request_of("db", ""), plain).status == 403);
  CHECK(deploy_of(world, request_of("", "db"), plain).status == 403);
  CHECK(deploy_of(world, request_of("", "none"), plain).status == 403);  // whether it is there or not
  REQUIRE(deploy_of(world, request_of("db", "")).status == 200);
  // Its digest stands in the spec: it opens nothing for who brings it as a deploy's own.
  auto stolen = request_of("", "");
  stolen.spec.secrets["key"] = {.digest = web_of(world).files.front().digest};
  stolen.spec.services["web"].files = {{.secret = true, .source = "key", .target = "/run/secrets/key"}};
  CHECK(deploy_of(world, stolen, plain).status == 409);
  auto variable = request_of("", "");
  variable.spec.services["web"].env_secrets = {{"X", "", web_of(world).files.front().digest}};
  CHECK(deploy_of(world, variable, plain).status == 403);
  CHECK(deploy_of(world, variable).status == 409);
}

TEST_CASE("what a variable cannot hold is refused as one") {
  World world;
  REQUIRE(set(world, "bytes", std::string("a\0b", 3)).status == 201);
  REQUIRE(set(world, "latin", "caf\xe9").status == 201);
  REQUIRE(set(world, "text", "café \"x\"\n").status == 201);
  CHECK(says(deploy_of(world, request_of("", "bytes")), "is no text"));
  CHECK(deploy_of(world, request_of("", "latin")).status == 409);
  CHECK(deploy_of(world, request_of("bytes", "")).status == 200);
  CHECK(deploy_of(world, request_of("", "text")).status == 200);
  auto twice = request_of("", "text");
  twice.spec.services["web"].environment["PASSWORD"] = "x";
  CHECK(says(deploy_of(world, twice), "given twice"));
}

TEST_CASE("old versions stay while a revision has them, and go then") {
  World world;
  const auto node = world.join("n1");
  world.context_.keep_revisions = 1;
  REQUIRE(set(world, "db", "one").status == 201);
  REQUIRE(deploy_of(world, request_of("db", "")).status == 200);
  world.run({node});
  const std::string first = sealed_secrets.key(secret_tail("default/default", web_of(world).files.front().digest));
  for (int i = 0; i < 12; ++i) REQUIRE(set(world, "db", "value " + std::to_string(i), "?roll=false").status < 300);
  CHECK(detail(world, "db").versions.back().version == 1);  // the eleventh oldest, which a service has
  UnusedBlobs unused(world.context_);
  const auto there = [&] { return world.store_->get(first)->has_value(); };
  world.clock_.advance(std::chrono::hours(24));
  unused.tick();
  CHECK(there());
  REQUIRE(set(world, "db", "last").status < 300);
  world.run({node});
  REQUIRE(set(world, "db", "very last").status < 300);
  world.run({node});
  world.clock_.advance(std::chrono::hours(24));
  unused.tick();
  CHECK_FALSE(there());
}

TEST_CASE("a vault that is locked refuses uses, says so, and lets all else go on") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(set(world, "db", "hush").status == 201);
  REQUIRE(deploy_of(world, request_of("db", "")).status == 200);
  world.run({node});
  const std::string digest = web_of(world).files.front().digest;
  world.vault_ = Vault(Error{Code::failed_precondition, "secrets cannot be used: the key is not there", "put it back"});
  const auto refused = [&](const http::Response& response) { return response.status == 409 && says(response, "the key is not there"); };
  CHECK(refused(set(world, "db", "more")));
  CHECK(refused(world.as_admin(get, secret_url("db", "/value"))));
  CHECK(refused(deploy_of(world, request_of("db", ""))));
  CHECK(refused(world.as_node(node, get, "/v1/agent/secrets/" + digest)));
  CHECK(refused(world.as_admin(put, project + "/registries/r.example", R"({"user":"u","password":"p"})")));
  CHECK(says(world.as_admin(get, "/v1/problems"), "the key is not there"));
  const auto key = world.read<api::MasterKey>(world.as_admin(get, "/v1/master-key"));
  CHECK_FALSE(key.usable);
  CHECK(key.sealed == 1);
  CHECK(world.as_admin(get, project + "/secrets").status == 200);
  CHECK(world.as_admin(put, stack_url("plain"), deploy_body({service("web")})).status == 200);
}

TEST_CASE("the master key is exchanged by who administers the server") {
  World world;
  TempFolder folder;
  world.context_.data_dir = folder.path();
  auto vault = open_vault(*world.store_, {{.kind = "file", .path = key_file(folder.path()), .passphrase = {}}}, world.ids_, world.clock_.now());
  REQUIRE(vault);
  world.vault_ = *std::move(vault);
  REQUIRE(set(world, "db", "hush").status == 201);
  const auto before = world.read<api::MasterKey>(world.as_admin(get, "/v1/master-key"));
  CHECK(before.usable);
  CHECK(before.kind == "file");
  const std::string chief = world.make_user("gil", "grid-admin", "default");
  CHECK(world.with_token(chief, post, "/v1/master-key", R"({"kind":"file"})").status == 403);
  CHECK(world.as_admin(post, "/v1/master-key", R"({"kind":"passphrase","key":"short"})").status == 400);
  CHECK(world.as_admin(post, "/v1/master-key", R"({"kind":"file","lost":true})").status == 409);
  const auto done = world.read<api::ResealAnswer>(world.as_admin(post, "/v1/master-key", R"({"kind":"file"})"));
  CHECK(done.id != before.id);
  CHECK(done.resealed == 1);
  CHECK(world.as_admin(get, secret_url("db", "/value")).body == "hush");
  REQUIRE(world.as_admin(post, "/v1/master-key", R"({"kind":"passphrase","key":"correct horse battery"})").status == 200);
  CHECK(world.as_admin(get, secret_url("db", "/value")).body == "hush");
  CHECK_FALSE(says(world.as_admin(get, "/v1/audit"), "correct horse"));
}

}  // namespace kontena::server
