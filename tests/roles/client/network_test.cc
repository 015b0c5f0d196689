#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/api/call.h"
#include "kontena/api/network.h"
#include "kontena/api/projects.h"

namespace kontena::client {
namespace {

using canned::in_grid;
using canned::in_project;

api::NetworkSummary front() {
  return {.project = "default",
          .name = "front",
          .subnet = "172.20.0.0/16",
          .gateway = "172.20.0.1",
          .internal = true,
          .declared = true,
          .free_addresses = 65533,
          .created_ms = 1000};
}

api::NetworkDetail back() {
  return {.summary = {.project = "default",
                      .name = "shop.back",
                      .stack = "shop",
                      .subnet = "10.80.16.0/22",
                      .gateway = "10.80.16.1",
                      .instances = 3,
                      .nodes = 1,
                      .free_addresses = 1018,
                      .created_ms = 1000},
          .members = {{.network = "default/shop.back",
                       .address = "10.80.16.10",
                       .node = NodeId("n1"),
                       .full = "web-1.shop.default.main.kontena.local",
                       .up = true},
                      {.network = "default/shop.back",
                       .address = "10.80.16.9",
                       .node = NodeId("n1"),
                       .full = "my.web-12.shop.default.main.kontena.local"},
                      {.network = "default/shop.back", .address = "10.80.17.1", .node = NodeId("n1"), .full = "odd"}}};
}

}  // namespace

TEST_CASE("keys are rotated, and the client waits until every node uses its new one") {
  canned::World world;
  const std::string post = "POST " + in_grid + "/network/rotate-keys";
  const auto nodes = [](std::int64_t one, std::int64_t two) {
    api::NodeList list;
    list.nodes = {{.name = "n1", .facts = {.mesh_rotation = one}}, {.name = "n2", .facts = {.mesh_rotation = two}}, {.name = "away"}};
    return list;
  };
  world.answer_with(post, api::KeyRotation{.rotation = 3, .nodes = {"n1", "n2"}});
  world.answer_with("GET " + in_grid + "/nodes", nodes(2, 2));
  world.answer_with("GET " + in_grid + "/nodes", nodes(3, 2));
  world.answer_with("GET " + in_grid + "/nodes", nodes(3, 3));
  const auto waited = world.run({"grid", "network", "rotate-keys"});
  CHECK(waited.status == 0);
  CHECK(waited.err.find("1/2 nodes use their new key") != std::string::npos);
  CHECK(waited.err.find("all nodes use new keys") != std::string::npos);
}

TEST_CASE("projects are made, listed and removed") {
  canned::World world;
  const model::Project accounts{"default", "accounts", 1000};
  world.answer_with("PUT " + in_grid + "/projects/accounts", accounts);
  const auto made = world.run({"project", "create", "accounts"});
  CHECK(made.status == 0);
  CHECK(made.err.find("project accounts is made") != std::string::npos);
  world.answer_with("GET " + in_grid + "/projects", api::ProjectList{{accounts, {"default", "default", 1000}}});
  CHECK(world.run({"project", "ls", "-q"}).out == "accounts\ndefault\n");
  world.answer_with("DELETE " + in_grid + "/projects/accounts", api::Nothing{});
  CHECK(world.run({"project", "rm", "-y", "accounts"}).status == 0);
}

TEST_CASE("a network with IPv6 is asked for, and shown with both kinds of addresses") {
  canned::World world;
  api::NetworkDetail detail = back();
  detail.summary.subnet6 = "fd12:3456:789a:1::/64";
  detail.summary.gateway6 = "fd12:3456:789a:1::1";
  detail.members[0].address6 = "fd12:3456:789a:1::a50:100a";
  world.answer_with("GET " + in_project + "/networks/shop.back", detail);
  const std::string shown = world.run({"network", "show", "shop.back"}).out;
  CHECK(shown.find("fd12:3456:789a:1::/64, gateway fd12:3456:789a:1::1") != std::string::npos);
  CHECK(shown.find("fd12:3456:789a:1::a50:100a") != std::string::npos);
  CHECK(shown.find("IPV6") != std::string::npos);
  world.answer_with("GET " + in_project + "/networks", api::NetworkList{{detail.summary}});
  CHECK(world.run({"network", "ls"}).out.find("10.80.16.0/22, fd12:3456:789a:1::/64") != std::string::npos);
  world.answer_with("POST " + in_project + "/networks", detail.summary);
  const auto made = world.run({"network", "create", "six", "--ipv6", "--subnet6", "fd12:3456:789a:1::/64"});
  CHECK(made.err.find("is made: 10.80.16.0/22, fd12:3456:789a:1::/64") != std::string::npos);
}

TEST_CASE("networks are listed with whose they are and what is free") {
  canned::World world;
  world.answer_with("GET " + in_project + "/networks", api::NetworkList{{front(), back().summary}});
  CHECK(world.run({"network", "ls"}).out ==
        "NAME       STACK  SUBNET         INSTANCES  NODES  FREE\n"
        "front      -      172.20.0.0/16  0          0      65533\n"
        "shop.back  shop   10.80.16.0/22  3          1      1018\n");
  CHECK(world.run({"network", "ls", "-q"}).out == "front\nshop.back\n");
  const auto array =
      codec::from_json<std::vector<api::NetworkSummary>>(world.run({"network", "ls", "--format", "json"}).out);
  REQUIRE(array);
  REQUIRE(array->size() == 2);
  CHECK(array->at(1).free_addresses == 1018);
}

TEST_CASE("network show has who is on it, by address") {
  canned::World world;
  world.answer_with("GET " + in_project + "/networks/shop.back", back());
  CHECK(world.run({"network", "show", "shop.back"}).out ==
        "shop.back\n"
        "stack      shop\n"
        "subnet     10.80.16.0/22, given by the grid\n"
        "gateway    10.80.16.1\n"
        "instances  3 on 1 node\n"
        "free       1018 addresses\n"
        "made       1970-01-01T00:00:01.000Z\n"
        "\n"
        "ADDRESS      INSTANCE        NODE  UP\n"
        "10.80.16.9   shop/my.web-12  n1    no\n"
        "10.80.16.10  shop/web-1      n1    yes\n"
        "10.80.17.1   odd             n1    no\n");
  CHECK(world.run({"network", "show", "shop.back", "-q"}).out == "shop.back\n");
  const auto detail = codec::from_json<api::NetworkDetail>(world.run({"network", "show", "shop.back", "--json"}).out);
  REQUIRE(detail);
  CHECK(detail->members.at(0).full == "web-1.shop.default.main.kontena.local");

  world.answer_with("GET " + in_project + "/networks/front", api::NetworkDetail{front(), {}});
  CHECK(world.run({"network", "show", "front"}).out ==
        "front\n"
        "subnet     172.20.0.0/16, declared\n"
        "gateway    172.20.0.1\n"
        "internal   no way out of it\n"
        "instances  0 on 0 nodes\n"
        "free       65533 addresses\n"
        "made       1970-01-01T00:00:01.000Z\n");
  CHECK(world.run({"network", "show", "none"}).status == 4);
}

TEST_CASE("an instance is named by its stack where stack, project and grid are called the same") {
  canned::World world;
  world.environment["KONTENA_GRID"] = "default";
  auto detail = back();
  detail.members = {
      {.address = "10.80.16.9", .node = NodeId("n1"), .full = "web-1.default.default.default.kontena.local"}};
  world.answer_with("GET /v1/grids/default/projects/default/networks/back", detail);
  CHECK(world.run({"network", "show", "back"}).out.find("  default/web-1  ") != std::string::npos);
}

TEST_CASE("network create asks for what was said") {
  canned::World world;
  world.answer("POST " + in_project + "/networks", codec::to_json(front()), 201);
  const auto ran = world.run({"network", "create", "front", "--subnet", "172.20.0.0/16", "--gateway=172.20.0.1",
                              "--ip-range", "172.20.4.0/24", "--internal", "--label", "team=a", "--label", "tier="});
  CHECK(ran.status == 0);
  CHECK(ran.out.empty());
  CHECK(ran.err == "network front is made: 172.20.0.0/16; Compose files name it with `external: true`\n");
  CHECK(world.asked().back() == "POST " + in_project +
                                    R"(/networks {"gateway":"172.20.0.1","gateway6":"","internal":true,)"
                                    R"("ip_range":"172.20.4.0/24","ipv6":false,"labels":{"team":"a","tier":""},)"
                                    R"("name":"front","subnet":"172.20.0.0/16","subnet6":""})");
  CHECK(world.run({"network", "create", "front", "-q"}).out == "front\n");
  CHECK(world.asked().back().ends_with(
      R"({"gateway":"","gateway6":"","internal":false,"ip_range":"","ipv6":false,"labels":{},"name":"front",)"
      R"("subnet":"","subnet6":""})"));
  CHECK(world.run({"network", "create", "front", "--label", "team"}).status == 2);
  CHECK(world.run({"network", "create"}).status == 2);
}

TEST_CASE("networks are removed after a question, past those in use") {
  canned::World world;
  world.refuse("DELETE " + in_project + "/networks/shop.back", 409, "failed_precondition",
               "network 'shop.back' is stack 'shop's", "it goes with the stack: kontena client stack rm shop");
  world.answer("DELETE " + in_project + "/networks/front", "{}");
  CHECK(world.run({"network", "rm", "front"}).status == 2);
  CHECK(world.asked().empty());
  const auto ran = world.run({"network", "rm", "-y", "shop.back", "front"});
  CHECK(ran.status == 5);
  CHECK(ran.err ==
        "network front is removed\n"
        "kontena: network 'shop.back' is stack 'shop's\n"
        "hint: it goes with the stack: kontena client stack rm shop\n");
  CHECK(world.run({"network", "rm", "-y", "-q", "front"}).out == "front\n");
  world.terminal = true;
  world.typed = "n";
  const auto asked = world.asked().size();
  CHECK(world.run({"network", "rm", "front"}).err.starts_with("remove network front? [y/N] "));
  CHECK(world.asked().size() == asked);
}

TEST_CASE("nodes tell of their part in the network between nodes, and warn where it is poor") {
  canned::World world;
  api::NodeSummary well{.id = "4be19c0d2a11", .name = "n1", .state = "ready", .availability = "active"};
  well.facts.mesh_key = "abcdefghijklmnopqrstuvwxyz0123456789+/ABCDE=";
  well.facts.mesh_way = "kernel";
  well.facts.mesh_endpoints = {"192.0.2.7:51820", "10.0.0.1:51820"};
  world.answer_with("GET " + in_grid + "/nodes/n1", well);
  const auto shown = world.run({"node", "show", "n1"});
  CHECK(shown.out.find("mesh        WireGuard of the kernel, key abcdefgh…\n"
                       "endpoints   192.0.2.7:51820, 10.0.0.1:51820\n") != std::string::npos);
  CHECK(shown.out.find("trouble") == std::string::npos);
  CHECK(shown.err.empty());

  api::NodeSummary poor{.id = "4be19c0d2a12", .name = "n2", .state = "ready", .availability = "active"};
  poor.facts.mesh_problem = "the program nft is not installed";
  world.answer_with("GET " + in_grid + "/nodes/n2", poor);
  const std::string warning =
      "warning: node n2: its network to other nodes is not as it should be: the program nft is not installed\n";
  const auto trouble = world.run({"node", "show", "n2"});
  CHECK(trouble.out.find("trouble     the program nft is not installed\n") != std::string::npos);
  CHECK(trouble.out.find("mesh ") == std::string::npos);
  CHECK(trouble.err == warning);
  world.answer_with("GET " + in_grid + "/nodes", api::NodeList{{well, poor}});
  CHECK(world.run({"node", "ls"}).err == warning);
  CHECK(world.run({"node", "ls", "-q"}).out == "n1\nn2\n");
}

}  // namespace kontena::client
