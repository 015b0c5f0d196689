#include <doctest/doctest.h>

#include "canned.h"
#include "progress.h"

namespace kontena::client {
namespace {

using canned::in_project;
using canned::instance;
using model::Health;
using model::InstanceState;

const std::string stack = in_project + "/stacks/shop";
const std::string deployment_path = "GET " + stack + "/deployments/d1";

api::DeploymentDetail detail(std::int64_t revision, model::DeploymentState state,
                             std::vector<api::InstanceSummary> instances) {
  api::DeploymentDetail it{.revision = revision, .instances = std::move(instances)};
  it.deployment = {.id = DeploymentId("d1"), .stack = "shop", .from = 2, .to = 3, .state = state, .created_ms = 1000};
  return it;
}

api::InstanceSummary at(const std::string& service, std::int64_t slot, const std::string& node, InstanceState state,
                        Health health = Health::none) {
  auto it = instance(service, slot, node);
  it.created_ms = 2000;
  it.status.state = state;
  it.status.health = health;
  return it;
}

api::ServiceSummary service(const std::string& name, const std::string& state, std::int64_t running,
                            std::int64_t wanted) {
  return {.stack = "shop", .name = name, .wanted = wanted, .running = running, .state = state};
}

// Answers for a deployment that goes through these states.
void goes(canned::World& world, std::vector<api::DeploymentDetail> details) {
  std::string query;
  for (const auto& each : details) {
    world.answer_with(deployment_path + query, each);
    query = "?after=" + std::to_string(each.revision);
  }
}

const std::string compose_file = "services:\n  web:\n    image: nginx:1.25\n    ports: ['8080:80']\n";

api::DeployAnswer accepted() {
  api::DeployAnswer answer;
  answer.deployment = {.id = DeploymentId("d1"), .stack = "shop", .from = 2, .to = 3};
  answer.created = {"web"};
  answer.unchanged = {"db"};
  return answer;
}

}  // namespace

TEST_CASE("a deploy is followed to its end, a line for each change, and its addresses are printed") {
  canned::World world;
  world.write("compose.yaml", compose_file);
  world.answer_with("PUT " + stack, accepted());
  auto running = at("web", 1, "n1", InstanceState::running);
  running.status.ports = {{80, 8080, "tcp", "0.0.0.0"}, {80, 8080, "tcp", "::"}};
  auto db = at("db", 1, "n2", InstanceState::running);
  db.created_ms = 500;  // from before
  goes(world, {{detail(4, model::DeploymentState::running, {db, at("web", 1, "n1", InstanceState::pending)})},
               {detail(5, model::DeploymentState::running, {db, at("web", 1, "n1", InstanceState::pulling)})},
               {detail(6, model::DeploymentState::running, {db, at("web", 1, "n1", InstanceState::pulling)})},
               {detail(7, model::DeploymentState::succeeded, {db, running})}});
  const auto ran = world.run({"stack", "deploy", "shop"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "10.0.0.1:8080 -> web:80\n");
  CHECK(ran.err ==
        "deploying shop revision 3: web created; db unchanged\n"
        "web-1 on n1: placed\n"
        "web-1 on n1: pulling\n"
        "web-1 on n1: running\n"
        "✔ shop revision 3 runs, after 0s\n");
}

TEST_CASE("-q prints the stack's name alone, --detach -q the deployment's id") {
  canned::World world;
  world.write("compose.yaml", compose_file);
  world.answer_with("PUT " + stack, accepted());
  goes(world, {detail(7, model::DeploymentState::succeeded, {})});
  const auto quiet = world.run({"stack", "deploy", "-q", "shop"});
  CHECK(quiet.out == "shop\n");
  CHECK(quiet.err == "");
  const auto detached = world.run({"stack", "deploy", "-q", "--detach", "shop"});
  CHECK(detached.out == "d1\n");
  CHECK(detached.err == "");
  const auto told = world.run({"stack", "deploy", "--detach", "shop"});
  CHECK(told.err.ends_with("to follow it: kontena client deployment wait shop d1\n"));
}

TEST_CASE("the file is found in a folder above, and its .env beside it") {
  canned::World world;
  world.write("compose.yml", "services:\n  web:\n    image: nginx:${TAG}\n");
  world.write(".env", "TAG=from-env-file\n");
  std::filesystem::create_directories(world.folder + "/a/b");
  world.answer_with("PUT " + stack, accepted());
  goes(world, {detail(7, model::DeploymentState::succeeded, {})});
  const std::string top = world.folder;
  world.folder += "/a/b";
  CHECK(world.run({"stack", "deploy", "shop"}).status == 0);
  world.folder = top;
  REQUIRE(!world.asked().empty());
  CHECK(world.asked().front().find("nginx:from-env-file") != std::string::npos);
}

TEST_CASE("all that is wrong with a file is printed at once, and nothing is sent") {
  canned::World world;
  world.write("compose.yaml", "services:\n  web:\n    image: nginx\n    ports: ['99999:80']\n  db:\n    imagee: x\n");
  const auto ran = world.run({"stack", "deploy", "shop"});
  CHECK(ran.status == 2);
  CHECK(ran.err.find("compose.yaml:4:") != std::string::npos);
  CHECK(ran.err.find("compose.yaml:6:") != std::string::npos);
  CHECK(ran.err.find("kontena: compose.yaml has ") != std::string::npos);
  CHECK(world.asked().empty());
  canned::World empty;
  const auto none = empty.run({"stack", "deploy"});
  CHECK(none.status == 4);
  CHECK(none.err.find("-f FILE") != std::string::npos);
}

TEST_CASE("stack check tells what becomes of each key, what is refused first, and exits as a deploy would") {
  canned::World world;
  world.write("compose.yaml", "services:\n  web:\n    image: nginx\n    ports: ['80:80']\n    attach: true\n");
  auto ran = world.run({"stack", "check"});
  CHECK(ran.status == 0);
  CHECK(ran.out ==
        "PLACE           KEY                           HOW OR WHY\n"
        "compose.yaml:5  services.web.attach  ignored  a deploy does not follow the output of services; 'logs' does\n"
        "compose.yaml:4  services.web.ports   mapped   published on the node where the instance runs\n"
        "compose.yaml:1  services             run\n"
        "compose.yaml:3  services.web.image   run\n");
  CHECK(ran.err == "2 keys run, 1 mapped, 1 ignored, 0 refused\n");

  world.write("compose.yaml", "services:\n  web:\n    image: nginx\n    provider: {type: x}\n");
  ran = world.run({"stack", "check", "-q"});
  CHECK(ran.status == 2);
  CHECK(ran.out == "compose.yaml:4: services.web.provider: it runs a program on the client's machine\n");
  CHECK(world.run({"stack", "deploy"}).status == 2);
  ran = world.run({"stack", "check", "--format", "json", "-q"});
  CHECK(ran.status == 2);
  CHECK(ran.out.find("\"key\": \"services.web.provider\"") != std::string::npos);
}

TEST_CASE("what only the client knows is refused by stack check as by a deploy") {
  canned::World world;
  world.write("compose.yaml",
              "services: {web: {image: nginx, secrets: [s]}}\nsecrets: {s: {environment: NOT_SET_ANYWHERE}}\n");
  const auto ran = world.run({"stack", "check", "-q"});
  CHECK(ran.status == 2);
  CHECK(ran.out == "compose.yaml:2: secrets.s: the variable 'NOT_SET_ANYWHERE' is not set\n");
  CHECK(world.run({"stack", "deploy"}).status == 2);
}

TEST_CASE("stack config needs no server") {
  canned::World world;
  world.environment = {{"HOME", world.folder}};
  world.input = compose_file;
  const auto yaml = world.run({"stack", "config", "-f", "-"});
  CHECK(yaml.status == 0);
  CHECK(yaml.out.find("image: nginx:1.25\n") != std::string::npos);
  const auto json = world.run({"stack", "config", "-f", "-", "--format", "json"});
  CHECK(codec::Document::parse(json.out));
  CHECK(world.run({"stack", "config", "-f", "-", "--format", "table"}).status == 2);
}

TEST_CASE("a failed deploy says what, where and why, with the last lines") {
  canned::World world;
  auto failed = at("web", 1, "n1", InstanceState::exited);
  failed.status.container = "c1";
  failed.status.exit_code = 1;
  failed.status.restarts = 3;
  failed.status.last_lines = {"starting", "\x1b[31mno such file\x1b[0m"};
  auto end = detail(7, model::DeploymentState::failed, {failed});
  end.deployment.reason = "web-1 on n1 exited with 1";
  goes(world, {end});
  const auto ran = world.run({"deployment", "wait", "shop", "d1", "--progress", "quiet"});
  CHECK(ran.status == 1);
  CHECK(ran.err ==
        "kontena: the deploy of shop failed: web-1 on n1 exited with 1\n"
        "\n"
        "  web-1 on n1: exited with 1, 3 restarts\n"
        "  │ starting\n"
        "  │ no such file\n"
        "hint: kontena client logs shop/web-1\n");
  const auto json = world.run({"deployment", "wait", "shop", "d1", "--json", "--progress", "quiet"});
  CHECK(json.err.starts_with(R"({"error":{"code":"deploy_failed")"));
  CHECK(codec::from_json<api::DeploymentDetail>(json.out));
}

TEST_CASE("what cannot be placed exits with 11, what was superseded with 5") {
  canned::World world;
  auto waiting = at("web", 1, "", InstanceState::pending);
  waiting.why_not = "2 without enough free memory";
  goes(world, {detail(7, model::DeploymentState::failed, {waiting})});
  const auto ran = world.run({"deployment", "wait", "shop", "d1", "--progress", "quiet"});
  CHECK(ran.status == 11);
  CHECK(ran.err.find("  web-1: cannot be placed: 2 without enough free memory\n") != std::string::npos);
  canned::World other;
  goes(other, {detail(7, model::DeploymentState::superseded, {})});
  CHECK(other.run({"deployment", "wait", "shop", "d1"}).status == 5);
}

TEST_CASE("waiting ends after --timeout, and says that the deploy goes on") {
  canned::World world;
  const auto stuck = detail(7, model::DeploymentState::running, {});
  world.answer_with(deployment_path, stuck);
  world.add(deployment_path + "?after=7", {.body = codec::to_json(stuck), .takes = Duration(30'000)});
  const auto ran = world.run({"deployment", "wait", "shop", "d1", "--timeout", "90s"});
  CHECK(ran.status == 8);
  CHECK(ran.err ==
        "kontena: the deploy of shop did not end within 90s; it goes on\n"
        "hint: --timeout sets how long to wait; kontena client deployment wait shop d1\n");
}

TEST_CASE("a server that is away for a while does not end the waiting") {
  canned::World world;
  const Error away{Code::unavailable, "connection refused"};
  world.answer_with(deployment_path, detail(7, model::DeploymentState::running, {}));
  world.add(deployment_path + "?after=7", {.broken = away});
  world.add(deployment_path + "?after=7", {.broken = away});
  world.answer_with(deployment_path + "?after=7", detail(8, model::DeploymentState::succeeded, {}));
  const auto ran = world.run({"deployment", "wait", "shop", "d1"});
  CHECK(ran.status == 0);
  CHECK(ran.err == "waiting for the server: connection refused\nthe deploy of shop has ended well\n");
}

TEST_CASE("Ctrl-C ends the waiting with 130 and tells how to go on") {
  canned::World world;
  world.answer_with(deployment_path, detail(7, model::DeploymentState::running, {}));
  world.interrupt = [&] { return world.asked().size() > 2 ? 2 : 0; };
  const auto ran = world.run({"deployment", "wait", "shop", "d1"});
  CHECK(ran.status == 130);
  CHECK(ran.err ==
        "the deploy of shop goes on in the cluster; to follow it: kontena client deployment wait shop d1\n");
}

TEST_CASE("of several changes of a stack the last is waited for") {
  canned::World world;
  api::DeployAnswer first = accepted(), second = accepted();
  first.deployment.id = DeploymentId("d0");
  world.answer_with("POST " + stack + "/services/web/scale", first);
  world.answer_with("POST " + stack + "/services/db/scale", second);
  goes(world, {detail(7, model::DeploymentState::succeeded, {})});
  const auto ran = world.run({"service", "scale", "shop/web=3", "shop/db=1"});
  CHECK(ran.status == 0);
  CHECK(ran.err == "shop/web has 3 instances\nshop/db has 1 instance\n");
  CHECK(world.asked()[0] == "POST " + stack + R"(/services/web/scale {"replicas":3})");
  for (const char* wrong : {"shop/web", "shop/web=", "shop/web=-1", "web=3", "shop/web=x"})
    CHECK(world.run({"service", "scale", wrong}).status == 2);
  world.answer_with("POST " + stack + "/stop", second);
  CHECK(world.run({"stack", "stop", "shop"}).err == "shop stands\n");
}

TEST_CASE("progress as JSON is one object a line") {
  canned::World world;
  goes(world, {detail(6, model::DeploymentState::running, {at("web", 1, "n1", InstanceState::pulling)}),
               detail(7, model::DeploymentState::succeeded, {})});
  const auto ran = world.run({"deployment", "wait", "shop", "d1", "--progress", "json"});
  const auto line = codec::Document::parse(ran.err.substr(0, ran.err.find('\n')));
  REQUIRE(line);
  CHECK(codec::string_at(line->root(), {"instance"}) == "web-1");
  CHECK(codec::string_at(line->root(), {"text"}) == "pulling");
  CHECK(codec::string_at(line->root(), {"deployment"}) == "d1");
}

TEST_CASE("a terminal's frame fits it, and puts what is not finished first") {
  auto it = detail(7, model::DeploymentState::running,
                   {at("web", 1, "n1", InstanceState::running), at("web", 2, "n4", InstanceState::pulling),
                    at("db", 1, "n1", InstanceState::running, Health::healthy)});
  it.instances[1].status.progress = "12 MB / 40 MB";
  it.services = {service("db", "running", 1, 1), service("web", "updating", 1, 2)};
  CHECK(frame(it, "deploy of shop · revision 2 → 3", Duration(12'000), Time{}, {80, 24}, false) ==
        std::vector<std::string>{"deploy of shop · revision 2 → 3", " ✔ db   running   1/1  n1",
                                 " ● web  updating  1/2  n1 · web-2 on n4 pulling 12 MB / 40 MB",
                                 " 12s · Ctrl-C ends the waiting, not the deploy"});
  for (int columns = 20; columns < 90; ++columns)
    for (const std::string& line :
         frame(it, "deploy of shop · revision 2 → 3", Duration(12'000), Time{}, {columns, 24}, false))
      CHECK(width(line) < static_cast<std::size_t>(columns));
  const auto low = frame(it, "x", Duration(0), Time{}, {80, 5}, false);
  REQUIRE(low.size() == 4);
  CHECK(low[1].find("web") != std::string::npos);
  CHECK(low[2] == "   … 1 more service");
}

TEST_CASE("on a terminal frames are drawn over each other and the cursor comes back") {
  canned::World world;
  world.terminal = true;
  auto it = detail(6, model::DeploymentState::running, {});
  it.services = {service("web", "updating", 0, 1)};
  auto end = detail(7, model::DeploymentState::failed, {});
  goes(world, {it, end});
  const auto ran = world.run({"deployment", "wait", "shop", "d1", "--color", "never"});
  CHECK(ran.status == 1);
  CHECK(ran.err.starts_with("\x1b[?25l"));
  const auto shown = ran.err.find("\x1b[?25h");
  CHECK(shown != std::string::npos);
  CHECK(ran.err.find("failed") > shown);
  CHECK(ran.err.find("\x1b[3A") != std::string::npos);
}

}  // namespace kontena::client
