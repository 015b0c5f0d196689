// Builds by nodes' engines: who may, what a node gets of them, and what those hear who wait.
#include <thread>

#include "harness.h"
#include "kontena/api/build.h"
#include "kontena/image/parts.h"

namespace kontena::server {
namespace {

using enum http::Method;

struct Body final : http::Upload {
  std::string text;
  explicit Body(std::string t) : text(std::move(t)) {}
  Status read(const std::function<bool(std::string_view)>& sink) override {
    sink(text);
    return Done{};
  }
};

// Takes what comes, until it is told that its reader has gone.
struct Reader final : http::Writer {
  Synced<std::string> text;
  std::atomic<bool> gone{false};
  bool write(std::string_view bytes) override {
    text.change([&](std::string& t) { t += bytes; });
    return !gone;
  }
};

std::string builds_url(const std::string& project = "default") {
  return "/v1/grids/default/projects/" + project + "/builds";
}

int upload(World& world, const http::Headers& headers, const http::Peer& peer, http::Method method,
           const std::string& path, const std::string& content) {
  Body body(content);
  http::Request request{.method = method, .path = path, .headers = headers, .upload = &body};
  request.peer = peer;
  return world.dispatch_.handle(request).status;
}

const std::string context = "an archive", context_digest = image::digest_of(context);

void put_context(World& world, const std::string& project = "default") {
  const std::string path = "/v1/grids/default/projects/" + project + "/blobs/" + context_digest;
  REQUIRE(upload(world, {{"authorization", "Bearer " + world.admin_}}, {"10.0.0.1"}, put, path, context) == 201);
}

api::BuildOrder order() {
  return {.node = "n1", .image = "shop-web", .context = context_digest, .dockerfile = "Dockerfile", .send = true};
}

std::string record(const api::BuildRecord& said) {
  return codec::to_json(api::LogRecord{.stream = "build", .text = codec::to_json(said)}) + '\n';
}

// Somebody who waits for a build, on a thread of their own as a connection has it.
struct Waiting {
  http::Response response;
  Reader reader;
  std::jthread thread;
  Waiting(World& world, const api::BuildOrder& order)
      : response(world.as_admin(post, builds_url(), codec::to_json(order))) {
    REQUIRE_MESSAGE(response.status == 200, response.body);
    thread = std::jthread([this] { response.stream(reader); });
  }
  std::string all() {
    thread.join();
    response.stream = nullptr;
    return reader.text.with([](const std::string& t) { return t; });
  }
};

api::StreamWanted taken(World& world, const World::Node& node) {
  const auto list = world.read<api::StreamList>(world.as_node(node, get, std::string(api::paths::agent_streams)));
  REQUIRE(list.streams.size() == 1);
  return list.streams[0];
}

}  // namespace

TEST_CASE("a build goes to its node, which gets its context and gives its parts, and nobody else") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  put_context(world);
  Waiting waiting(world, order());
  const auto wanted = taken(world, n1);
  CHECK(wanted.kind == "build");
  const auto got = codec::from_json<api::BuildOrder>(wanted.order);
  REQUIRE(got);
  CHECK(got->project == "default");
  CHECK(got->image == "shop-web");
  const auto blob = [&](const std::string& digest) {
    return api::path(api::paths::agent_build_blob, {wanted.stream, digest});
  };
  Reader bytes;
  const auto sent = world.as_node(n1, get, blob(context_digest));
  REQUIRE(sent.status == 200);
  sent.stream(bytes);
  CHECK(bytes.text.with([](const auto& t) { return t; }) == context);
  CHECK(world.as_node(n2, get, blob(context_digest)).status == 404);
  CHECK(world.as_admin(get, blob(context_digest)).status == 403);
  const std::string part = "a layer", digest = image::digest_of(part);
  const http::Peer peer1{"10.0.0.9", n1.fingerprint, n1.common_name}, peer2{"10.0.0.9", n2.fingerprint, n2.common_name};
  CHECK(world.as_node(n1, head, blob(digest)).status == 404);
  CHECK(upload(world, {}, peer2, put, blob(digest), part) == 404);
  CHECK(upload(world, {}, peer1, put, blob(digest), "another") == 400);
  CHECK(upload(world, {}, peer1, put, blob(digest), part) == 201);
  CHECK(world.as_node(n1, head, blob(digest)).status == 200);
  // Not to be read again: a part of an image may be somebody else's.
  CHECK(world.as_node(n1, get, blob(digest)).status == 404);

