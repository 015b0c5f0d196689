#include <doctest/doctest.h>

#include "canned.h"

namespace kontena::client {
namespace {

const std::string nodes = "GET " + canned::in_grid + "/nodes";

}  // namespace

TEST_CASE("the server's error is printed as it is, with its exit status") {
  struct Row {
    int http;
    std::string code;
    int status;
  };
  for (const Row& row :
       {Row{400, "invalid_argument", 2}, Row{401, "unauthenticated", 6}, Row{403, "permission_denied", 6},
        Row{404, "not_found", 4}, Row{409, "already_exists", 5}, Row{409, "conflict", 5},
        Row{409, "failed_precondition", 5}, Row{409, "unplaceable", 11}, Row{503, "unavailable", 7},
        Row{504, "deadline_exceeded", 8}, Row{500, "internal", 1}, Row{418, "of_tomorrow", 1}}) {
    canned::World world;
    world.refuse(nodes, row.http, row.code, "it is so", "do that");
    const auto ran = world.run({"node", "ls"});
    CAPTURE(row.code);
    CHECK(ran.status == row.status);
    CHECK(ran.out.empty());
    CHECK(ran.err == "kontena: it is so\nhint: do that\n");
  }
}

TEST_CASE("an error of the server is one JSON object where JSON was asked for") {
  canned::World world;
  world.refuse(nodes, 404, "not_found", "grid 'main' not found");
  const auto ran = world.run({"node", "ls", "--format", "json"});
  CHECK(ran.status == 4);
  CHECK(ran.err == R"({"error":{"code":"not_found","hint":"","message":"grid 'main' not found"}})"
                   "\n");
}

TEST_CASE("what cannot be reached is told, and exits with 7") {
  canned::World world;
  world.add(nodes, {.broken = Error{Code::unavailable, "cannot connect to server:7443: connection refused"}});
  const auto ran = world.run({"node", "ls"});
  CHECK(ran.status == 7);
  CHECK(ran.err == "kontena: cannot connect to server:7443: connection refused\n");
}

TEST_CASE("an answer that is not kontena's is told of, with the versions where they differ") {
  canned::World proxy;
  proxy.answer(nodes, "<html>Bad Gateway</html>", 502);
  const auto html = proxy.run({"node", "ls"});
  CHECK(html.status == 7);
  CHECK(html.err.find("502") != std::string::npos);
  CHECK(html.err.find("html") == std::string::npos);

  canned::World newer;
  newer.answer(nodes, R"({"nodes":{"n1":{}}})");
  newer.answer_with("GET /v1/health", api::Hello{"kontena", "9.0.0", 0});
  const auto odd = newer.run({"node", "ls"});
  CHECK(odd.status == 7);
  CHECK(odd.err.find("server 9.0.0, client " KONTENA_VERSION) != std::string::npos);
  CHECK(odd.err.find("upgrade this client") != std::string::npos);
}

TEST_CASE("fields that the client does not know are passed over") {
  canned::World world;
  world.answer(nodes, R"({"nodes":[{"name":"n1","tomorrow":true}],"next":"x"})");
  CHECK(world.run({"node", "ls", "-q"}).out == "n1\n");
}

TEST_CASE("without a login the way to one is told") {
  canned::World world;
  world.environment.erase("KONTENA_URL");
  const auto ran = world.run({"node", "ls"});
  CHECK(ran.status == 6);
  CHECK(ran.err ==
        "kontena: not logged in: no server is known\n"
        "hint: kontena client login --url https://HOST:7443, or set KONTENA_URL and KONTENA_TOKEN\n");
  world.environment["KONTENA_URL"] = "http://plain";
  CHECK(world.run({"node", "ls"}).status == 2);
}

TEST_CASE("version prints the client's where the server is not reached") {
  canned::World world;
  world.add("GET /v1/health", {.broken = Error{Code::unavailable, "no route"}});
  const auto ran = world.run({"version"});
  CHECK(ran.status == 7);
  CHECK(ran.out == "client " KONTENA_VERSION "\n");
  CHECK(world.run({"version", "--client"}).status == 0);
  CHECK(world.run({"--version"}).out == "kontena " KONTENA_VERSION "\n");
  canned::World old;
  old.answer_with("GET /v1/health", api::Hello{"kontena", "9.1.0", 0});
  const auto both = old.run({"version"});
  CHECK(both.out == "client " KONTENA_VERSION "\nserver 9.1.0\n");
  CHECK(both.err.find("upgrade this client") != std::string::npos);
}

}  // namespace kontena::client
