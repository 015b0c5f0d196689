// Joining, against a server over real TLS.
#include "join.h"

#include <doctest/doctest.h>

#include "exits.h"
#include "kontena/api/endpoints.h"
#include "kontena/api/messages.h"
#include "kontena/base/files.h"
#include "kontena/http/server.h"
#include "kontena/pki/authority.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

struct JoinServer {
  SystemClock clock;
  pki::Authority authority = *pki::Authority::create("test", clock.now(), std::chrono::hours(24));
  Duration clock_error{0};
  pki::Request request = *pki::make_request("h1");
  std::optional<Error> refusal;
  Synced<std::vector<api::JoinRequest>> asked;
  Synced<std::string> authorization;
  std::unique_ptr<http::Server> server;

  JoinServer() {
    const auto own = *authority.issue_server({"127.0.0.1"}, clock.now(), std::chrono::hours(24));
    auto listening = http::serve({.address = "127.0.0.1",
                                  .certificate_pem = own.certificate_pem,
                                  .key_pem = own.key_pem.reveal(),
                                  .client_ca_pem = authority.own().certificate_pem},
                                 [this](http::Request& request) { return handle(request); });
    REQUIRE(listening);
    server = std::move(*listening);
  }
  ~JoinServer() { server->stop(); }

  http::Response handle(http::Request& request) {
    if (request.path == api::paths::authority)
      return {.body = codec::to_json(api::AuthorityAnswer{authority.own().certificate_pem})};
    if (request.path == api::paths::health)
      return {.body = codec::to_json(api::Hello{"kontena", "0.1.0", to_ms(clock.now() + clock_error)})};
    if (request.path == api::paths::who) return {.body = codec::to_json(api::Who{.name = request.peer.common_name})};
    if (refusal) return http::error_response(*refusal);
    if (request.method == http::Method::get) return {.body = codec::to_json(api::JoinTerms{"main", "10.80.0.0/12"})};
    const auto join = codec::from_json<api::JoinRequest>(request.body);
    if (!join) return http::error_response(join.error());
    authorization.with([&](auto& a) { a = request.header("authorization"); });
    const auto certificate = authority.sign_client(join->csr_pem, "main/n1", clock.now(), std::chrono::hours(24));
    if (!certificate) return http::error_response(certificate.error());
    asked.with([&](auto& all) { all.push_back(*join); });
    return {.status = 201, .body = codec::to_json(api::JoinAnswer{"n1", "main", join->name, *certificate})};
  }

  Server at() const { return {"127.0.0.1", server->port()}; }
  access::TokenText token() const {
    return {authority.fingerprint(), TokenId("0123456789ab"), access::make_secret(std::string(32, 'x'))};
  }
  Settings settings() const { return {.servers = {at()}, .labels = {{"zone", "eu"}}, .name = "h1"}; }
};

}  // namespace

TEST_CASE("a node joins by a token, and is known by its certificate from then on") {
  JoinServer server;
  const Attempt attempt = join(server.at(), server.settings(), server.token(), server.request, server.clock);
  REQUIRE_MESSAGE(attempt.identity, attempt.error.message);
  CHECK(attempt.identity->node == "n1");
  CHECK(attempt.identity->name == "h1");
  CHECK(attempt.identity->servers == std::vector<std::string>{server.at().text()});
  const auto asked = server.asked.with([](const auto& all) { return all; });
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].labels == model::StringMap{{"zone", "eu"}});
  CHECK(server.authorization.with([](const auto& a) { return a; }) == "Bearer " + access::format(server.token()));

  const TempFolder folder;
  REQUIRE(save_identity(folder.path(), *attempt.identity));
  const auto loaded = load_identity(folder.path());
  REQUIRE(loaded);
  REQUIRE(*loaded);
  const Identity& kept = **loaded;
  const auto client = http::connect({.url = server.at().url(),
                                     .ca_pem = kept.ca_pem,
                                     .certificate_pem = kept.certificate_pem,
                                     .key_pem = kept.key_pem});
  const auto who = api::call<api::Who>(*client, {.path = std::string(api::paths::who)});
  REQUIRE_MESSAGE(who, who.error().message);
  CHECK(who->name == "main/n1");
}

TEST_CASE("a server of another authority is told nothing secret") {
  JoinServer server;
  auto token = server.token();
  token.fingerprint = std::string(64, 'a');
  const Attempt attempt = join(server.at(), server.settings(), token, server.request, server.clock);
  CHECK(attempt.exit == exit_refused);
  CHECK(attempt.error.message.find("is not the one that made this token") != std::string::npos);
  CHECK(server.asked.with([](const auto& all) { return all.empty(); }));
}

