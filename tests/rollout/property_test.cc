#include <fmt/core.h>

#include "kontena/model/names.h"
#include "support/seeds.h"
#include "world.h"

using namespace kontena;
using model::Desired, model::InstanceState, model::Mode;

namespace {

// The instances of its service, for who looks into a failure.
std::string all_of(const World& world, const model::Instance& one) {
  std::string text;
  world.view.instances.each(one.service_path().text() + '/', [&](const auto& item) {
    const model::Instance& i = item.value;
    const auto* is = world.view.statuses.get(item.key);
    text += fmt::format("{}-{}@{} revision {}.{} {} {} ({}) started {}\n", *i.id, i.slot, *i.node, i.instance_revision,
                        i.restarts, world.made_from(i).mode == Mode::global ? "global" : "replicated", name(i.desired),
                        is ? name(is->state) : "unknown", is ? is->started_ms : 0);
  });
  return text;
}

// Two of a service that became global are on one node only where both were made before: of those that serve, or whose
// node is not heard, none goes before another is known to be good.
void no_place_twice(const World& world, bool settled = false) {
  // Beside one that serves there may be its successor, and one that is lost or goes.
  std::map<std::string, int> slots;
  std::map<std::string, std::pair<int, int>> nodes;  // all, and those that were made as global
  world.view.instances.each("", [&](const auto& item) {
    const model::Instance& i = item.value;
    const std::string service = i.service_path().text() + ' ';
    if (i.desired != Desired::removed) REQUIRE(++slots[service + std::to_string(i.slot)] <= (world.faults ? 3 : 2));
    const auto* of = world.view.services.get(i.service_path().text());
    if (!of || of->spec.mode != Mode::global || i.desired == Desired::removed || i.node.empty()) return;
    auto& [all, as_global] = nodes[service + *i.node];
    ++all;
    as_global += world.made_from(i).mode == Mode::global;
    CAPTURE(all_of(world, i));
    REQUIRE((all == 1 || (as_global == 0 && !settled)));
  });
}

void nothing_promised_twice(const World& world) {
  std::map<NodeId, std::int64_t> memory;
  std::set<std::pair<NodeId, std::int64_t>> ports;
  world.view.instances.each("", [&](const auto& item) {
    const model::Instance& i = item.value;
    if (i.node.empty() || world.gone(i) || !world.view.nodes.get("g/" + *i.node)) return;
    const auto& spec = world.made_from(i);
    for (const auto& port : spec.ports) REQUIRE(ports.emplace(i.node, port.published).second);
    const auto* is = world.view.statuses.get(item.key);
    const bool ended = is && is->state == InstanceState::exited;
    if (i.desired == Desired::running && !ended) memory[i.node] += spec.reservations.memory_bytes;
  });
  for (const auto& [node, promised] : memory) REQUIRE(promised <= world.view.facts.get("g/" + *node)->memory_bytes);
}

void volumes_at_home(const World& world) {
  world.view.instances.each("", [&](const auto& item) {
    const model::Instance& i = item.value;
    const auto& spec = world.made_from(i);
    if (i.node.empty() || i.desired == Desired::removed || spec.mode == Mode::global) return;
    for (const auto& mount : spec.mounts) {
      const std::string name = mount.source == "more" ? "shared" : i.stack + ".data";
      const auto* volume = world.view.volumes.get("g/default/" + name);
      REQUIRE(volume);
      REQUIRE(volume->node == *i.node);
    }
  });
}

// Faults end: every node is heard and takes work, and what is wanted runs.
void calm_down(World& world) {
  world.faults = false;
  world.view.nodes.each("g/", [&](const auto& item) { world.liveness[item.value.id] = model::NodeState::ready; });
  for (int i = 1; i <= world.nodes_made; ++i)
    if (world.view.nodes.get("g/n" + std::to_string(i)))
      world.availability("n" + std::to_string(i), model::Availability::active);
}

// No instance is left that could be better: outdated, in the wrong place, on its way.
void all_settled(const World& world) {
  world.view.deployments.each("", [&](const auto& item) {
    if (const auto* stack = world.view.stacks.get(item.key.substr(0, item.key.rfind('/'))))
      if (stack->wanted == model::StackWanted::running) {
        CAPTURE(item.key);
        // Only a dependency that cannot come up keeps one waiting.
        bool depends = false;
        world.view.services.each(item.key.substr(0, item.key.rfind('/') + 1),
                                 [&](const auto& s) { depends |= !s.value.spec.depends_on.empty(); });
        if (!depends) CHECK(item.value.state != model::DeploymentState::running);
      }
  });
  world.view.instances.each("", [&](const auto& item) {
    CAPTURE(item.key);
    const auto* stack = world.view.stacks.get("g/default/" + item.value.stack);
    REQUIRE(stack);
    CHECK(stack->wanted != model::StackWanted::removed);
    CHECK(item.value.desired != Desired::removed);
    if (item.value.node.empty()) CHECK_FALSE(item.value.why_not.empty());
  });
  no_place_twice(world, true);
}

}  // namespace

TEST_CASE("whatever users do and whatever breaks, the rules hold, and when faults end all converges") {
  const support::Seeds seeds(150);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    World world(seed);
    world.stops = seed % 2 == 1;
    for (int round = 0; round < 60; ++round) {
      CAPTURE(round);
      if (world.draw(3) == 0) world.disturb();
      world.server();
      no_place_twice(world);
      nothing_promised_twice(world);
      volumes_at_home(world);
      world.agents();
      world.now_ms += world.draw(3'000);
    }
    calm_down(world);
    int quiet = 0;
    for (int round = 0; quiet < 8; ++round) {
      CAPTURE(round);
      REQUIRE(round < 200);
      quiet = world.server() == 0 ? quiet + 1 : 0;
      no_place_twice(world);
      nothing_promised_twice(world);
      world.agents();
      world.now_ms += 2'000;
    }
    all_settled(world);
  }
}

TEST_CASE("without faults a roll-out never takes more than one serving instance of a service away") {
  const support::Seeds seeds(60);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    World world(seed);
    world.faults = false;
    model::ServiceSpec spec{.name = "web", .image = "web:0", .replicas = 1 + world.draw(6)};
    spec.restart.when = model::RestartWhen::always;
    if (world.draw(4) == 0) spec.mode = Mode::global;
    world.service("a", spec);
    const auto up = [&] {
      std::int64_t count = 0;
      world.view.instances.each("g/default/a/web/", [&](const auto& item) {
        const auto* is = world.view.statuses.get(item.key);
        count += item.value.desired == Desired::running && is && is->state == InstanceState::running;
      });
      return count;
    };
    for (int round = 0; round < 12; ++round) world.server(), world.agents(), world.now_ms += 1'000;
    const std::int64_t wanted = spec.mode == Mode::global ? 3 : spec.replicas;
    REQUIRE(up() == wanted);
    for (int change = 1; change <= 3; ++change) {
      spec.image = "web:" + std::to_string(change);
      world.service("a", spec);
      for (int round = world.draw(20); round >= 0; --round) {
        world.server();
        REQUIRE(up() >= wanted - 1);
        world.agents();
        REQUIRE(up() >= wanted - 1);
        world.now_ms += 500;
      }
    }
  }
}
