// What goes wrong with containers, and what somebody's hand does to them.
#include "faults.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;
using model::Health;
using model::InstanceState;

TEST_CASE("a container that somebody removes is made again, and one that somebody stops is started again") {
  World world;
  world.assign({assignment("a"), assignment("b", "api")});
  world.settle();
  const std::int64_t other = started_ms(world, "shop.api-1");
  world.advance(Duration(60'000));
  const std::string id = id_of(world);
  SUBCASE("removed") {
    REQUIRE(world.fake.remove(id));
    REQUIRE(look_at(world.context, id));
    world.settle();
    CHECK(id_of(world) != id);
  }
  SUBCASE("stopped") {
    REQUIRE(world.fake.stop(id, Duration(0)));
    world.see("shop.web-1");
    world.settle();
    wake(world);
    CHECK(id_of(world) == id);
  }
  CHECK(world.runs("shop.web-1"));
  CHECK(started_ms(world, "shop.api-1") == other);
}

TEST_CASE("what was made as the engine went is not told to be gone, and goes when the engine is back") {
  World world;
  world.engine.goes_after_create = true;
  world.assign({assignment("a")});
  world.settle();
  REQUIRE(world.state.with([](const State& s) { return s.engine_away; }));
  auto removed = assignment("a");
  removed.desired = model::Desired::removed;
  world.assign({removed});
  world.settle();
  CHECK(world.status("a").state != model::InstanceState::removed);
  world.fake.set_away(false);
  REQUIRE(world.observe.find_engine());
  world.settle();
  CHECK(world.status("a").state == model::InstanceState::removed);
  CHECK_FALSE(world.fake.inspect("shop.web-1"));
}

TEST_CASE("a container that was made is known before it is looked at") {
  World world;
  world.engine.goes_after_create = true;
  world.assign({assignment("a")});
  world.settle();
  CHECK(world.state.with([](const State& s) { return s.seen.of_instance("a") != nullptr; }));
}

TEST_CASE("renamed or with other limits a container runs on, and its status says so") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  const std::string id = id_of(world);
  world.fake.limit("shop.web-1", {.memory_bytes = 32 << 20});
  world.see("shop.web-1");
  world.settle();
  CHECK(world.status("a").message == "its memory limit was changed by somebody: 32 MB in place of none");
  world.fake.rename("shop.web-1", "mine");
  world.see("mine");
  world.settle();
  CHECK(world.status("a").message == "renamed by somebody: docker rename mine shop.web-1");
  world.advance(Duration(60'000));
  world.settle();
  CHECK(id_of(world, "mine") == id);
  CHECK(world.engine.creates == 1);
}

TEST_CASE("a container that somebody takes off its network is made anew") {
  World world;
  world.assign({assignment("a"), assignment("b", "api")});
  world.settle();
  const std::int64_t other = started_ms(world, "shop.api-1");
  const std::string id = id_of(world);
  world.fake.disconnect("shop.web-1", "shop.default");
  world.see("shop.web-1");
  world.settle();
  CHECK(world.status("a").message == "it was taken off the network 'shop.default' by somebody");
  wake(world);
  CHECK(id_of(world) != id);
  CHECK(world.fake.inspect("shop.web-1")->networks == model::Strings{"shop.default"});
  CHECK(world.status("a").restarts == 1);
  CHECK(world.status("a").failures == 0);
  CHECK(started_ms(world, "shop.api-1") == other);
}

TEST_CASE("without its image a container is started again all the same, and pulled for when it is made anew") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  world.fake.forget_image("nginx:1.25");
  world.fake.exit("shop.web-1", 1);
  world.see("shop.web-1");
  world.settle();
  wake(world);
  CHECK(world.runs("shop.web-1"));
  CHECK(world.engine.pulls == 1);

  const std::string id = id_of(world);
  REQUIRE(world.fake.remove(id));
  REQUIRE(look_at(world.context, id));
  world.settle();
  wake(world);
  CHECK(world.runs("shop.web-1"));
  CHECK(world.engine.pulls == 2);
}

TEST_CASE("while the clock jumps by an hour, forth or back, nothing is restarted, and what failed is tried soon") {
  for (const std::int64_t jump_ms : {3'600'000, -3'600'000}) {
    CAPTURE(jump_ms);
    World world;
    world.assign({probed("a"), assignment("b", "api")});
    world.settle();
    world.fake.set_health("shop.web-1", Health::healthy);
    world.see("shop.web-1");
    world.fake.exit("shop.api-1", 1);
    world.see("shop.api-1");
    world.settle();
    const std::int64_t before = started_ms(world);
    world.clock.jump(Duration(jump_ms));
    world.settle();
    world.advance(Duration(1'000));
    world.settle();
    CHECK(world.runs("shop.api-1"));
    REQUIRE(world.observe.find_engine());
    world.settle();
    CHECK(started_ms(world) == before);
    CHECK(world.engine.starts == 3);
  }
}

TEST_CASE("with a full disk containers are started and stopped, and once there is room all is kept") {
  World world;
  Synced<bool> full{true};
  const Keep keep = keep_in(world.folder.path());
  CarryOut carry_out{world.context,
                     [&](const Kept& kept) -> Status {
                       if (full.with([](bool is) { return is; })) return Error{Code::exhausted, "no space left"};
                       return keep(kept);
                     },
                     2,
                     [](const Memory&) -> Status {
                       return Error{Code::exhausted, "no space left"};
                     }};
  const auto settle = [&] {
    std::int64_t wake_ms = 0;
    do {
      wake_ms = carry_out.round();
      REQUIRE(carry_out.wait_idle(Duration(20'000)));
    } while (world.state.with([](const State& s) { return s.replan; }));
    return wake_ms;
  };
  world.assign({assignment("a")});
  CHECK(settle() > 0);
  CHECK(world.runs("shop.web-1"));
  CHECK(load_kept(world.folder.path())->instances.empty());
  full.with([](bool& is) { is = false; });
  world.advance(Duration(5'000));
  settle();
  CHECK(load_kept(world.folder.path())->instances.contains("a"));
  CHECK(world.engine.starts == 1);
}
