#include <doctest/doctest.h>

#include "kontena/reconcile/reconcile.h"

using namespace kontena;
using namespace kontena::reconcile;
using model::RestartWhen;

namespace {

Found run(std::int64_t exit_code, std::int64_t length_ms = 50) {
  return {.ever_started = true, .exit_code = exit_code, .started_ms = 100'000, .finished_ms = 100'000 + length_ms};
}

}  // namespace

TEST_CASE("policy no starts nothing again") {
  CHECK_FALSE(after_exit({RestartWhen::no}, run(0), {}).restart);
  CHECK_FALSE(after_exit({RestartWhen::no}, run(1), {}).restart);
}

TEST_CASE("policy on-failure starts a failed run again, up to its attempts") {
  CHECK_FALSE(after_exit({RestartWhen::on_failure}, run(0), {}).restart);
  CHECK(after_exit({RestartWhen::on_failure}, run(1), {.attempts = 1'000}).restart);
  CHECK(after_exit({RestartWhen::on_failure, 3}, run(1), {.attempts = 2}).restart);
  CHECK_FALSE(after_exit({RestartWhen::on_failure, 3}, run(1), {.attempts = 3}).restart);
}

TEST_CASE("policies always and unless-stopped start every run again, up to their attempts where they have such") {
  for (const auto when : {RestartWhen::always, RestartWhen::unless_stopped}) {
    CHECK(after_exit({when}, run(0), {.attempts = 1'000}).restart);
    CHECK(after_exit({when, 3}, run(0), {.attempts = 2}).restart);
    CHECK_FALSE(after_exit({when, 3}, run(0), {.attempts = 3}).restart);
  }
}

TEST_CASE("after a stable run the attempts are counted anew") {
  CHECK(after_exit({RestartWhen::always, 3}, run(0, 10'000), {.attempts = 3}).restart);
  const model::Restart long_window{.when = RestartWhen::always, .max_attempts = 3, .window_ms = 60'000};
  CHECK_FALSE(after_exit(long_window, run(0, 59'999), {.attempts = 3}).restart);
  CHECK(after_exit(long_window, run(0, 60'000), {.attempts = 3}).restart);
}

TEST_CASE("the wait before a restart doubles from 100 ms to a minute, and is short again after a stable run") {
  const model::Restart always{RestartWhen::always};
  const auto wait = [&](std::int64_t attempts, std::int64_t length_ms, std::int64_t jitter = 0) {
    const Found found = run(1, length_ms);
    return after_exit(always, found, {.attempts = attempts, .jitter = jitter}).at_ms - found.finished_ms;
  };
  CHECK(wait(0, 50) == 100);
  CHECK(wait(1, 50) == 200);
  CHECK(wait(9, 50) == 51'200);
  CHECK(wait(10, 50) == 60'000);
  CHECK(wait(1'000'000, 9'999) == 60'000);
  CHECK(wait(1'000'000, 10'000) == 100);
  CHECK(wait(10, 50, 500) == 52'500);
  for (std::int64_t jitter = 0; jitter < 1'000; ++jitter) {
    CAPTURE(jitter);
    CHECK(wait(3, 50, jitter) >= 600);
    CHECK(wait(3, 50, jitter) <= 800);
  }
}

TEST_CASE("a delay that is given is kept to exactly") {
  const model::Restart policy{.when = RestartWhen::always, .delay_ms = 7'000};
  for (const std::int64_t attempts : {0, 1, 20})
    CHECK(after_exit(policy, run(1), {.attempts = attempts, .jitter = 999}).at_ms == run(1).finished_ms + 7'000);
  const model::Restart days{.when = RestartWhen::always, .delay_ms = 172'800'000};
  CHECK(after_exit(days, run(1), {}).at_ms == run(1).finished_ms + 172'800'000);
}

TEST_CASE("what is unfit is replaced by every policy but no, up to its attempts, after the same waits") {
  Found found{.running = true, .ever_started = true, .started_ms = 100'000};
  for (const auto when : {RestartWhen::on_failure, RestartWhen::always, RestartWhen::unless_stopped}) {
    found.unfit_since_ms = 0;
    CHECK_FALSE(when_unfit({when}, found, {}).restart);
    found.unfit_since_ms = 200'000;
    CHECK(when_unfit({when}, found, {}).at_ms == 200'100);
    CHECK(when_unfit({when}, found, {.attempts = 3}).at_ms == 200'800);
    CHECK(when_unfit({.when = when, .delay_ms = 5'000}, found, {.attempts = 3}).at_ms == 205'000);
    CHECK(when_unfit({when, 4}, found, {.attempts = 3}).restart);
    CHECK_FALSE(when_unfit({when, 3}, found, {.attempts = 3}).restart);
  }
  CHECK_FALSE(when_unfit({RestartWhen::no}, found, {}).restart);
}

TEST_CASE("the wait before a retry doubles from a second to a minute, less its jitter") {
  CHECK(retry_delay_ms(0) == 1'000);
  CHECK(retry_delay_ms(1) == 1'000);
  CHECK(retry_delay_ms(2) == 2'000);
  CHECK(retry_delay_ms(6) == 32'000);
  CHECK(retry_delay_ms(7) == 60'000);
  CHECK(retry_delay_ms(1'000'000'000) == 60'000);
  CHECK(retry_delay_ms(3, 1'000'000) == 3'001);
}