TEST_CASE("a host that has a use for the grid's pool does not join, and the token is not used up") {
  JoinServer server;
  std::string pool;
  const auto check = [&](const std::string& told) -> Status {
    pool = told;
    return Error{Code::failed_precondition, "the route by tun0", "--ignore-pool-overlap"};
  };
  const Attempt attempt = join(server.at(), server.settings(), server.token(), server.request, server.clock, check);
  CHECK(pool == "10.80.0.0/12");
  CHECK(attempt.exit == exit_misconfigured);
  CHECK(attempt.error.message == "the route by tun0");
  CHECK(server.asked.with([](const auto& all) { return all.empty(); }));
  const auto fits = [](const std::string&) -> Status { return Done{}; };
  CHECK(join(server.at(), server.settings(), server.token(), server.request, server.clock, fits).identity);
}

TEST_CASE("a wrong clock is named, both clocks") {
  JoinServer server;
  server.clock_error = std::chrono::hours(2);
  const Attempt attempt = join(server.at(), server.settings(), server.token(), server.request, server.clock);
  CHECK(attempt.exit == exit_misconfigured);
  CHECK(attempt.error.message.find("this machine's clock says") != std::string::npos);
}

TEST_CASE("a refusal is final, by its kind; what may pass is tried again") {
  JoinServer server;
  const auto exit_for = [&](Code code) {
    server.refusal = Error{code, "no"};
    return join(server.at(), server.settings(), server.token(), server.request, server.clock).exit;
  };
  CHECK(exit_for(Code::unauthenticated) == exit_refused);
  CHECK(exit_for(Code::expired) == exit_refused);
  CHECK(exit_for(Code::already_exists) == exit_conflict);
  CHECK(exit_for(Code::invalid_argument) == exit_usage);
  CHECK(exit_for(Code::unavailable) == std::nullopt);

  server.server->stop();
  CHECK(join(server.at(), server.settings(), server.token(), server.request, server.clock).exit == std::nullopt);
}

TEST_CASE("a name that the server's certificate does not have is final, and named") {
  JoinServer server;
  const Attempt attempt = join({"localhost", server.at().port}, server.settings(), server.token(), server.request, server.clock);
  CHECK(attempt.exit == exit_refused);
  CHECK(attempt.error.message.find("127.0.0.1") != std::string::npos);
}

TEST_CASE("an identity that broke off is none, one that is not whole is named") {
  JoinServer server;
  const Attempt attempt = join(server.at(), server.settings(), server.token(), server.request, server.clock);
  REQUIRE(attempt.identity);
  const TempFolder folder;
  const std::string identity = folder.path() + "/identity";
  CHECK_FALSE(*load_identity(folder.path()));
  REQUIRE(files::make_folder(identity, 0700));
  REQUIRE(files::write(identity + "/node.key", "half", 0600));
  CHECK_FALSE(*load_identity(folder.path()));

  REQUIRE(save_identity(folder.path(), *attempt.identity));
  CHECK(*load_identity(folder.path()));
  CHECK_FALSE(std::filesystem::exists(identity + "/node.key"));
  std::filesystem::permissions(identity + "/node.pem", std::filesystem::perms(0644));
  CHECK(load_identity(folder.path()).error().code == Code::permission_denied);
  std::filesystem::remove(identity + "/node.pem");
  CHECK_FALSE(load_identity(folder.path()));
  REQUIRE(save_identity(folder.path(), *attempt.identity));
  REQUIRE(files::write(identity + "/node.json", "{", 0600));
  CHECK(load_identity(folder.path()).error().code == Code::corrupt);
}

TEST_CASE("a token is read from its file, or what is missing is said") {
  const TempFolder folder;
  const std::string path = folder.path() + "/token";
  const access::TokenText token{std::string(64, 'a'), TokenId("0123456789ab"),
                                access::make_secret(std::string(32, 'x'))};
  REQUIRE(files::write(path, access::format(token) + "\n", 0600));
  const auto read = read_token({.token_file = path});
  REQUIRE(read);
  CHECK(access::format(*read) == access::format(token));
  CHECK_FALSE(read_token({}));
  CHECK_FALSE(read_token({.token_file = path + ".none"}));
  REQUIRE(files::write(path, "ktn1.rubbish", 0600));
  CHECK(read_token({.token_file = path}).error().hint.find("--token-file") != std::string::npos);
}