  const std::string said =
      record({.line = "Step 1/1 : FROM base"}) + record({.done = true, .id = "sha256:1", .manifest = digest});
  CHECK(upload(world, {}, peer2, post, api::path(api::paths::agent_stream, {wanted.stream}), said) == 404);
  CHECK(upload(world, {}, peer1, post, api::path(api::paths::agent_stream, {wanted.stream}), said) == 200);
  const std::string heard = waiting.all();
  CHECK(heard.find("Step 1/1 : FROM base") != std::string::npos);
  CHECK(heard.find(R"("done":true)") != std::string::npos);
  // It is over.
  CHECK(world.as_node(n1, get, blob(context_digest)).status == 404);
}

TEST_CASE("who waits hears of a node that ends in the middle") {
  World world;
  const auto n1 = world.join("n1");
  put_context(world);
  Waiting waiting(world, order());
  const auto wanted = taken(world, n1);
  const http::Peer peer{"10.0.0.9", n1.fingerprint, n1.common_name};
  upload(world, {}, peer, post, api::path(api::paths::agent_stream, {wanted.stream}), record({.line = "Step 1/2"}));
  const std::string heard = waiting.all();
  CHECK_MESSAGE(heard.find("the node ended the build without a word") != std::string::npos, heard);
}

TEST_CASE("a reader that has gone ends the build, and its place is another's") {
  World world;
  const auto n1 = world.join("n1");
  put_context(world);
  Waiting one(world, order()), two(world, order());
  const auto third = world.as_admin(post, builds_url(), codec::to_json(order()));
  CHECK(third.status == http_status(Code::exhausted));
  CHECK(third.body.find("builds 2 images already") != std::string::npos);
  one.reader.gone = two.reader.gone = true;
  one.all(), two.all();
  Waiting again(world, order());
  again.reader.gone = true;
  again.all();
}

TEST_CASE("a build must not give more of its host than the project has") {
  World world;
  world.join("n1");
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/bank").status == 201);
  put_context(world, "bank");
  const auto asked = [&](const api::BuildOrder& order, const std::string& project = "bank") {
    return world.as_admin(post, builds_url(project), codec::to_json(order));
  };
  const auto refused = [&](const api::BuildOrder& order, Code code, const std::string& words) {
    const auto response = asked(order);
    CHECK(response.status == http_status(code));
    CHECK_MESSAGE(response.body.find(words) != std::string::npos, response.body);
  };
  const std::string policy = "/v1/grids/default/projects/bank/policy";
  refused(order(), Code::permission_denied, "may not build on nodes");
  REQUIRE(world.as_admin(post, policy, R"({"allow":{"builds":true}})").status < 300);
  api::BuildOrder wrong = order();
  wrong.network = "host";
  refused(wrong, Code::permission_denied, "host-network");
  wrong.network = "container:abc";
  refused(wrong, Code::invalid_argument, "of one engine alone");
  wrong = order();
  wrong.ulimits = {{"rtprio", 99, 99}};
  refused(wrong, Code::permission_denied, "capabilities");
  wrong = order();
  wrong.context = image::digest_of("something else");
  refused(wrong, Code::failed_precondition, "does not have the build's context");
  wrong.context = "../../etc/passwd";
  refused(wrong, Code::invalid_argument, "digest is none");
  wrong = order();
  wrong.remote = "https://git.example/x.git";
  refused(wrong, Code::invalid_argument, "of a context or of a remote one");
  wrong = order();
  wrong.node = "n9";
  refused(wrong, Code::not_found, "node 'n9' not found");
  REQUIRE(world
              .as_admin(post, policy,
                        R"({"allow":{"builds":true},"change_registries":true,"registries":["docker.io/library"]})")
              .status < 300);
  refused(order(), Code::permission_denied, "registries");
  CHECK(world.as_nobody(post, builds_url(), codec::to_json(order())).status == 401);
}

TEST_CASE("a step has no more memory and time than the project has in all") {
  World world;
  const auto n1 = world.join("n1");
  put_context(world);
  REQUIRE(world
              .as_admin(post, "/v1/grids/default/projects/default/policy",
                        R"({"quotas":{"memory":1000000000,"cpus":2000000000}})")
              .status < 300);
  api::BuildOrder asked = order();
  asked.memory_bytes = 1LL << 40;
  Waiting waiting(world, asked);
  const auto got = codec::from_json<api::BuildOrder>(taken(world, n1).order);
  REQUIRE(got);
  CHECK(got->memory_bytes == 1'000'000'000);
  CHECK(got->nano_cpus == 2'000'000'000);
  waiting.reader.gone = true;
  waiting.all();
}

}  // namespace kontena::server
