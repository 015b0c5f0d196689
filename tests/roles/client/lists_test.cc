#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/api/audit.h"

namespace kontena::client {
namespace {

using canned::in_grid;
using canned::in_project;
using canned::instance;

}  // namespace

TEST_CASE("ps tells what runs where, and why it does not") {
  canned::World world;
  auto web = instance("web", 1, "n1");
  web.status = {.state = model::InstanceState::running, .health = model::Health::healthy, .started_ms = world.ago(180)};
  web.status.ports = {{80, 8080, "tcp", "0.0.0.0"}, {80, 8080, "tcp", "::"}, {53, 53, "udp", "127.0.0.1"}};
  web.created_ms = world.ago(3 * 3600);
  auto pulling = instance("web", 2, "n2");
  pulling.status = {.state = model::InstanceState::pulling, .progress = "12.1 MB / 40.2 MB"};
  auto waiting = instance("web", 3, "");
  waiting.why_not = "2 without enough free memory";
  auto failed = instance("db", 1, "n1");
  failed.status = {.state = model::InstanceState::exited, .exit_code = 1, .restarts = 3, .finished_ms = world.ago(10)};
  failed.node_state = "lost";
  auto old = instance("web", 1, "n3");
  old.outdated = true;
  old.desired = "removed";
  old.status.state = model::InstanceState::running;
  world.answer_with("GET " + in_project + "/instances?stack=shop",
                    api::InstanceList{7, {web, pulling, waiting, failed, old}});

  CHECK(world.run({"ps", "shop"}).out ==
        "INSTANCE    STATE                                  NODE       PORTS                           AGE\n"
        "shop/web-1  running (healthy) 3m                   n1         8080->80, 127.0.0.1:53->53/udp  3h\n"
        "shop/web-2  pulling 12.1 MB / 40.2 MB              n2\n"
        "shop/web-3  waiting: 2 without enough free memory  -\n"
        "shop/db-1   exited with 1 10s ago, 3 restarts      n1 (lost)\n"
        "shop/web-1  removing, old revision                 n3\n");
  CHECK(world.run({"ps", "-q", "shop"}).out == "shop/web-1\nshop/web-2\nshop/web-3\nshop/db-1\nshop/web-1\n");
  const auto lines = world.run({"ps", "shop", "--format", "jsonl"}).out;
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 5);
  const auto array = codec::from_json<std::vector<api::InstanceSummary>>(world.run({"ps", "shop", "--json"}).out);
  REQUIRE(array);
  CHECK(array->size() == 5);
  CHECK(array->at(1).status.progress == "12.1 MB / 40.2 MB");
}

TEST_CASE("ps asks for a service by its stack and name") {
  canned::World world;
  world.answer_with("GET " + in_project + "/instances?service=web&stack=shop", api::InstanceList{});
  CHECK(world.run({"ps", "shop/web", "--no-headers"}).out == "");
  CHECK(world.run({"ps", "shop/web/1"}).status == 2);
  CHECK(world.run({"ps", "/web"}).status == 2);
}

TEST_CASE("stacks, services and nodes are listed") {
  canned::World world;
  world.answer_with("GET " + in_project + "/stacks", api::StackList{{{.name = "shop",
                                                                      .revision = 3,
                                                                      .state = "degraded",
                                                                      .services = 2,
                                                                      .instances = 3,
                                                                      .running = 2,
                                                                      .updated_ms = world.ago(240)}}});
  CHECK(world.run({"stack", "ls"}).out ==
        "STACK  STATE     SERVICES  INSTANCES  REVISION  DEPLOYED\n"
        "shop   degraded  2         2/3        3         4m ago\n");
  world.answer_with("GET " + in_project + "/services", api::ServiceList{{{.stack = "shop",
                                                                          .name = "web",
                                                                          .image = "nginx:1.25",
                                                                          .mode = "replicated",
                                                                          .wanted = 2,
                                                                          .running = 2,
                                                                          .state = "running",
                                                                          .ports = {{80, 8080, "tcp", ""}}}}});
  CHECK(world.run({"service", "ls"}).out ==
        "SERVICE   STATE    INSTANCES  MODE        IMAGE       PORTS     REASON\n"
        "shop/web  running  2/2        replicated  nginx:1.25  8080->80\n");
  api::NodeSummary node{.id = "4be19c0d2a11",
                        .name = "n1",
                        .state = "ready",
                        .availability = "active",
                        .labels = {{"zone", "eu-1"}},
                        .instances = 2,
                        .memory_reserved = 512 << 20};
  node.facts = {.architecture = "amd64",
                .nano_cpus = 2'500'000'000,
                .memory_bytes = 4ll << 30,
                .engine_version = "27.3.1",
                .address = "10.0.0.1"};
  world.answer_with("GET " + in_grid + "/nodes", api::NodeList{{node}});
  CHECK(world.run({"node", "ls"}).out ==
        "NODE  STATE  ADDRESS   CPUS  MEMORY           INSTANCES  ENGINE  LABELS\n"
        "n1    ready  10.0.0.1  2.5   512 MB / 4.0 GB  2          27.3.1  zone=eu-1\n");
  world.answer_with("GET " + in_grid + "/nodes/n1", node);
  CHECK(world.run({"node", "show", "n1"}).out.find("cpus        2.5, 0 reserved\n") != std::string::npos);
}

