// How nodes and the server itself come by new certificates.
#include "bootstrap.h"
#include "controllers/certificate.h"
#include "harness.h"
#include "kontena/base/files.h"
#include "support/temp_folder.h"

namespace kontena::server {
namespace {

using enum http::Method;

constexpr Duration day = std::chrono::hours(24);

http::Response call_as(World& world, const http::Peer& peer, const std::string& path, const std::string& body = "{}") {
  http::Peer at = peer;
  at.address = "10.0.0.9";
  return world.send(path == "/v1/whoami" ? get : post, path, body, {}, at);
}

struct Renewed {
  http::Peer peer;
  std::string key;
};

Renewed renew(World& world, const http::Peer& peer) {
  const auto request = pki::make_request("x");
  const auto answer = world.read<api::RenewAnswer>(
      call_as(world, peer, std::string(api::paths::agent_renew), codec::to_json(api::RenewRequest{request->csr_pem})));
  REQUIRE(pki::belong_together({answer.certificate_pem, request->key_pem}));
  const auto facts = *pki::read_certificate(answer.certificate_pem);
  return {{"", facts.fingerprint, facts.common_name, to_ms(facts.not_before), to_ms(facts.not_after)}, ""};
}

http::Peer peer_of(const World::Node& node, std::int64_t not_after = 0) {
  return {"", node.fingerprint, node.common_name, 0, not_after};
}

int beat(World& world, const http::Peer& peer) {
  return call_as(world, peer, std::string(api::paths::agent_beat)).status;
}

}  // namespace

TEST_CASE("a node renews its certificate, and the one before is good until the new one was used for that") {
  World world;
  const auto node = world.join("n1");
  const http::Peer first = peer_of(node);
  const http::Peer second = renew(world, first).peer;
  CHECK(second.common_name == node.common_name);
  CHECK(beat(world, first) == 200);  // the answer may have been lost
  CHECK(beat(world, second) == 200);
  const http::Peer again = renew(world, first).peer;
  CHECK(beat(world, second) == 401);  // nobody ever got it, or it was given up
  CHECK(beat(world, first) == 200);
  const http::Peer third = renew(world, again).peer;
  CHECK(beat(world, first) == 401);
  CHECK(beat(world, again) == 200);
  CHECK(beat(world, third) == 200);
}

TEST_CASE("a node's certificate has the lifetime that the server was told") {
  World world;
  world.context_.certificate_lifetime = Duration(20'000);
  const auto node = world.join("n1");
  const http::Peer fresh = renew(world, peer_of(node)).peer;
  CHECK(fresh.not_after_ms - to_ms(world.clock_.now()) <= 20'000);
  const auto answer = world.read<api::BeatAnswer>(call_as(world, fresh, std::string(api::paths::agent_beat)));
  CHECK(answer.certificate_lifetime_ms == 20'000);
}

TEST_CASE("an expired certificate does for renewing and nothing else, for thirty days") {
  World world;
  const auto node = world.join("n1");
  const http::Peer expired = peer_of(node, to_ms(world.clock_.now()));
  CHECK(beat(world, expired) == 200);
  world.clock_.advance(Duration(1));
  const auto refused = call_as(world, expired, std::string(api::paths::agent_beat));
  CHECK(refused.status == 410);
  CHECK(refused.body.find("expired at") != std::string::npos);
  CHECK(call_as(world, expired, std::string(api::paths::agent_facts), "{}").status == 410);
  CHECK(call_as(world, expired, "/v1/whoami").body.find("nobody") != std::string::npos);
  const http::Peer fresh = renew(world, expired).peer;
  CHECK(beat(world, fresh) == 200);
  CHECK(beat(world, expired) == 410);

  world.clock_.advance(30 * day);
  const auto request = codec::to_json(api::RenewRequest{pki::make_request("x")->csr_pem});
  const auto too_late = call_as(world, expired, std::string(api::paths::agent_renew), request);
  CHECK(too_late.status == 401);
  CHECK(too_late.body.find("too long ago") != std::string::npos);
}

TEST_CASE("a join that is asked again with the same key is the same join, also by a token that is used up") {
  World world;
  const auto made = world.as_admin(post, "/v1/tokens", codec::to_json(api::TokenRequest{.grid = "default", .uses = 1}));
  const std::string token = world.read<api::TokenAnswer>(made).text;
  const auto request = pki::make_request("x");
  const auto ask = [&](const std::string& name, const pki::Request& with) {
    return world.with_token(token, post, std::string(api::paths::agent_join),
                            codec::to_json(api::JoinRequest{.name = name, .csr_pem = with.csr_pem}));
  };
  const auto first = world.read<api::JoinAnswer>(ask("n1", *request));
  const auto second = world.read<api::JoinAnswer>(ask("n1", *request));
  CHECK(first.node == second.node);
  CHECK(world.views_.now()->nodes.size() == 1);
  for (const std::string& pem :
       {first.certificate_pem, second.certificate_pem}) {  // the second may have been a late message
    const auto facts = *pki::read_certificate(pem);
    CHECK(beat(world, {"", facts.fingerprint, facts.common_name}) == 200);
  }
  CHECK(ask("n1", *pki::make_request("x")).status == 401);  // another machine; and the token is used up
  CHECK(ask("n2", *request).status == 401);
  const auto taken = world.try_join("n1", world.join_);
  CHECK(taken.status == 409);
  CHECK(taken.body.find("named 'n1' already") != std::string::npos);
}

TEST_CASE("after a restore a certificate of the lost future is taken, one that is merely unknown is not") {
  World world;
  const auto node = world.join("n1");
  const auto now = to_ms(world.clock_.now());
  const auto hour = pki::backdate.count();
  world.context_.restores = {{now + 1'000'000, now + 2'000'000}};
  const auto made_at = [&](std::int64_t made) {
    return http::Peer{"", std::string(64, 'f'), node.common_name, made - hour, now + 9'000'000};
  };
  CHECK(beat(world, made_at(now + 1'500'000)) == 200);
  CHECK(beat(world, made_at(now + 500'000)) == 401);
  CHECK(beat(world, made_at(now + 2'500'000)) == 401);
  CHECK(renew(world, made_at(now + 1'500'000)).peer.common_name == node.common_name);
  const auto later =
      call_as(world, {"", std::string(64, 'e'), "default/0123456789ab", now + 1'500'000 - hour, now + 9'000'000},
              std::string(api::paths::agent_beat));
  CHECK(later.status == 401);
  CHECK(later.body.find("does not know this node") != std::string::npos);
}

TEST_CASE("the server renews its own certificate while it runs, and makes a new one for what a crash has left") {
  const TempFolder folder;
  REQUIRE(make_data_dir(folder / "data"));
  const std::string data = folder / "data";
  ManualClock clock;
  clock.advance(day);
  const auto authority = *pki::Authority::create("test", clock.now(), 3650 * day);
  const std::vector<std::string> names{"localhost"};
  const auto first = open_certificate(data, authority, names, clock.now(), Duration(60'000));
  REQUIRE(first);
  std::vector<std::string> shown;
  OwnCertificate own(
      {clock, authority, data, [&] { return names; }, Duration(60'000),
       [&](const pki::KeyPair& pair) -> Status { return shown.push_back(pair.certificate_pem), Done{}; }},
      *first);
  clock.advance(Duration(39'000));
  own.tick();
  CHECK(shown.empty());
  CHECK(open_certificate(data, authority, names, clock.now(), Duration(60'000))->certificate_pem ==
        first->certificate_pem);
  clock.advance(Duration(2'000));
  own.tick();
  REQUIRE(shown.size() == 1);
  const auto kept = open_certificate(data, authority, names, clock.now(), Duration(60'000));
  CHECK(kept->certificate_pem == shown[0]);
  own.tick();
  CHECK(shown.size() == 1);

  // A crash between the key and the certificate; and one of a year, from before.
  REQUIRE(files::write(data + "/server.key", first->key_pem.reveal(), 0600));
  const auto mended = open_certificate(data, authority, names, clock.now(), Duration(60'000));
  REQUIRE(mended);
  CHECK(pki::belong_together(*mended));
  REQUIRE(save_certificate(data, *authority.issue_server(names, clock.now(), 365 * day)));
  clock.advance(Duration(41'000));
  const auto shorter = open_certificate(data, authority, names, clock.now(), Duration(60'000));
  CHECK(pki::read_certificate(shorter->certificate_pem)->not_after - clock.now() <= Duration(60'000));
}

}  // namespace kontena::server
