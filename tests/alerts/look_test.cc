#include <doctest/doctest.h>

#include "kontena/alerts/alerts.h"
#include "support/cluster.h"

using namespace kontena;
using model::AlertKind;

namespace {

model::AlertRule rule(AlertKind kind, std::string stack = "", std::string service = "") {
  const bool grid = !model::row_of(kind).of_project;
  return {.grid = "g", .project = grid ? "" : "default", .name = "a", .kind = kind, .stack = std::move(stack), .service = std::move(service)};
}

struct World : support::Cluster {
  World() {
    node("n1");
    node("n2");
    for (const char* name : {"web", "db"}) service("shop", {.name = name, .image = "i"});
    service("blog", {.name = "web", .image = "i"});
  }
  alerts::Found found(const model::AlertRule& rule) {
    alerts::Facts facts{.view = view, .liveness = liveness, .now = from_ms(now_ms), .certificates = certificates, .authority_ends_ms = authority_ends_ms, .lines = lines};
    facts.used = [this](const std::string& source) {
      const auto known = used.find(source);
      return known == used.end() ? std::optional<alerts::Used>() : known->second;
    };
    return alerts::look(rule, facts);
  }
  std::map<std::string, alerts::Used> used;
  std::map<NodeId, std::int64_t> certificates;
  std::int64_t authority_ends_ms = 0, now_ms = 1'000'000'000;
  std::map<std::string, std::map<std::string, alerts::Lines>> lines;
};

}  // namespace

TEST_CASE("unhealthy: the services with such instances, how many, and why") {
  World world;
  const auto one = world.instance("shop", "web", "i1", "n1", 1), two = world.instance("shop", "web", "i2", "n2", 2);
  const auto other = world.instance("blog", "web", "i3", "n1");
  world.status(one, {.health = model::Health::healthy});
  world.status(two, {.health = model::Health::unhealthy, .last_failure = model::Failure{.message = "curl:\x1b refused"}});
  world.status(other, {.health = model::Health::unhealthy});
  const auto all = world.found(rule(AlertKind::unhealthy));
  REQUIRE(all.size() == 2);
  CHECK(all.at("shop/web") == "1 of 2 unhealthy: web-2 on n2: curl:  refused");
  CHECK(all.at("blog/web") == "1 of 1 unhealthy: web-1 on n1");
  CHECK(world.found(rule(AlertKind::unhealthy, "shop")).size() == 1);
  CHECK(world.found(rule(AlertKind::unhealthy, "shop", "db")).empty());
  CHECK(world.found(rule(AlertKind::unhealthy, "sho")).empty());  // a name is not the start of another
}

TEST_CASE("what is to stop, or is gone, is no trouble") {
  World world;
  const auto one = world.instance("shop", "web", "i1", "n1", 1, model::Desired::stopped);
  world.status(one, {.state = model::InstanceState::failed, .health = model::Health::unhealthy, .failures = 9});
  CHECK(world.found(rule(AlertKind::unhealthy)).empty());
  CHECK(world.found(rule(AlertKind::crash_loop)).empty());
}

TEST_CASE("a crash loop is three bad ends in a row, also over replacements, or an end to trying") {
  World world;
  auto one = world.instance("shop", "web", "i1", "n1");
  world.status(one, {.state = model::InstanceState::exited, .failures = 2});
  CHECK(world.found(rule(AlertKind::crash_loop)).empty());
  world.status(one, {.state = model::InstanceState::exited, .failures = 3, .message = "exited with status 3"});
  CHECK(world.found(rule(AlertKind::crash_loop)).at("shop/web") == "1 of 1 in a crash loop: web-1 on n1: exited with status 3");
  world.status(one, {.state = model::InstanceState::failed, .failures = 1, .message = "no such image"});
  CHECK(world.found(rule(AlertKind::crash_loop)).size() == 1);
  world.status(one, {.state = model::InstanceState::running});
  CHECK(world.found(rule(AlertKind::crash_loop)).empty());
  one.failed_before = 1;
  world.put(one);
  CHECK(world.found(rule(AlertKind::crash_loop)).size() == 1);
}

TEST_CASE("unplaced: what no node fits, with the reason") {
  World world;
  auto one = world.instance("shop", "db", "i1", "");
  one.why_not = "2 without enough free memory";
  world.put(one);
  world.instance("shop", "web", "i2", "n1");
  const auto found = world.found(rule(AlertKind::unplaced));
  REQUIRE(found.size() == 1);
  CHECK(found.at("shop/db") == "1 of 1 without a node: db-1: 2 without enough free memory");
}

TEST_CASE("a failed deployment counts until a newer one") {
  World world;
  const auto put = [&](const char* id, std::int64_t at, model::DeploymentState state) {
    world.view.deployments.put(std::string("g/default/shop/") + id, {.id = DeploymentId(id), .grid = "g", .project = "default", .stack = "shop",
                                                        .state = state, .reason = "web: exited with status 1", .created_ms = at});
  };
  put("d2", 10, model::DeploymentState::failed);
  CHECK(world.found(rule(AlertKind::deploy_failed)).at("shop") == "deployment failed: web: exited with status 1");
  put("d1", 20, model::DeploymentState::running);
  CHECK(world.found(rule(AlertKind::deploy_failed)).empty());
}

