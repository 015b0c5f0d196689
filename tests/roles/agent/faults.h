#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support.h"

// What the tests of restarts and of faults do to the agent's world.
namespace kontena::agent::test {

using model::Health;

inline model::Assignment probed(const std::string& id) {
  auto wanted = assignment(id);
  wanted.spec.health_check = model::HealthCheck{.test = {"CMD", "true"}};
  return wanted;
}

inline std::string id_of(World& world, const std::string& name = "shop.web-1") {
  const auto found = world.fake.inspect(name);
  return found ? found->id : "";
}

inline std::int64_t started_ms(World& world, const std::string& name = "shop.web-1") {
  const auto found = world.fake.inspect(name);
  return found ? found->started_ms : 0;
}

inline void turn_unhealthy(World& world) {
  world.fake.set_health("shop.web-1", Health::unhealthy, "no answer");
  world.see("shop.web-1");
}

// Another agent on the same machine, after this one was killed: it has what is on disk.
inline void begin_anew(World& world) {
  const Memory memory = world.state.with([](State& s) { return memory_of(s); });
  REQUIRE(remember_in(world.folder.path())(memory));
  world.state.change([&](State& s) {
    s.work.clear();
    s.seen = {};
    s.images.clear();
    s.listed = false;
    s.engine_away = true;
    s.kept = std::make_shared<const Kept>(*load_kept(world.folder.path()));
    take_over(load_memory(world.folder.path()), s);
  });
  REQUIRE(world.observe.find_engine());
  world.settle();
}

inline void wake(World& world) {
  world.advance(Duration(std::max<std::int64_t>(0, world.wake_ms - to_ms(world.clock.now()))));
  world.settle();
}

}  // namespace kontena::agent::test
