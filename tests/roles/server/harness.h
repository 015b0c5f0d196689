#pragma once

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "controllers/deployments.h"
#include "dispatch.h"
#include "forward_troubles.h"
#include "log_keeper.h"
#include "use.h"
#include "people.h"
#include "kontena/access/token.h"
#include "kontena/api/audit.h"
#include "kontena/api/endpoints.h"
#include "kontena/api/message_fields.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/open.h"
#include "kontena/store/tables.h"
#include "support/temp_folder.h"

namespace kontena::server {

// A server without sockets: requests go straight into its dispatcher, the store
// is in memory, and time stands still until told.
class World {
 public:
  World() : World(store::open_memory()) {}
  explicit World(std::unique_ptr<store::Store> store) : store_(std::move(store)) {
    clock_.advance(std::chrono::hours(24));
    store::Commit first;
    const Redacted admin = access::make_secret(std::string(32, 'a')), join = access::make_secret(std::string(32, 'j'));
    admin_ = access::format({authority_.fingerprint(), TokenId("aaaaaaaaaaaa"), admin});
    join_ = access::format({authority_.fingerprint(), TokenId("bbbbbbbbbbbb"), join});
    first.puts = {store::grids.put("default", {"default", 1}), store::projects.put("default/default", {"default", "default", 1}),
                  store::tokens.put("aaaaaaaaaaaa", {.id = TokenId("aaaaaaaaaaaa"), .kind = model::TokenKind::access, .secret_digest = crypto::sha256_hex(admin.reveal())}),
                  store::tokens.put("bbbbbbbbbbbb", {.id = TokenId("bbbbbbbbbbbb"), .kind = model::TokenKind::join, .secret_digest = crypto::sha256_hex(join.reveal()), .grid = "default"})};
    REQUIRE(store_->commit(first));
    REQUIRE(make_first_user(*store_, clock_.now()));
    REQUIRE(views_.load());
    views_.start();
  }
  ~World() {
    dispatch_.stop();
    store_->close();
    views_.stop();
  }

  http::Response as_admin(http::Method method, const std::string& path, const std::string& body = "") {
    return send(method, path, body, {{"authorization", "Bearer " + admin_}}, {});
  }
  http::Response as_nobody(http::Method method, const std::string& path, const std::string& body = "") {
    return send(method, path, body, {}, {});
  }
  http::Response with_token(const std::string& token, http::Method method, const std::string& path, const std::string& body = "") {
    return send(method, path, body, {{"authorization", "Bearer " + token}}, {});
  }
  void commit(const store::Commit& commit) {
    const auto made = store_->commit(commit);
    REQUIRE(made);
    views_.await(*made);
  }

  // The token of a new user who has the role at the scope.
  std::string make_user(const std::string& name, const std::string& role, const std::string& scope) {
    const model::Binding binding{.subject = name, .scope = scope, .role = role};
    const access::TokenText text{authority_.fingerprint(), TokenId(ids_.id()), access::make_secret(ids_.bytes(32))};
    commit({.puts = {store::users.put(name, {.name = name}), store::bindings.put(model::binding_key(binding), binding),
                                               store::tokens.put(*text.id, {.id = text.id,
                                                                            .kind = model::TokenKind::access,
                                                                            .secret_digest = crypto::sha256_hex(text.secret.reveal()),
                                                                            .owner = name})}});
    return access::format(text);
  }

  struct Node {
    std::string id, name, fingerprint, common_name;
  };
  http::Response as_node(const Node& node, http::Method method, const std::string& path, const std::string& body = "") {
    return send(method, path, body, {}, {"10.0.0.9", node.fingerprint, node.common_name});
  }

