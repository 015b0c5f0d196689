// Logging in at the server's provider, and naming it.
#include "kontena/api/sso.h"

#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/api/people.h"

namespace kontena::client {
namespace {

const std::string at_server = "https://10.0.0.5:7443";

void begins(canned::World& world, std::int64_t lifetime_ms = 600'000) {
  world.environment.erase("KONTENA_URL");
  world.environment.erase("KONTENA_TOKEN");
  world.write("ca.pem", "authority");
  world.answer("POST /v1/login/sso",
               codec::to_json(api::SsoBegun{"secret-of-login", "ABCD-EFGH", "https://login.example/device",
                                            "https://login.example/device?c=ABCD-EFGH", 5'000, lifetime_ms}),
               201);
}
void waits(canned::World& world, const api::SsoState& state) { world.answer_with("POST /v1/login/sso/wait", state); }
canned::Ran log_in(canned::World& world) {
  return world.run({"login", "--sso", "--url", at_server, "--ca-file", world.folder + "/ca.pem"});
}
int times(canned::World& world, const std::string& start) {
  int count = 0;
  for (const std::string& each : world.asked()) count += each.starts_with(start) ? 1 : 0;
  return count;
}

api::SsoSummary summary() {
  return {.issuer = "https://login.example",
          .client_id = "kontena",
          .secret = true,
          .user_claim = "email",
          .groups_claim = "groups",
          .scopes = {"openid"},
          .authority = {},
          .session_ms = 3'600'000,
          .accounts = 2,
          .updated_ms = 1,
          .updated_by = "admin"};
}

}  // namespace

TEST_CASE("who logs in at the provider is told where, waited for, and then has a context") {
  canned::World world;
  begins(world);
  waits(world, {.state = "pending", .wait_ms = 5'000});
  waits(world, {.state = "pending", .wait_ms = 10'000});
  waits(world, {.state = "done", .user = "ann", .token = canned::token});
  world.answer_with("GET /v1/health", api::Hello{.product = "kontena", .version = KONTENA_VERSION});
  world.answer_with("GET /v1/whoami",
                    api::Whoami{.kind = "user", .id = "0123456789ab", .name = "ann", .session = true});
  world.answer_with("GET /v1/grids", api::GridList{{{.name = "main"}}});
  const Duration start = world.clock.steady();
  const auto ran = log_in(world);
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("https://login.example/device\n") != std::string::npos);
  CHECK(ran.err.find("ABCD-EFGH") != std::string::npos);
  CHECK(ran.err.find("as ann") != std::string::npos);
  CHECK(ran.err.find("secret-of-login") == std::string::npos);
  CHECK(ran.err.find(canned::token) == std::string::npos);
  CHECK(world.trusted == "authority");
  CHECK(world.clock.steady() - start >= Duration(20'000));
  CHECK(times(world, "POST /v1/login/sso/wait") == 3);
}

TEST_CASE("a login that is denied, too late or given up ends so") {
  SUBCASE("denied") {
    canned::World world;
    begins(world);
    world.refuse("POST /v1/login/sso/wait", 401, "unauthenticated", "the login was denied at the provider");
    CHECK(log_in(world).status == 6);
  }
  SUBCASE("too late") {
    canned::World world;
    begins(world, 12'000);
    waits(world, {.state = "pending", .wait_ms = 5'000});
    CHECK(log_in(world).status == 1);
    CHECK(times(world, "POST /v1/login/sso/wait") == 3);
  }
  SUBCASE("given up") {
    canned::World world;
    begins(world);
    waits(world, {.state = "cancelled"});
    world.interrupt = [] { return 2; };
    CHECK(log_in(world).status != 0);
    CHECK(world.asked().back().find(R"("cancel":true)") != std::string::npos);
  }
}

TEST_CASE("what the provider says does not move the cursor") {
  canned::World world;
  begins(world);
  world.answer("POST /v1/login/sso", "", 500);
  canned::World other;
  other.write("ca.pem", "authority");
  other.answer("POST /v1/login/sso",
               R"({"login":"l","user_code":"A\u001b[2J","url":"https://a/","wait_ms":1,"lifetime_ms":9})", 201);
  const auto ran = log_in(other);
  CHECK(ran.status != 0);
  CHECK(ran.err.find('\x1b') == std::string::npos);
}

TEST_CASE("without the server's authority nothing is said to it") {
  canned::World world;
  begins(world);
  CHECK(world.run({"login", "--sso", "--url", at_server}).status == 2);
  CHECK(world.asked().empty());
}

TEST_CASE("a provider is named, with its client's secret from a file or standard input") {
  canned::World world;
  world.refuse("GET /v1/sso", 404, "not_found", "no provider");
  world.answer_with("PUT /v1/sso", summary());
  CHECK(world.run({"sso", "set", "--client-id", "x"}).status == 2);
  world.input = "planted-secret\n";
  const auto ran = world.run({"sso", "set", "--issuer", "https://login.example", "--client-id", "kontena",
                              "--client-secret-file", "-", "--scopes", "openid, groups", "--session", "1h"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(ran.err.find("planted") == std::string::npos);
  const std::string sent = world.asked().back();
  CHECK(sent.find(R"("secret":"planted-secret")") != std::string::npos);
  CHECK(sent.find(R"("scopes":["openid","groups"])") != std::string::npos);
  CHECK(sent.find(R"("session_ms":3600000)") != std::string::npos);
  CHECK(sent.find(R"("user_claim":null)") != std::string::npos);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"sso", "set", "--client-secret-file", "-", "--no-client-secret", "--issuer",
                                 "https://a", "--client-id", "x"},
        std::vector<std::string>{"sso", "set", "--ca-file", "x", "--host-authorities", "--issuer", "https://a",
                                 "--client-id", "x"}})
    CHECK(world.run(words).status == 2);
}

TEST_CASE("a provider is shown, and taken away after a question") {
  canned::World world;
  world.answer_with("GET /v1/sso", summary());
  world.answer("DELETE /v1/sso", "{}");
  const auto shown = world.run({"sso", "show"});
  CHECK(shown.status == 0);
  CHECK(shown.out.find("https://login.example") != std::string::npos);
  CHECK(shown.out.find("kept sealed") != std::string::npos);
  CHECK(world.run({"sso", "rm"}).status != 0);
  CHECK(times(world, "DELETE /v1/sso") == 0);
  CHECK(world.run({"sso", "rm", "-y"}).status == 0);
  CHECK(times(world, "DELETE /v1/sso") == 1);
}

}  // namespace kontena::client