TEST_CASE("a lost node is one; a silent one not yet") {
  World world;
  CHECK(world.found(rule(AlertKind::node_lost)).empty());
  world.liveness[NodeId("n1")] = model::NodeState::silent;
  CHECK(world.found(rule(AlertKind::node_lost)).empty());
  world.liveness[NodeId("n1")] = model::NodeState::lost;
  const auto found = world.found(rule(AlertKind::node_lost));
  REQUIRE(found.size() == 1);
  CHECK(found.contains("n1"));
}

TEST_CASE("what a container says is one line that ends at a character") {
  World world;
  const auto one = world.instance("shop", "web", "i1", "n1");
  std::string said = "a";
  for (int i = 0; i < 200; ++i) said += "é\n";
  world.status(one, {.health = model::Health::unhealthy, .message = said});
  const std::string line = world.found(rule(AlertKind::unhealthy)).at("shop/web");
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.size() < 300);
  CHECK(line.ends_with("…"));
}

TEST_CASE("CPU over so much of the limit, or of one processor") {
  World world;
  world.service("shop", {.name = "db", .image = "i", .limits = {.nano_cpus = 2'000'000'000}});
  world.instance("shop", "web", "i1", "n1");
  world.instance("shop", "db", "i2", "n2");
  auto cpu = rule(AlertKind::cpu);
  cpu.limit = 80;
  CHECK(world.found(cpu).empty());  // nobody knows
  world.used["g/n1/i1"] = {.cpu_milli = 800};
  world.used["g/n2/i2"] = {.cpu_milli = 1'600};
  CHECK(world.found(cpu).empty());  // over is more than that
  world.used["g/n1/i1"] = {.cpu_milli = 812};
  world.used["g/n2/i2"] = {.cpu_milli = 1'900};
  const auto found = world.found(cpu);
  CHECK(found.at("shop/web") == "1 of 1 over 80% CPU: web-1 on n1: 81% of a processor");
  CHECK(found.at("shop/db") == "1 of 1 over 80% CPU: db-1 on n2: 95% of its limit");
}

TEST_CASE("memory over so much of the limit, or of the node's") {
  World world;
  world.instance("shop", "web", "i1", "n1");
  world.instance("shop", "db", "i2", "n2");
  auto memory = rule(AlertKind::memory);
  memory.limit = 50;
  world.used["g/n1/i1"] = {.memory = 90 * support::megabyte, .memory_limit = 100 * support::megabyte};
  world.used["g/n2/i2"] = {.memory = 2'049 * support::megabyte};
  auto found = world.found(memory);
  CHECK(found.at("shop/web") == "1 of 1 over 50% memory: web-1 on n1: 90% of its limit of 100 MB");
  CHECK(found.at("shop/db") == "1 of 1 over 50% memory: db-1 on n2: 50% of the node's memory");
}

TEST_CASE("a node's processors, memory and disk") {
  World world;
  const auto of_node = [](AlertKind kind, std::int64_t limit) {
    return model::AlertRule{.grid = "g", .name = "a", .kind = kind, .limit = limit};
  };
  world.used["g/n1/"] = {.cpu_milli = 3'800, .memory = 95, .memory_limit = 100, .disk_used = std::int64_t{9} << 40, .disk_size = std::int64_t{10} << 40};
  CHECK(world.found(of_node(AlertKind::cpu, 90)).at("n1") == "over 90% CPU: 95% of its processors");
  CHECK(world.found(of_node(AlertKind::memory, 90)).at("n1").starts_with("over 90% memory: 95%"));
  CHECK(world.found(of_node(AlertKind::disk, 85)).at("n1") == "over 85% of the disk: 90% of 10 TB");
  CHECK(world.found(of_node(AlertKind::disk, 90)).empty());
}

TEST_CASE("a certificate that ends soon, of a node or of the authority") {
  World world;
  model::AlertRule soon{.grid = "g", .name = "a", .kind = AlertKind::certificate, .limit = 60'000};
  world.certificates[NodeId("n1")] = world.now_ms + 60'000;
  world.authority_ends_ms = world.now_ms + 60'000;
  CHECK(world.found(soon).empty());
  world.now_ms += 1;
  CHECK(world.found(soon).size() == 2);
  CHECK(world.found(soon).at("n1").starts_with("the certificate ends soon: 1970-01-12T"));
}

TEST_CASE("lines of a log, from as many as are asked for") {
  World world;
  auto log = rule(AlertKind::log);
  log.for_ms = 300'000;
  log.limit = 1;
  CHECK(world.found(log).empty());
  world.lines["g/default/a"]["shop/web"] = {2, "web-1: ERROR\x1b[1m"};
  CHECK(world.found(log).at("shop/web") == "lines of the log match in 5m: 2, web-1: ERROR [1m");
  log.limit = 3;
  CHECK(world.found(log).empty());
  world.lines["g/default/a"]["shop/web"].count = 3;
  CHECK(world.found(log).at("shop/web").starts_with("3 and more lines match in 5m: 3"));
}
