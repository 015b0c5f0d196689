// The thread body, the lock, and the clock.
#include "kontena/base/loop.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <map>
#include <stdexcept>
#include <thread>

#include "kontena/base/clock.h"
#include "kontena/base/log.h"
#include "kontena/base/notify.h"
#include "kontena/base/synced.h"

namespace kontena {
namespace {

constexpr Duration long_enough = std::chrono::minutes(1);

bool reaches(Synced<int>& count, int wanted) {
  return count.wait(long_enough, [&](int now) { return now >= wanted; });
}

}  // namespace

TEST_CASE("a loop steps at its start and whenever it is woken") {
  Synced<int> steps;
  Loop loop("test", std::chrono::hours(1), [&] { steps.change([](int& n) { ++n; }); });
  CHECK(loop.name() == "test");
  loop.start();
  CHECK(reaches(steps, 1));
  loop.wake();
  CHECK(reaches(steps, 2));
  loop.stop();
  const int last = steps.with([](int& n) { return n; });
  CHECK(last >= 2);
  loop.wake();
  loop.stop();
  CHECK(steps.with([](int& n) { return n; }) == last);
}

TEST_CASE("a loop steps every period without being woken") {
  Synced<int> steps;
  Loop loop("test", Duration(1), [&] { steps.change([](int& n) { ++n; }); });
  loop.start();
  CHECK(reaches(steps, 5));
}

TEST_CASE("a wake that comes during a step is not lost") {
  Synced<int> steps;
  Loop* self = nullptr;
  Loop loop("test", std::chrono::hours(1), [&] {
    if (steps.change([](int& n) { return ++n; }) < 4) self->wake();
  });
  self = &loop;
  loop.start();
  CHECK(reaches(steps, 4));
}

TEST_CASE("a loop goes on after a step that threw") {
  log::set_level(static_cast<log::Level>(4));
  Synced<int> steps;
  Loop loop("test", Duration(1), [&] {
    steps.change([](int& n) { ++n; });
    throw std::runtime_error("in the test");
  });
  loop.start();
  CHECK(reaches(steps, 3));
  loop.stop();
  log::set_level(log::Level::info);
}

TEST_CASE("a loop without an end of its period waits, and is still woken and stopped") {
  Synced<int> steps;
  Loop loop("test", Duration::max(), [&] { steps.change([](int& n) { ++n; }); });
  loop.start();
  CHECK(reaches(steps, 1));
  CHECK(!steps.wait(Duration(20), [](int n) { return n > 1; }));
  loop.wake();
  CHECK(reaches(steps, 2));
}

TEST_CASE("tick is one step on the caller's thread, without one of its own") {
  int steps = 0;
  Loop loop("test", Duration(1), [&] { ++steps; });
  loop.tick();
  loop.tick();
  CHECK(steps == 2);
}

TEST_CASE("a wait ends when what it waits for comes, or says that it did not") {
  Synced<int> number(1);
  CHECK(number.wait(Duration(0), [](int n) { return n == 1; }));
  CHECK(!number.wait(Duration(0), [](int n) { return n == 2; }));
  CHECK(!number.wait(Duration(-5), [](int n) { return n == 2; }));
  CHECK(number.wait_then(
            Duration(1), [](int n) { return n == 2; }, [](int n) { return n; }) == 1);
  std::jthread setting([&] { number.change([](int& n) { n = 2; }); });
  CHECK(number.wait(Duration::max(), [](int n) { return n == 2; }));
  CHECK(number.wait_then(
            long_enough, [](int n) { return n == 2; }, [](int n) { return n * 10; }) == 20);
}

TEST_CASE("a manual clock stands still, is advanced, and jumps") {
  ManualClock clock;
  CHECK(to_ms(clock.now()) == 0);
  clock.advance(std::chrono::seconds(5));
  CHECK(to_ms(clock.now()) == 5000);
  CHECK(clock.steady() == std::chrono::seconds(5));
  clock.jump(-std::chrono::hours(1));
  CHECK(to_ms(clock.now()) == 5000 - 3'600'000);
  CHECK(clock.steady() == std::chrono::seconds(5));
  CHECK(from_ms(to_ms(clock.now())) == clock.now());
}

TEST_CASE("the system's clock is after this test was written, and its steady one goes on") {
  const SystemClock clock;
  CHECK(to_ms(clock.now()) > 1'700'000'000'000);
  const Duration before = clock.steady();
  CHECK(clock.steady() >= before);
}

TEST_CASE("who waits gets on, and who works without a word does not") {
  Synced<int> stage;
  Progress progress;
  CHECK(progress.busy() == Duration(0));  // not begun
  std::jthread thread([&] {
    const Progress::Here here(progress);
    stage.change([](int& at) { at = 1; });
    stage.wait(long_enough, [](int at) { return at == 2; });
    stage.change([](int& at) { at = 3; });
    const auto begun = Progress::Clock::now();
    while (progress.busy() < Duration(20) && Progress::Clock::now() - begun < long_enough) continue;
    CHECK(progress.busy() >= Duration(20));
    Progress::noted();
    CHECK(progress.busy() < Duration(20));
  });
  REQUIRE(reaches(stage, 1));
  while (progress.busy() > Duration(0)) std::this_thread::yield();
  CHECK(progress.busy() == Duration(0));
  stage.change([](int& at) { at = 2; });
  thread.join();
  CHECK(progress.busy() == Duration(0));  // it has ended
}

TEST_CASE("a loop that waits for its turn is not stuck") {
  Loop loop("test", std::chrono::hours(1), [] {});
  loop.start();
  CHECK_FALSE(loop.is_stuck());
  loop.stop();
  CHECK_FALSE(loop.is_stuck());
}

TEST_CASE("the watchdog hears from us twice in the time it grants, if it is us it watches") {
  const auto period = [](std::map<std::string, std::string> set) {
    return watchdog_period([set](std::string_view name) -> std::optional<std::string> {
      const auto found = set.find(std::string(name));
      if (found == set.end()) return std::nullopt;
      return found->second;
    });
  };
  CHECK_FALSE(period({}));
  CHECK(period({{"WATCHDOG_USEC", "30000000"}}) == Duration(15'000));
  CHECK(period({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", std::to_string(::getpid())}}) == Duration(15'000));
  CHECK_FALSE(period({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "1"}}));
  for (const char* wrong : {"", "0", "-1", "soon"}) CHECK_FALSE(period({{"WATCHDOG_USEC", wrong}}));
}

}  // namespace kontena
