// How a node's certificate is renewed, and what a crash leaves of it.
#include "renew.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "kontena/base/files.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::FakeServer;

namespace {

// A node with a certificate of ten seconds, its server, and its folder.
struct Life {
  TempFolder folder;
  test::World world;
  Time begin = world.clock.now();
  pki::Authority authority = *pki::Authority::create("test", begin, std::chrono::hours(24 * 3650));
  FakeServer* server = new FakeServer;
  std::vector<std::string> made;  // certificates, in order
  bool lost = false;              // the answers
  Identity identity;
  std::optional<Uplink> uplink;
  std::optional<Renew> renew;

  explicit Life(Duration lifetime = Duration(10'000)) {
    const auto request = *pki::make_request("n1");
    identity = {.node = "n1", .grid = "main", .name = "h1", .servers = {"s:1"}, .ca_pem = authority.own().certificate_pem,
                .certificate_pem = *authority.sign_client(request.csr_pem, "main/n1", begin, lifetime),
                .key_pem = request.key_pem};
    if (!save_identity(folder.path(), identity)) std::abort();
    std::vector<std::unique_ptr<http::Client>> servers;
    servers.emplace_back(server);
    uplink.emplace(std::move(servers));
    server->answer(api::paths::agent_renew, [this, lifetime](const http::Request& asked) -> Result<http::Response> {
      const auto body = codec::from_json<api::RenewRequest>(asked.body);
      if (!body) return body.error();
      made.push_back(*authority.sign_client(body->csr_pem, "main/n1", world.clock.now(), lifetime));
      if (lost) return Error{Code::unavailable, "broken off"};
      return http::Response{.body = codec::to_json(api::RenewAnswer{made.back()})};
    });
    renew.emplace(world.context, *uplink, papers_in(folder.path(), identity));
  }
  Identity kept() {
    const auto loaded = load_identity(folder.path());
    REQUIRE_MESSAGE(loaded, loaded.error().message);
    REQUIRE(*loaded);
    return **loaded;
  }
  std::string path(const std::string& file) const { return folder.path() + "/identity/" + file; }
};

}  // namespace

TEST_CASE("a certificate is renewed after two thirds of its life, and kept with its key") {
  Life life;
  life.world.advance(Duration(6'600));
  std::jthread waiting([&] { life.renew->step(); });  // not due: it waits
  life.world.state.change([](State& s) { s.stopping = true; });
  waiting.join();
  life.world.state.change([](State& s) { s.stopping = false; });
  CHECK(life.made.empty());

  life.world.advance(Duration(2'000));
  life.renew->step();
  REQUIRE(life.made.size() == 1);
  CHECK(life.kept().certificate_pem == life.made[0]);
  CHECK(pki::belong_together({life.kept().certificate_pem, life.kept().key_pem}));
  CHECK(life.kept().key_pem.reveal() != life.identity.key_pem.reveal());
  CHECK_FALSE(std::filesystem::exists(life.path("next.key")));
  life.world.advance(Duration(9'000));
  life.renew->step();
  CHECK(life.made.size() == 2);
}

TEST_CASE("a certificate that outlasts what the server gives out now is renewed by that measure") {
  Life life(std::chrono::hours(24 * 365 * 5));
  life.world.state.change([](State& s) { s.certificate_lifetime = Duration(60'000); });
  life.world.advance(Duration(50'000));
  life.renew->step();
  CHECK(life.made.size() == 1);
}

TEST_CASE("an answer that was lost is asked for again with the same key") {
  Life life;
  life.lost = true;
  life.world.advance(Duration(9'000));
  life.world.state.change([](State& s) { s.stopping = true; });  // or it waits before the next try
  life.renew->step();
  CHECK(life.kept().certificate_pem == life.identity.certificate_pem);
  const auto key = files::read(life.path("next.key"));
  REQUIRE(key);
  life.lost = false;
  life.renew->step();
  CHECK(life.made.size() == 2);
  CHECK(life.kept().key_pem.reveal() == *key);
}

TEST_CASE("the server's word that a certificate has expired is enough, whatever our clock says") {
  Life life;
  life.world.state.change([](State& s) { s.renew = true; });
  life.renew->step();
  CHECK(life.made.size() == 1);
  CHECK_FALSE(life.world.state.with([](const State& s) { return s.renew; }));
}

TEST_CASE("what cannot be kept on disk is not shown") {
  Life life;
  auto papers = papers_in(life.folder.path(), life.identity);
  bool full = true;
  papers.keep = [&, keep = papers.keep](const std::string& certificate, const Redacted& key) -> Status {
    return full ? Status(Error{Code::exhausted, "the disk is full"}) : keep(certificate, key);
  };
  Renew renew(life.world.context, *life.uplink, papers);
  life.world.advance(Duration(9'500));
  life.world.state.change([](State& s) { s.stopping = true; });
  renew.step();
  CHECK(life.kept().certificate_pem == life.identity.certificate_pem);
  full = false;
  renew.step();
  REQUIRE(life.made.size() == 2);
  CHECK(life.kept().certificate_pem == life.made[1]);
}

TEST_CASE("an identity of before is read, and survives a crash at any point of a renewal") {
  Life life;
  // As versions before laid it out.
  REQUIRE(files::write(life.path("node.pem"), life.identity.certificate_pem, 0644));
  REQUIRE(files::write(life.path("node.key"), life.identity.key_pem.reveal(), 0600));
  CHECK(life.kept().key_pem.reveal() == life.identity.key_pem.reveal());

  const auto request = next_request(life.folder.path(), "n1");  // crash after this
  REQUIRE(request);
  CHECK(life.kept().certificate_pem == life.identity.certificate_pem);
  const auto certificate = life.authority.sign_client(request->csr_pem, "main/n1", life.begin, Duration(9'000));
  REQUIRE(keep_certificate(life.folder.path(), *certificate, request->key_pem));
  CHECK(life.kept().certificate_pem == *certificate);
  // After the rename, and before the old keys went.
  REQUIRE(files::write(life.path("node.key"), life.identity.key_pem.reveal(), 0600));
  REQUIRE(files::write(life.path("next.key"), request->key_pem.reveal(), 0600));
  CHECK(pki::belong_together({life.kept().certificate_pem, life.kept().key_pem}));
  CHECK(life.kept().certificate_pem == *certificate);
}
