// Users, roles, bindings, sessions and access tokens on the command line: passwords never are.
#include "kontena/api/people.h"

#include <doctest/doctest.h>

#include "canned.h"

namespace kontena::client {
namespace {

const std::string at_server = "https://10.0.0.5:7443";

api::Whoami ann() {
  return {.kind = "user",
          .id = "0123456789ab",
          .name = "ann",
          .grid = {},
          .session = true,
          .scope = "/",
          .verbs = {},
          .expires_ms = 0,
          .roles = {{"deployer", "/main/shop", ""}, {"viewer", "/main", "team"}}};
}

void answer_login(canned::World& world) {
  world.answer_with("GET /v1/health", api::Hello{.product = "kontena", .version = KONTENA_VERSION});
  world.answer_with("GET /v1/whoami", ann());
  world.answer_with("GET /v1/grids", api::GridList{{{.name = "main"}}});
}

}  // namespace

TEST_CASE("an invitation is taken up with a code and a new password") {
  canned::World world;
  answer_login(world);
  world.answer("POST /v1/invite", codec::to_json(api::LoginAnswer{"ann", canned::token, 0}), 201);
  world.input = canned::token + "\na long password\n";
  const auto ran = world.run({"login", "--url", at_server, "--user", "ann", "--invited"});
  CHECK(ran.status == 0);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("as ann") != std::string::npos);
  CHECK(ran.err.find("a long password") == std::string::npos);
  world.input = canned::token + "\n";
  CHECK(world.run({"login", "--url", at_server, "--user", "ann", "--invited"}).status == 2);
  CHECK(world.run({"login", "--url", at_server, "--invited"}).status == 2);
  CHECK(world.run({"login", "--url", at_server, "--sso", "--user", "ann"}).status == 2);
  CHECK(world.run({"login", "--url", at_server, "--user", "ann", "--token-file", "-"}).status == 2);
  CHECK(world.run({"login", "--url", at_server, "--password-file", "-"}).status == 2);
  CHECK(world.run({"login", "--url", at_server, "--token-file", "-", "--ca-file", "ca.pem"}).status == 2);
}

TEST_CASE("a password is read from a file, standard input or the terminal, and is no argument") {
  canned::World world;
  answer_login(world);
  world.answer("POST /v1/login", codec::to_json(api::LoginAnswer{"ann", canned::token, 0}), 201);
  world.write("ca.pem", "authority");
  world.input = "hush hush hush\n";
  const std::vector<std::string> words{
      "login", "--url", at_server, "--user", "ann", "--ca-file", world.folder + "/ca.pem"};
  CHECK(world.run(words).status == 0);
  bool asked = false;
  for (const std::string& each : world.asked())
    asked = asked ||
            (each.starts_with("POST /v1/login {") && each.find("\"password\":\"hush hush hush\"") != std::string::npos);
  CHECK(asked);
  world.input = "";
  CHECK(world.run(words).status == 2);
  CHECK(world.run({"login", "--url", at_server, "--user", "ann", "hush"}).status == 2);
}

TEST_CASE("who one is is shown with roles and limits") {
  canned::World world;
  world.answer_with("GET /v1/whoami", ann());
  auto ran = world.run({"whoami"});
  CHECK(ran.status == 0);
  CHECK(ran.out.find("deployer at /main/shop\n") != std::string::npos);
  CHECK(ran.out.find("viewer at /main, of group team\n") != std::string::npos);
  CHECK(world.run({"whoami", "-q"}).out == "ann\n");
  api::Whoami narrow = ann();
  narrow.scope = "/main/shop";
  narrow.verbs = {"view", "logs"};
  narrow.roles.clear();
  canned::World other;
  other.answer_with("GET /v1/whoami", narrow);
  ran = other.run({"whoami"});
  CHECK(ran.out.find("only for  view, logs") != std::string::npos);
  CHECK(ran.out.find("none: an administrator") != std::string::npos);
}

TEST_CASE("whether one may is an exit status, and the reason a line") {
  canned::World world;
  world.answer_with("GET /v1/can-i?at=%2Fmain%2Fdefault%2Fshop&verb=deploy",
                    api::CanI{"ann", "deploy", "/main/default/shop", true, "deployer at /main of ann", {}, {}});
  auto ran = world.run({"can-i", "deploy", "shop"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "yes: deployer at /main of ann\n");
  world.answer_with("GET /v1/can-i?at=%2Feu&user=bob&verb=nodes",
                    api::CanI{"bob", "nodes", "/eu", false, "", "nothing gives 'nodes' at /eu", {}});
  ran = world.run({"can-i", "nodes", "/eu", "--as", "bob"});
  CHECK(ran.status == 1);
  CHECK(ran.out == "no: nothing gives 'nodes' at /eu\n");
  world.answer_with("GET /v1/can-i?at=%2Feu", api::CanI{"ann", "", "/eu", true, "", "", {"logs", "view"}});
  CHECK(world.run({"can-i", "--list", "/eu"}).out == "logs\nview\n");
  CHECK(world.run({"can-i"}).status == 2);
}

TEST_CASE("a role is given to users and groups, at scopes") {
  canned::World world;
  world.answer("POST /v1/bindings", codec::to_json(api::BindingSummary{"group", "devs", "viewer", "/main", 0, "ann"}),
               201);
  CHECK(world.run({"binding", "create", "group:devs", "viewer", "/main"}).status == 0);
  CHECK(world.asked().back().find(R"("kind":"group","role":"viewer","scope":"/main","subject":"devs")") !=
        std::string::npos);
  world.answer("DELETE /v1/bindings?role=viewer&scope=%2Fmain&user=ann", "{}");
  CHECK(world.run({"binding", "rm", "-y", "ann", "viewer", "/main"}).status == 0);
  CHECK(world.run({"binding", "create", "ann", "viewer"}).status == 2);
}

TEST_CASE("an access token is told apart from one to join with") {
  canned::World world;
  world.answer("POST /v1/tokens",
               codec::to_json(api::TokenAnswer{{.id = "4be19c0d2a11", .kind = "access", .owner = "ci"}, "ktn1.text"}),
               201);
  auto ran = world.run({"token", "create", "--for", "ci", "--scope", "/main/shop", "--verbs", "view,deploy"});
  CHECK(ran.out == "ktn1.text\n");
  CHECK(world.asked().back() ==
        R"(POST /v1/tokens {"description":"","grid":"","kind":"access","labels":{},"lifetime_ms":0,)"
        R"("owner":"ci","scope":"/main/shop","uses":-1,"verbs":["view","deploy"]})");
  CHECK(world.run({"token", "create", "--access", "--uses", "3"}).status == 2);
  world.answer_with("GET /v1/tokens",
                    api::TokenList{{{.id = "a", .kind = "access", .owner = "ci", .scope = "main/shop"},
                                    {.id = "s", .kind = "session", .owner = "ann"}}});
  CHECK(world.run({"token", "ls", "-q"}).out == "a\n");
  CHECK(world.run({"token", "ls"}).out.find("ci at /main/shop") != std::string::npos);
  CHECK(world.run({"session", "ls", "-q"}).out == "s\n");
}

}  // namespace kontena::client