TEST_CASE("stack show has services, volumes and notes") {
  canned::World world;
  api::StackDetail detail;
  detail.summary = {.name = "shop", .revision = 3, .state = "running", .updated_ms = world.ago(240)};
  detail.services = {{.name = "web", .image = "nginx", .wanted = 1, .running = 1, .state = "running"}};
  detail.volumes = {{.name = "shop.data", .node = "n1"}, {.name = "shop.cache"}};
  detail.notes = {"the newest image could not be asked for"};
  world.answer_with("GET " + in_project + "/stacks/shop", detail);
  CHECK(world.run({"stack", "show", "shop"}).out ==
        "shop  running  revision 3  deployed 4m ago\n"
        "\n"
        "SERVICE  STATE    INSTANCES  IMAGE  PORTS  REASON\n"
        "web      running  1/1        nginx\n"
        "\n"
        "VOLUME      NODE\n"
        "shop.data   n1\n"
        "shop.cache  not placed yet\n"
        "\n"
        "note: the newest image could not be asked for\n");
  CHECK(world.run({"stack", "show", "shop", "-q"}).out == "shop\n");
}

TEST_CASE("a new token is printed alone, and what it is goes to standard error") {
  canned::World world;
  world.answer("POST /v1/tokens", codec::to_json(api::TokenAnswer{{.id = "4be19c0d2a11"}, "ktn1.x.y.z"}), 201);
  const auto ran =
      world.run({"token", "create", "--expires", "24h", "--uses", "3", "--label", "zone=eu", "--label", "disk=ssd"});
  CHECK(ran.out == "ktn1.x.y.z\n");
  CHECK(ran.err.find("token rm 4be19c0d2a11") != std::string::npos);
  CHECK(world.asked().back() ==
        R"(POST /v1/tokens {"description":"","grid":"main","kind":"join","labels":{"disk":"ssd","zone":"eu"},)"
        R"("lifetime_ms":86400000,"owner":"","scope":"","uses":3,"verbs":[]})");
  CHECK(world.run({"token", "create", "--expires", "soon"}).status == 2);
  CHECK(world.run({"token", "create", "--uses", "0"}).status == 2);
  CHECK(world.run({"token", "create", "--label", "zone"}).status == 2);
}

TEST_CASE("labels are set and taken off in one request") {
  canned::World world;
  world.answer_with("POST " + in_grid + "/nodes/n1/labels", api::NodeSummary{.name = "n1", .labels = {{"zone", "eu"}}});
  CHECK(world.run({"node", "label", "n1", "zone=eu", "disk-"}).out == "zone=eu\n");
  CHECK(world.asked().back().ends_with(R"( {"remove":["disk"],"set":{"zone":"eu"}})"));
  CHECK(world.run({"node", "label", "n1"}).status == 2);
  CHECK(world.run({"node", "label", "n1", "zone"}).status == 2);
}

