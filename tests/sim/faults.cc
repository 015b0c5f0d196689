// What goes wrong.
#include <array>
#include <cstdlib>

#include "tables.h"
#include "world.h"

namespace kontena::sim {
namespace {

Machine& some_machine(World& world) { return *world.chance.one_of(world.machines); }

// One of ours, by its engine's id; "" where there is none.
std::string some_container(World& world, Machine& machine) {
  const auto all = machine.ours();
  return all.empty() ? "" : world.chance.one_of(all).id;
}

void kill_server(World& world) { world.kill(world.server); }
void kill_agent(World& world) { world.kill(some_machine(world).process); }

void stop_containers(Machine& machine) {
  for (const auto& container : machine.ours()) machine.engine.exit(container.id, 137);
}

void reboot(World& world) {
  Machine& machine = some_machine(world);
  world.event(machine.name, "reboots");
  world.kill(machine.process);
  stop_containers(machine);
  machine.engine.set_away(true);
  world.later(world.chance.time(500, 8'000), [&machine] { machine.engine.set_away(false); });
}

void restart_engine(World& world) {
  Machine& machine = some_machine(world);
  const bool live = world.chance.once_in(2);
  world.event(machine.name, live ? "its engine restarts, live" : "its engine restarts");
  if (!live) stop_containers(machine);
  machine.engine.set_away(true);
  world.later(world.chance.time(100, 6'000), [&machine] { machine.engine.set_away(false); });
}

void cut_off(World& world, Machine& machine, Duration how_long) {
  world.event(machine.name, "is cut off");
  machine.cut = true;
  world.later(how_long, [&world, &machine] {
    world.event(machine.name, "is heard again");
    machine.cut = false;
  });
}

void cut(World& world) { cut_off(world, some_machine(world), world.chance.time(200, 25'000)); }

void flap(World& world) {
  Machine& machine = some_machine(world);
  for (int times = 0; times < 6; ++times)
    world.later(Duration(times * 2'500), [&world, &machine] { cut_off(world, machine, Duration(1'200)); });
}

void container_exits(World& world) {
  Machine& machine = some_machine(world);
  const std::string id = some_container(world, machine);
  if (id.empty()) return;
  world.event(machine.name, "a container exits: " + id.substr(0, 12));
  machine.engine.exit(id, world.chance.between(0, 2), world.chance.once_in(4));
}

void container_unhealthy(World& world) {
  Machine& machine = some_machine(world);
  const std::string id = some_container(world, machine);
  if (id.empty()) return;
  const auto container = machine.engine.inspect(id);
  if (!container || container->health == model::Health::none) return;
  world.event(machine.name, "a container is unhealthy: " + id.substr(0, 12));
  machine.ever_unhealthy.insert(id);
  machine.engine.set_health(id, model::Health::unhealthy, "it fails");
  world.later(world.chance.time(1'000, 30'000),
              [&machine, id] { machine.engine.set_health(id, model::Health::healthy); });
}

void removed_by_hand(World& world) {
  Machine& machine = some_machine(world);
  const std::string id = some_container(world, machine);
  if (id.empty()) return;
  world.event(machine.name, "somebody removes a container: " + id.substr(0, 12));
  [[maybe_unused]] const auto removed = machine.engine.remove(id);
}

void pulls_fail(World& world) {
  Machine& machine = some_machine(world);
  world.event(machine.name, "pulls fail");
  machine.engine.fail_pulls(Error{Code::failed_precondition, "the registry is away"});
  for (const char* image : {"web:1", "api:1", "db:1", "cache:0"}) machine.engine.forget_image(image);
  world.later(world.chance.time(1'000, 20'000), [&machine] { machine.engine.fail_pulls(std::nullopt); });
}

void start_fails(World& world) { some_machine(world).engine.fail_next_start("no luck"); }

void clock_jumps(World& world) {
  Machine& machine = some_machine(world);
  const auto by = world.chance.time(-240'000, 240'000);
  world.event(machine.name, "its clock jumps by " + std::to_string(by.count()) + " ms");
  machine.clock.jump(by);
}

void server_clock_jumps(World& world) {
  const auto by = world.chance.time(-60'000, 60'000);
  world.event("server", "its clock jumps by " + std::to_string(by.count()) + " ms");
  world.server_clock.jump(by);
}

void disk_full(World& world) {
  Machine& machine = some_machine(world);
  world.event(machine.name, "its disk is full");
  machine.disk_full = true;
  world.later(world.chance.time(1'000, 15'000), [&machine] { machine.disk_full = false; });
}

// As after a restore of something else: it has nothing for the node, and says so.
void blank_server(World& world) {
  Machine& machine = some_machine(world);
  machine.blank_until = world.fibers.now() + world.chance.time(500, 3'000);
  if (machine.process.up) world.kill(machine.process);  // so that it asks anew
}

constexpr std::array table{
    Row{"server killed", 3, kill_server},
    Row{"agent killed", 5, kill_agent},
    Row{"node reboots", 3, reboot},
    Row{"engine restarts", 3, restart_engine},
    Row{"node cut off", 4, cut},
    Row{"node flaps", 1, flap},
    Row{"container exits", 5, container_exits},
    Row{"container unhealthy", 4, container_unhealthy},
    Row{"container removed by hand", 3, removed_by_hand},
    Row{"pulls fail", 2, pulls_fail},
    Row{"start fails", 2, start_fails},
    Row{"disk full", 1, disk_full},
    Row{"blank server", 1, blank_server},
    Row{"clock jumps", 1, clock_jumps},
    Row{"server's clock jumps", 1, server_clock_jumps},
};

}  // namespace

std::span<const Row> faults() { return table; }

void furnish(Machine& machine) {
  engine::FakeEngine& engine = machine.engine;
  engine::EngineFacts facts{"20.10.24", "1.41",       "linux",       "amd64",
                            "6.1.0",    machine.name, 2'000'000'000, std::int64_t{4} << 30};
  facts.runtimes = {"runc"};
  if (machine.has_kata()) facts.runtimes.push_back("kata");
  facts.volume_drivers = {"local"};
  engine.set_facts(facts);
  if (machine.has_near() && !engine.ensure_volume("near", {}, {})) std::abort();
  for (const char* name :
       {"web", "api", "db", "cache", "edge", "health", "zone", "once", "side", "peek", "task", "kata", "near"})
    for (const char* tag : {":0", ":1", ":2"}) engine.publish(std::string(name) + tag);
  engine.behave([](const engine::ContainerSpec& spec) {
    engine::Run run{.health = model::Health::healthy};
    if (spec.service.image.starts_with("once") || spec.service.job) run.exit_code = 0;
    return run;
  });
  engine.add_image("theirs");
  const bool made = engine.ensure_network({.name = "theirs"}, {}, 0) && engine.ensure_volume("theirs", {}, {});
  engine::ContainerSpec spec{.name = "theirs"};
  spec.service.image = "theirs";
  const auto container = engine.create(spec);
  if (!made || !container || !engine.start(*container)) return machine.world.fail("a machine cannot be furnished");
  machine.foreign = *container;
}

void soothe(Machine& machine) {
  machine.cut = machine.disk_full = false;
  machine.blank_until = Duration(0);
  machine.engine.set_away(false);
  machine.engine.fail_pulls(std::nullopt);
  for (const auto& container : machine.ours())
    if (container.health == model::Health::unhealthy) machine.engine.set_health(container.id, model::Health::healthy);
}

namespace {

// Its operator removes what the node has left, as soon as the engine answers.
void rejoin(World& world, Machine& machine) {
  if (!machine.engine.facts()) return world.later(Duration(500), [&world, &machine] { rejoin(world, machine); });
  for (const auto& container : machine.ours()) {
    [[maybe_unused]] const auto removed = machine.engine.remove(container.id);
  }
  world.user("join " + machine.name, [&world, &machine] { world.join(machine); });
}

}  // namespace

void leave(Machine& machine, int status) {
  World& world = machine.world;
  if (status != 6) return world.fail(machine.name + ": the agent ended with " + std::to_string(status));
  machine.id.clear();
  machine.kept.clear();
  world.later(world.chance.time(100, 10'000), [&world, &machine] { rejoin(world, machine); });
}

}  // namespace kontena::sim
