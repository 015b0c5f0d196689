// A whole cluster in virtual time, over seeds. KTN_SEED=n runs one alone, and
// KTN_TRACE=1 prints what happens; KTN_SEEDS=n says how many, and
// KTN_FIRST=n from where on.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "kontena/api/message_fields.h"
#include "kontena/base/log.h"
#include "world.h"

using namespace kontena;
using namespace kontena::sim;

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

struct Seeds {
  std::uint64_t first, last;
};
Seeds seeds(std::uint64_t count) {
  if (const std::uint64_t one = number("KTN_SEED", 0); one != 0) return {one, one};
  const std::uint64_t first = number("KTN_FIRST", 1);
  return {first, first + number("KTN_SEEDS", count) - 1};
}

bool traced() { return number("KTN_TRACE", 0) != 0; }

struct Quiet {
  Quiet() { log::set_level(traced() ? log::Level::debug : static_cast<log::Level>(9)); }
  ~Quiet() { log::set_level(log::Level::info); }
};

// What a user does who does not give up; each act comes to its end before the next.
void insist(World& world, http::Method method, const std::string& path, const std::string& body = "") {
  for (int tries = 0; tries < 200 && !world.failed(); ++tries) {
    const Answered answer = world.ask(method, path, body);
    if (answer.status != 0 && answer.status < 500) return;
    world.fibers.sleep(Duration(300));
  }
  world.fail("the server does not take " + path);
}

std::string stack(int version, bool with_db) {
  api::DeployRequest request;
  request.spec.networks["default"] = {};
  const auto add = [&](const std::string& name, std::int64_t replicas) -> model::ServiceSpec& {
    auto& spec = request.spec.services[name];
    spec = {.name = name,
            .image = name + ":" + std::to_string(version),
            .networks = {{"default", {}}},
            .replicas = replicas};
    spec.restart.when = model::RestartWhen::always;
    return spec;
  };
  add("web", 2);
  add("api", 1).depends_on["web"] = {.condition = model::Condition::started};
  if (!with_db) return codec::to_json(request);
  request.spec.volumes["data"] = {};
  add("db", 1).mounts = {{.source = "data", .target = "/data"}};
  return codec::to_json(request);
}

// One of everything, with a pause in which most of it comes about.
void usual_acts(World& world) {
  const std::string shop = "/v1/grids/default/projects/default/stacks/shop";
  const auto act = [&](http::Method method, const std::string& path, const std::string& body = "") {
    insist(world, method, path, body);
    world.fibers.sleep(Duration(700));
  };
  act(http::Method::put, shop, stack(0, true));
  act(http::Method::put, shop, stack(1, true));
  act(http::Method::post, shop + "/services/web/scale", codec::to_json(api::ScaleRequest{3}));
  act(http::Method::post, shop + "/services/api/restart");
  act(http::Method::post, shop + "/stop");
  act(http::Method::post, shop + "/start");
  act(http::Method::put, shop, stack(2, false));
  act(http::Method::put, "/v1/grids/default/projects/default/stacks/blog", stack(2, false));
  act(http::Method::del, "/v1/grids/default/projects/default/stacks/blog");
}

}  // namespace

TEST_CASE("whatever fails, and whoever dies, all comes to be as wanted") {
  const Quiet quiet;
  const Seeds all = seeds(200);
  for (std::uint64_t seed = all.first; seed <= all.last; ++seed) {
    CAPTURE(seed);
    World world({.seed = seed, .nodes = 2 + static_cast<int>(seed % 4), .trace = traced()});
    const std::string wrong = world.run();
    REQUIRE_MESSAGE(wrong.empty(), wrong);
  }
}

TEST_CASE("the same seed gives the same events") {
  const Quiet quiet;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    std::set<std::uint64_t> digests;
    for (int times = 0; times < 2; ++times) {
      World world({.seed = seed});
      REQUIRE(world.run().empty());
      digests.insert(world.digest);
    }
    CHECK(digests.size() == 1);
  }
}

// Every call through a seam, one after the other; in the short tier every so many.
TEST_CASE("the server, or an agent, may die at any one call") {
  const Quiet quiet;
  const std::uint64_t every = number("KTN_EVERY", 29);
  for (const std::string process : {"server", "node-1"}) {
    std::int64_t calls = 0;
    for (std::int64_t at = 0; at == 0 || at <= calls; at += static_cast<std::int64_t>(at == 0 ? 1 : every)) {
      CAPTURE(process);
      CAPTURE(at);
      World world({.seed = 7, .nodes = 2, .faults = false, .kill = process, .kill_at_call = at, .trace = traced()});
      const std::string wrong = world.run([&] { usual_acts(world); });
      REQUIRE_MESSAGE(wrong.empty(), wrong);
      if (at == 0) calls = process == "server" ? world.server.calls : world.machines[0]->process.calls;
      if (at != 0) REQUIRE((process == "server" ? world.server : world.machines[0]->process).deaths == 1);
    }
    MESSAGE(process << ": " << calls << " calls");
  }
}

TEST_CASE("a node that boots with the server away starts what it was told") {
  const Quiet quiet;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    World world({.seed = seed, .nodes = 1, .faults = false, .trace = traced()});
    Machine& machine = *world.machines[0];
    const auto running = [&] {
      return std::ranges::count(machine.ours(), engine::ContainerState::running, &engine::Container::state);
    };
    const std::string wrong = world.run([&] {
      insist(world, http::Method::put, "/v1/grids/default/projects/default/stacks/shop", stack(0, true));
      world.fibers.sleep(Duration(15'000));
      CHECK(running() == 4);
      machine.cut = true;
      world.kill(machine.process);
      for (const auto& container : machine.ours()) machine.engine.exit(container.id, 137);
      CHECK(running() == 0);
      world.fibers.sleep(Duration(25'000));
      CHECK(running() == 4);
      machine.cut = false;
    });
    CHECK_MESSAGE(wrong.empty(), wrong);
  }
}
