// Blobs and secrets of projects: their routes, who may what, what a deploy needs, and when they go.
#include "controllers/unused_blobs.h"
#include "harness.h"
#include "kontena/image/parts.h"

namespace kontena::server {
namespace {

using enum http::Method;

struct Body final : http::Upload {
  std::string text;
  bool broken = false;
  explicit Body(std::string t) : text(std::move(t)) {}
  Status read(const std::function<bool(std::string_view)>& sink) override {
    for (std::size_t at = 0; at < text.size(); at += 1000)
      if (!sink(std::string_view(text).substr(at, 1000))) return Done{};
    if (broken) return Error{Code::unavailable, "the sender has gone"};
    return Done{};
  }
};

struct Text final : http::Writer {
  std::string text;
  bool write(std::string_view bytes) override { return text += bytes, true; }
};

std::string blob_url(const std::string& digest, const std::string& project = "default") {
  return "/v1/grids/default/projects/" + project + "/blobs/" + digest;
}

int put_blob_of(World& world, const std::string& content, const std::string& digest, bool broken = false) {
  Body body(content);
  body.broken = broken;
  http::Request request{.method = put,
                        .path = blob_url(digest),
                        .headers = {{"authorization", "Bearer " + world.admin_}},
                        .upload = &body};
  request.peer.address = "10.0.0.1";
  return world.dispatch_.handle(request).status;
}

std::string keep(World& world, const std::string& content) {
  const std::string digest = image::digest_of(content);
  REQUIRE(put_blob_of(world, content, digest) == 201);
  return digest;
}

std::string seal(World& world, const std::string& content) {
  return world.read<api::SecretAnswer>(world.as_admin(post, "/v1/grids/default/projects/default/secrets", content))
      .digest;
}

api::DeployRequest request_of(const std::string& content, const std::string& config, const std::string& secret) {
  model::ServiceSpec web = service("web");
  if (!content.empty())
    web.mounts = {
        {.kind = model::MountKind::content, .source = "./a", .target = "/a", .read_only = true, .digest = content}};
  model::StackSpec spec{.name = "shop", .networks = {{"default", {}}}};
  if (!config.empty()) spec.configs["c"] = {.digest = config}, web.files.push_back({.source = "c", .target = "/c"});
  if (!secret.empty())
    spec.secrets["s"] = {.digest = secret},
    web.files.push_back({.secret = true, .source = "s", .target = "/run/secrets/s"});
  spec.services["web"] = web;
  return {spec, -1};
}

http::Response deploy_of(World& world, const api::DeployRequest& request) {
  return world.as_admin(put, stack_url("shop"), codec::to_json(request));
}

std::string got(const http::Response& response) {
  if (!response.stream) return response.body;
  Text text;
  response.stream(text);
  return text.text;
}

}  // namespace

TEST_CASE("a blob is put by who may deploy, asked for, and of its project alone") {
  World world;
  const std::string digest = image::digest_of("hello");
  CHECK(world.as_admin(head, blob_url(digest)).status == 404);
  CHECK(world.as_nobody(put, blob_url(digest)).status == 401);
  CHECK(world.as_nobody(head, blob_url(digest)).status == 401);
  CHECK(put_blob_of(world, "other", digest) == 400);
  CHECK(put_blob_of(world, "hel", digest, true) == 503);
  CHECK(world.as_admin(head, blob_url(digest)).status == 404);
  CHECK(put_blob_of(world, "hello", digest) == 201);
  CHECK(world.as_admin(head, blob_url(digest)).status == 200);
  CHECK(world.as_admin(head, blob_url(digest, "other")).status == 404);
  CHECK(put_blob_of(world, "x", "sha256:../../x") != 201);
  world.context_.largest_blob = 3;
  CHECK(put_blob_of(world, "large", image::digest_of("large")) == 400);
}

TEST_CASE("a deploy that names what is not there is refused") {
  World world;
  const std::string none = "sha256:" + std::string(64, 'a');
  CHECK(deploy_of(world, request_of(none, "", "")).status == 409);
  CHECK(deploy_of(world, request_of("", none, "")).status == 409);
  CHECK(deploy_of(world, request_of("", "", none)).status == 409);
  CHECK(world.views_.now()->stacks.size() == 0);
  CHECK(deploy_of(world, request_of(keep(world, "a"), keep(world, "c"), seal(world, "s"))).status < 300);
}

TEST_CASE("a node gets what its own instances are made of, and nothing else") {
  World world;
  const auto one = world.join("n1");
  const std::string blob = keep(world, "content"), other = keep(world, "other"), config = keep(world, "config");
  const std::string secret = seal(world, "hush"), other_secret = seal(world, "more");
  REQUIRE(deploy_of(world, request_of(blob, config, secret)).status < 300);
  world.run({one});
  const auto two = world.join("n2");
  CHECK(got(world.as_node(one, get, "/v1/agent/blobs/" + blob)) == "content");
  CHECK(got(world.as_node(one, get, "/v1/agent/blobs/" + config)) == "config");
  CHECK(got(world.as_node(one, get, "/v1/agent/secrets/" + secret)) == "hush");
  CHECK(world.as_node(one, get, "/v1/agent/blobs/" + other).status == 404);
  CHECK(world.as_node(one, get, "/v1/agent/secrets/" + other_secret).status == 404);
  CHECK(world.as_node(two, get, "/v1/agent/blobs/" + blob).status == 404);
  CHECK(world.as_node(two, get, "/v1/agent/secrets/" + secret).status == 404);
  CHECK(world.as_admin(get, "/v1/agent/secrets/" + secret).status == 403);
}

TEST_CASE("other content is another revision, whose instances replace the others") {
  World world;
  REQUIRE(deploy_of(world, request_of("", keep(world, "one"), seal(world, "s"))).status < 300);
  const auto same =
      world.read<api::DeployAnswer>(deploy_of(world, request_of("", keep(world, "one"), seal(world, "s"))));
  CHECK(same.unchanged == std::vector<std::string>{"web"});
  const auto config =
      world.read<api::DeployAnswer>(deploy_of(world, request_of("", keep(world, "two"), seal(world, "s"))));
  CHECK(config.changed == std::vector<std::string>{"web"});
  const auto secret =
      world.read<api::DeployAnswer>(deploy_of(world, request_of("", keep(world, "two"), seal(world, "t"))));
  CHECK(secret.changed == std::vector<std::string>{"web"});
  CHECK(world.views_.now()->services.get("default/default/shop/web")->instance_revision == 3);
}

TEST_CASE("nothing of a secret is in the store, and its digest is no digest of it") {
  World world;
  const std::string marker = "MARKER-of-a-secret";
  const std::string digest = seal(world, marker);
  CHECK(digest != image::digest_of(marker));
  CHECK(seal(world, marker) == digest);
  REQUIRE(deploy_of(world, request_of("", "", digest)).status < 300);
  const auto listing = world.store_->list("");
  REQUIRE(listing);
  for (const auto& entry : listing->entries) {
    CAPTURE(entry.key);
    CHECK(entry.value.find(marker) == std::string::npos);
    CHECK(entry.value.find("TUFSS0VSLW9mLWEtc2VjcmV0") == std::string::npos);  // in base64
  }
}

TEST_CASE("what nothing names goes after an hour, and what the history names stays") {
  World world;
  UnusedBlobs unused(world.context_);
  const std::string used = keep(world, "used"), idle = keep(world, "idle"), secret = seal(world, "used"),
                    idle_secret = seal(world, "idle");
  REQUIRE(deploy_of(world, request_of(used, "", secret)).status < 300);
  REQUIRE(deploy_of(world, request_of("", "", "")).status < 300);
  const auto there = [&](const std::string& digest) {
    return std::filesystem::exists(world.folder_ / ("blobs/default/default/" + digest.substr(7)));
  };
  const auto sealed = [&](const std::string& digest) {
    return world.store_->get(sealed_secrets.key(secret_tail("default/default", digest)))->has_value();
  };
  unused.tick();
  CHECK(there(idle));
  CHECK(sealed(idle_secret));
  world.clock_.advance(std::chrono::minutes(61));
  unused.tick();
  CHECK_FALSE(there(idle));
  CHECK_FALSE(sealed(idle_secret));
  CHECK(there(used));
  CHECK(sealed(secret));
}

}  // namespace kontena::server
