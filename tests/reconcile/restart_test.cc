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
  CHECK(after_exit({RestartWhen::on_failure}, run(1), {.restarts = 1'000}).restart);
  CHECK(after_exit({RestartWhen::on_failure, 3}, run(1), {.restarts = 2}).restart);
  CHECK_FALSE(after_exit({RestartWhen::on_failure, 3}, run(1), {.restarts = 3}).restart);
}

TEST_CASE("policies always and unless-stopped start every run again, up to their attempts where they have such") {
  for (const auto when : {RestartWhen::always, RestartWhen::unless_stopped}) {
    CHECK(after_exit({when}, run(0), {.restarts = 1'000}).restart);
    CHECK(after_exit({when, 3}, run(0), {.restarts = 2}).restart);
    CHECK_FALSE(after_exit({when, 3}, run(0), {.restarts = 3}).restart);
    CHECK_FALSE(after_exit({when}, run(1), {.gave_up = true}).restart);
  }
}

TEST_CASE("the wait before a restart doubles from 100 ms to a minute, and is short again after a stable run") {
  const model::Restart always{RestartWhen::always};
  const auto wait = [&](std::int64_t failures, std::int64_t length_ms) {
    const Found found = run(1, length_ms);
    return after_exit(always, found, {.failures = failures}).at_ms - found.finished_ms;
  };
  CHECK(wait(0, 50) == 100);
  CHECK(wait(1, 50) == 200);
  CHECK(wait(9, 50) == 51'200);
  CHECK(wait(10, 50) == 60'000);
  CHECK(wait(1'000'000, 9'999) == 60'000);
  CHECK(wait(1'000'000, 10'000) == 100);
}

TEST_CASE("the wait before a retry doubles from a second to a minute") {
  CHECK(retry_delay_ms(0) == 1'000);
  CHECK(retry_delay_ms(1) == 1'000);
  CHECK(retry_delay_ms(2) == 2'000);
  CHECK(retry_delay_ms(6) == 32'000);
  CHECK(retry_delay_ms(7) == 60'000);
  CHECK(retry_delay_ms(1'000'000'000) == 60'000);
}
