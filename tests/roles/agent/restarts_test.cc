// How containers are restarted and replaced, and what is remembered of it.
#include "faults.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;
using model::Health;
using model::InstanceState;

TEST_CASE("an unhealthy container is made anew, later and later, until it proves itself") {
  World world;
  world.assign({probed("a")});
  world.settle();
  std::int64_t last = 0;
  for (int times = 1; times <= 4; ++times) {
    CAPTURE(times);
    const std::string before = id_of(world);
    world.fake.write("shop.web-1", "line " + std::to_string(times));
    world.advance(Duration(90'000));  // while its health is still open, a run proves nothing
    turn_unhealthy(world);
    world.settle();
    CHECK(world.status("a").message == "unhealthy: no answer");
    CHECK(world.status("a").failures == times);
    REQUIRE(world.status("a").last_failure);
    CHECK(world.status("a").last_failure->message == "unhealthy: no answer");
    CHECK(world.status("a").last_failure->last_lines == model::Strings{"line " + std::to_string(times)});
    CHECK(id_of(world) == before);
    const std::int64_t delay = world.wake_ms - to_ms(world.clock.now());
    CHECK(delay > last);
    last = delay;
    wake(world);
    CHECK(id_of(world) != before);
    CHECK(world.runs("shop.web-1"));
    CHECK(world.status("a").restarts == times);
  }
  world.fake.set_health("shop.web-1", Health::healthy);
  world.see("shop.web-1");
  wake(world);
  world.advance(Duration(10'000));
  world.settle();
  CHECK(world.status("a").failures == 0);
  CHECK(world.status("a").restarts == 4);
  CHECK(world.status("a").last_failure);  // kept while it runs again
}

TEST_CASE("one that is healthy again before its time has come is left alone") {
  World world;
  world.assign({probed("a")});
  world.settle();
  const std::string before = id_of(world);
  turn_unhealthy(world);
  world.settle();
  world.fake.set_health("shop.web-1", Health::healthy);
  world.see("shop.web-1");
  world.advance(Duration(5'000));
  world.settle();
  CHECK(id_of(world) == before);
  CHECK(world.status("a").message.empty());
}

TEST_CASE("with restart policy no an unhealthy container is left, and so is one whose attempts are used up") {
  World world;
  auto wanted = probed("a");
  wanted.spec.restart = {};
  SUBCASE("no") {}
  SUBCASE("attempts") {
    wanted.spec.restart = {.when = model::RestartWhen::always, .max_attempts = 1};
    world.assign({wanted});
    world.settle();
    turn_unhealthy(world);
    world.settle();
    wake(world);
  }
  world.assign({wanted});
  world.settle();
  const std::string before = id_of(world);
  turn_unhealthy(world);
  world.settle();
  CHECK(world.wake_ms == 0);
  world.advance(Duration(120'000));
  world.settle();
  CHECK(id_of(world) == before);
  CHECK(world.status("a").health == Health::unhealthy);
}

TEST_CASE("a replacement that an agent's death broke off is finished by the next, whatever became of the container") {
  World world;
  auto wanted = probed("a");
  wanted.spec.restart.when = model::RestartWhen::on_failure;
  world.assign({wanted});
  world.settle();
  const std::string before = id_of(world);
  world.state.with([&](State& s) { s.work["a"].history.condemned = before; });
  REQUIRE(world.fake.stop(before, Duration(0)));
  begin_anew(world);
  CHECK(id_of(world) != before);
  CHECK(world.runs("shop.web-1"));
  CHECK(world.status("a").restarts == 1);
}

TEST_CASE("restarts, failures and why are known to the agent after this one, and nothing is restarted for it") {
  World world;
  world.fake.behave([](const engine::ContainerSpec&) { return engine::Run{.exit_code = 3}; });
  world.assign({assignment("a")});
  world.settle();
  for (int i = 0; i < 3; ++i) wake(world);
  world.fake.behave(nullptr);
  wake(world);
  REQUIRE(world.runs("shop.web-1"));
  const auto before = world.status("a");
  CHECK(before.restarts == 4);
  CHECK(before.failures == 4);
  const int starts = world.engine.starts;
  begin_anew(world);
  CHECK(world.status("a").restarts == before.restarts);
  CHECK(world.status("a").failures == before.failures);
  CHECK(world.status("a").last_failure == before.last_failure);
  CHECK(world.engine.starts == starts);
}

TEST_CASE("attempts are counted over restarts of the agent, and anew after a stable run") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.restart = {.when = model::RestartWhen::on_failure, .max_attempts = 2, .window_ms = 30'000};
  world.fake.behave([](const engine::ContainerSpec&) { return engine::Run{.exit_code = 3}; });
  world.assign({wanted});
  world.settle();
  for (int i = 0; i < 4; ++i) wake(world);
  world.advance(Duration(1'000));
  world.settle();
  CHECK(world.status("a").state == InstanceState::failed);
  CHECK(world.status("a").message == "exited with status 3; gave up after 2 restarts");
  const int starts = world.engine.starts;
  begin_anew(world);
  CHECK(world.engine.starts == starts);
  CHECK(world.status("a").state == InstanceState::failed);
}

TEST_CASE("without what was remembered, or with a broken file of it, counts begin anew and nothing else changes") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  const std::int64_t before = started_ms(world);
  const std::string path = world.folder.path() + "/memory.json";
  for (const char* text : {"{", "", R"({"format": 99})", R"({"instances": {"a": 3}})"}) {
    CAPTURE(text);
    std::FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(text, file);
    std::fclose(file);
    CHECK(load_memory(world.folder.path()) == Memory{});
  }
  begin_anew(world);
  CHECK(started_ms(world) == before);
}

TEST_CASE("what is remembered is written at most once a second, and before a container is condemned") {
  World world;
  world.fake.add_image("nginx:1.25");
  std::vector<Memory> written;
  CarryOut carry_out{world.context, keep_in(world.folder.path()), 2, [&](const Memory& memory) -> Status {
                       written.push_back(memory);
                       if (memory.instances.contains("a") && !memory.instances.at("a").condemned.empty())
                         CHECK(world.runs("shop.web-1"));
                       return Done{};
                     }};
  const auto settle = [&] {
    std::int64_t wake_ms = 0;
    do {
      wake_ms = carry_out.round();
      REQUIRE(carry_out.wait_idle(Duration(20'000)));
    } while (world.state.with([](const State& s) { return s.replan; }));
    return wake_ms;
  };
  world.assign({probed("a")});
  settle();
  CHECK(written.empty());  // of what never failed there is nothing to say
  turn_unhealthy(world);
  settle();
  CHECK(written.size() == 1);
  world.advance(Duration(100));
  CHECK(settle() == to_ms(world.clock.now()) + 1'000);
  REQUIRE(written.size() == 2);
  CHECK_FALSE(written.back().instances.at("a").condemned.empty());
  world.advance(Duration(1'000));
  settle();
  REQUIRE(written.size() == 3);
  CHECK(written.back().instances.at("a").condemned.empty());
  CHECK(written.back().instances.at("a").restarts == 1);
}

TEST_CASE("a delay that is given is waited exactly") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.restart.delay_ms = 7'000;
  world.assign({wanted});
  world.settle();
  for (int times = 1; times <= 3; ++times) {
    world.fake.exit("shop.web-1", 1);
    world.see("shop.web-1");
    world.settle();
    CHECK(world.wake_ms - to_ms(world.clock.now()) == 7'000);
    wake(world);
    CHECK(world.runs("shop.web-1"));
  }
}

// ---- somebody's hand