  http::Response try_join(const std::string& name, const std::string& token) {
    const auto request = pki::make_request("anything");
    REQUIRE(request);
    return with_token(token, http::Method::post, std::string(api::paths::agent_join),
                      codec::to_json(api::JoinRequest{.name = name, .csr_pem = request->csr_pem, .version = "0"}));
  }
  // Joined, heard, and with 4 cores and 8 GB.
  Node join(const std::string& name) {
    const http::Response joined = try_join(name, join_);
    REQUIRE_MESSAGE(joined.status == 201, joined.body);
    const auto answer = codec::from_json<api::JoinAnswer>(joined.body);
    REQUIRE(answer);
    const auto facts = pki::read_certificate(answer->certificate_pem);
    REQUIRE(facts);
    Node node{answer->node, name, facts->fingerprint, facts->common_name};
    const model::NodeFacts reported{.os = "linux", .architecture = "amd64", .nano_cpus = 4'000'000'000, .memory_bytes = 8LL << 30, .address = "10.0.0.9"};
    REQUIRE(as_node(node, http::Method::post, std::string(api::paths::agent_facts), codec::to_json(reported)).status == 200);
    REQUIRE(as_node(node, http::Method::post, std::string(api::paths::agent_beat), "{}").status == 200);
    return node;
  }

  // Lets the controllers work until nothing is left to do.
  void settle() {
    for (int round = 0; round < 50; ++round) {
      const std::int64_t before = views_.now()->revision;
      deployments_.tick();
      if (views_.now()->revision == before) return;
    }
    FAIL("the controllers do not come to rest");
  }

  // Ten seconds, in which these nodes do what they are told.
  void run(std::initializer_list<Node> nodes) {
    for (int round = 0; round < 20; ++round) {
      settle();
      for (const Node& node : nodes) obey(node);
      pass(Duration(500), nodes);
    }
  }

  std::vector<model::Instance> instances() {
    std::vector<model::Instance> all;
    views_.now()->instances.each("", [&](const auto& item) { all.push_back(item.value); });
    return all;
  }

  // Time passes, in which these nodes are heard and the loop looks.
  void pass(Duration time, std::initializer_list<Node> heard) {
    for (Duration passed{}; passed < time; passed += Duration(250)) {
      for (const Node& node : heard) as_node(node, http::Method::post, std::string(api::paths::agent_beat), "{}");
      clock_.advance(Duration(250));
      deployments_.tick();
    }
    settle();
  }

  // The node does what it is told: everything it has runs, or is gone.
  void obey(const Node& node) {
    const auto told = codec::from_json<api::AssignmentsAnswer>(as_node(node, http::Method::get, "/v1/agent/assignments").body);
    REQUIRE(told);
    api::StatusRequest report;
    for (const model::Assignment& a : told->instances) {
      model::InstanceStatus status{.container = "c-" + *a.id, .started_ms = to_ms(clock_.now())};
      status.state = a.desired == model::Desired::running   ? model::InstanceState::running
                     : a.desired == model::Desired::stopped ? model::InstanceState::stopped
                                                            : model::InstanceState::removed;
      if (const auto* known = views_.now()->statuses.get("default/" + a.project + '/' + a.stack + '/' + a.service + '/' + *a.id))
        if (known->state == status.state) continue;
      report.instances.push_back({*a.id, status});
    }
    if (report.instances.empty()) return;
    REQUIRE(as_node(node, http::Method::post, std::string(api::paths::agent_statuses), codec::to_json(report)).status == 200);
  }

  template <class T>
  T read(const http::Response& response) {
    REQUIRE_MESSAGE(response.status < 300, response.body);
    auto body = codec::from_json<T>(response.body);
    REQUIRE(body);
    return *std::move(body);
  }

  http::Response send(http::Method method, const std::string& target, const std::string& body, http::Headers headers, http::Peer peer) {
    http::Request request{.method = method, .headers = std::move(headers), .body = body, .peer = std::move(peer)};
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    for (auto at = mark; at != std::string::npos;) {
      const auto end = target.find('&', ++at);
      const std::string pair = target.substr(at, end - at);
      request.query[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
      at = end;
    }
    if (request.peer.address.empty()) request.peer.address = "10.0.0.1";
    return dispatch_.handle(request);
  }

  ManualClock clock_;
  SystemIds ids_;
  std::unique_ptr<store::Store> store_;
  Views views_{*store_};
  Liveness liveness_{clock_, Duration(3'000)};
  LogHub logs_;
  AskHub asks_;
  BuildHub builds_;
  ChannelHub channels_;
  Reports reports_;
  TempFolder folder_;
  blobs::Blobs blobs_{folder_ / "blobs", clock_};
  Vault vault_ = *Vault::open("", ids_);
  pki::Authority authority_ = *pki::Authority::create("test", Time{}, std::chrono::hours(24 * 3650));
  Refusals refusals_;
  Logins logins_;
  TokenUse uses_;
  Sso::Connect dial_ = http::connect;  // how the provider of logins is reached
  Sso sso_{clock_, [this](http::ClientOptions options) { return dial_(std::move(options)); },
           [] { return std::string("authorities of the host"); }, {}};
  Webhooks::Connect post_ = http::connect;  // how webhooks are reached
  Webhooks webhooks_{clock_, [this](http::ClientOptions options) { return post_(std::move(options)); },
                     [] { return std::string("authorities of the host"); }};
  LogKeeper log_keeper_{views_, clock_, {.folder = folder_ / "logs"}};
  Use use_{clock_, ""};
  ForwardTroubles forward_troubles_;
  Context context_{clock_, ids_, *store_, views_, liveness_, logs_, asks_, builds_, channels_, authority_, reports_, blobs_, vault_, refusals_, logins_, uses_, sso_, webhooks_, {}, std::chrono::hours(24 * 90), {}, 10, 64 << 20, std::int64_t{8} << 30, &log_keeper_, &use_, &forward_troubles_};
  Dispatch dispatch_{context_};
  Deployments deployments_{context_};
  std::string admin_, join_;
};

inline std::string stack_url(const std::string& stack, const std::string& more = "") {
  return "/v1/grids/default/projects/default/stacks/" + stack + more;
}

inline model::ServiceSpec service(const std::string& name, std::int64_t replicas = 1) {
  return {.name = name, .image = "busybox", .networks = {{"default", {}}}, .replicas = replicas};
}

inline std::string deploy_body(std::initializer_list<model::ServiceSpec> services) {
  api::DeployRequest request;
  request.spec.networks["default"] = {};
  for (const auto& spec : services) request.spec.services[spec.name] = spec;
  return codec::to_json(request);
}

}  // namespace kontena::server