TEST_CASE("what removes asks on a terminal, and wants -y without one") {
  canned::World world;
  world.answer("DELETE " + in_grid + "/nodes/n1", "{}");
  world.answer("DELETE " + in_grid + "/nodes/n2", "{}");
  const auto refused = world.run({"node", "rm", "n1"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--yes (-y)") != std::string::npos);
  CHECK(world.asked().empty());
  CHECK(world.run({"node", "rm", "-y", "n1", "n2"}).status == 0);
  CHECK(world.asked().size() == 2);
  world.terminal = true;
  world.typed = "";
  CHECK(world.run({"node", "rm", "n1"}).status == 2);
  CHECK(world.asked().size() == 2);
  world.typed = "y";
  CHECK(world.run({"node", "rm", "n1"}).err ==
        "remove node n1 from the grid? [y/N] node n1 is removed; its agent cleans up if it hears so\n");
}

TEST_CASE("of several the others are done where one fails") {
  canned::World world;
  world.refuse("DELETE /v1/tokens/a", 404, "not_found", "token 'a' not found", "kontena client token ls");
  world.answer("DELETE /v1/tokens/b", "{}");
  const auto ran = world.run({"token", "rm", "-y", "a", "b"});
  CHECK(ran.status == 4);
  CHECK(ran.err == "token b is revoked\nkontena: token 'a' not found\nhint: kontena client token ls\n");
}

TEST_CASE("a stack is removed when the server knows it no more") {
  canned::World world;
  const std::string stack = "GET " + in_project + "/stacks/shop";
  world.answer("DELETE " + in_project + "/stacks/shop", "{}");
  world.answer_with(stack, api::StackDetail{});
  world.answer_with(stack, api::StackDetail{});
  world.refuse(stack, 404, "not_found", "stack 'shop' not found");
  world.answer_with("GET " + in_project + "/instances?stack=shop", api::InstanceList{5, {instance("web", 1, "n1")}});
  world.answer_with("GET " + in_project + "/instances?after=5&stack=shop", api::InstanceList{6, {}});
  const auto ran = world.run({"stack", "rm", "-y", "shop"});
  CHECK(ran.status == 0);
  CHECK(ran.err == "removing shop\nshop is gone; its volumes are kept\n");

  canned::World slow;
  slow.answer("DELETE " + in_project + "/stacks/shop", "{}");
  slow.answer_with(stack, api::StackDetail{});
  slow.add("GET " + in_project + "/instances?stack=shop",
           {.body = codec::to_json(api::InstanceList{}), .takes = Duration(40'000)});
  const auto late = slow.run({"stack", "rm", "-y", "shop", "--timeout", "1m"});
  CHECK(late.status == 8);
  CHECK(late.err.find("--timeout") != std::string::npos);
}

TEST_CASE("status lists what is wrong, and --check exits with 10 for it") {
  canned::World world;
  world.answer_with("GET /v1/health", api::Hello{"kontena", KONTENA_VERSION, 0});
  world.answer_with("GET /v1/whoami", api::Who{"administrator", "1", "administrator", ""});
  world.answer_with("GET " + in_grid, api::GridSummary{.name = "main", .nodes = 2, .nodes_ready = 1});
  world.answer_with("GET " + in_grid + "/nodes",
                    api::NodeList{{{.name = "n1", .state = "ready"},
                                   {.name = "n2", .state = "lost", .last_heard_ms = world.ago(240)}}});
  auto bad = instance("web", 2, "");
  bad.why_not = "no node is ready";
  world.answer_with("GET " + in_project + "/instances", api::InstanceList{1, {instance("web", 1, "n1"), bad}});
  world.answer_with("GET " + in_project + "/stacks",
                    api::StackList{{{.name = "shop", .state = "degraded"}, {.name = "blog", .state = "running"}}});
  const auto ran = world.run({"status", "--check"});
  CHECK(ran.status == 10);
  CHECK(ran.out == "server  https://server:7443, version " KONTENA_VERSION
                   "\n"
                   "client  version " KONTENA_VERSION
                   "\n"
                   "user    administrator\n"
                   "grid    main, project default\n"
                   "nodes   1 of 2 ready\n"
                   "stacks  1 of 2 running\n"
                   "\n"
                   "3 problems:\n"
                   "  ✘ node n2 is lost, last heard 4m ago\n"
                   "  ✘ shop/web-2: cannot be placed: no node is ready\n"
                   "  ✘ stack shop is degraded\n");
  CHECK(world.run({"status"}).status == 0);
}

TEST_CASE("the audit is printed oldest first") {
  canned::World world;
  world.answer_with(
      "GET /v1/audit?limit=2",
      api::AuditList{
          {{{.at_ms = 2000, .who = "b", .verb = "stack.deploy", .outcome = "ok", .request = "r2"}, 8},
           {{.at_ms = 1000, .who = "a", .verb = "stack.remove", .outcome = "not_found", .request = "r1", .count = 3},
            7}},
          7});
  CHECK(world.run({"audit", "ls", "--limit", "2", "--no-headers"}).out ==
        "7  1970-01-01T00:00:01.000Z  a    stack.remove    not_found  3  r1\n"
        "8  1970-01-01T00:00:02.000Z  b    stack.deploy    ok         1  r2\n");
}

}  // namespace kontena::client
