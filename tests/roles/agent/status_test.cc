#include "status.h"

#include <doctest/doctest.h>

#include "failures.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::assignment;
using engine::ContainerState;
using model::Desired;
using model::InstanceState;

namespace {

engine::Container container(ContainerState state, std::int64_t exit_code = 0) {
  engine::Container c{.id = "c1", .name = "shop.web-1", .state = state, .exit_code = exit_code};
  if (state != ContainerState::created) c.started_ms = 1'000;
  if (state == ContainerState::exited) c.finished_ms = 2'000;
  c.networks = {"shop.default"};
  return c;
}

}  // namespace

TEST_CASE("the state that is reported, by what is wanted, found and done") {
  struct Row {
    const char* what;
    Desired desired;
    std::optional<engine::Container> found;
    Doing doing;
    const char* message;  // of a failure of ours, after which …
    std::int64_t tries;   // … so many have failed in a row
    model::RestartWhen restart;
    InstanceState expected;
  };
  using enum Desired;
  using enum model::RestartWhen;
  const Row rows[] = {
      {"nothing done yet", running, {}, Doing::nothing, "", 0, always, InstanceState::pending},
      {"the image comes", running, {}, Doing::pull, "", 0, always, InstanceState::pulling},
      {"it is being made", running, {}, Doing::create, "", 0, always, InstanceState::starting},
      {"its hook failed, and it was stopped", running, container(ContainerState::exited), Doing::stop, "", 0, no,
       InstanceState::starting},
      {"it could not be made, twice", running, {}, Doing::nothing, "no such image", 2, always, InstanceState::starting},
      {"it could not be made", running, {}, Doing::nothing, "no such image", 3, always, InstanceState::failed},
      {"it is tried once more", running, {}, Doing::create, "no such image", 3, always, InstanceState::failed},
      {"made, not started", running, container(ContainerState::created), Doing::start, "", 0, always,
       InstanceState::starting},
      {"it could not be started, once", running, container(ContainerState::created), Doing::nothing, "port taken", 1,
       always, InstanceState::starting},
      {"it could not be started", running, container(ContainerState::created), Doing::nothing, "port taken", 3, always,
       InstanceState::failed},
      {"it runs", running, container(ContainerState::running), Doing::nothing, "", 0, always, InstanceState::running},
      {"it is paused", running, container(ContainerState::paused), Doing::nothing, "", 0, always,
       InstanceState::running},
      {"it crashed, and is started again", running, container(ContainerState::exited, 1), Doing::nothing, "", 0, always,
       InstanceState::exited},
      {"it is done", running, container(ContainerState::exited, 0), Doing::nothing, "", 0, no, InstanceState::exited},
      {"it failed for good", running, container(ContainerState::exited, 3), Doing::nothing, "", 0, no,
       InstanceState::exited},
      {"being stopped", stopped, container(ContainerState::running), Doing::stop, "", 0, always,
       InstanceState::running},
      {"stopped", stopped, container(ContainerState::exited, 143), Doing::nothing, "", 0, always,
       InstanceState::stopped},
      {"stopped before it was made", stopped, {}, Doing::nothing, "", 0, always, InstanceState::stopped},
      {"being removed", removed, container(ContainerState::exited, 143), Doing::remove, "", 0, always,
       InstanceState::stopped},
      {"removed", removed, {}, Doing::nothing, "", 0, always, InstanceState::removed},
      {"to be removed while it is made", removed, {}, Doing::create, "", 0, always, InstanceState::pending},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    auto wanted = assignment("a");
    wanted.desired = row.desired;
    wanted.spec.restart.when = row.restart;
    const Work work{.history = {.tries = row.tries}, .doing = row.doing, .message = row.message};
    const auto status = status_of(wanted, row.found ? &*row.found : nullptr, work);
    CHECK(model::name(status.state) == model::name(row.expected));
    if (*row.message != '\0') CHECK(status.message == row.message);
  }
}

TEST_CASE("an end says its reason and the last lines") {
  auto wanted = assignment("a");
  wanted.spec.limits.memory_bytes = 64 << 20;
  Work work;
  work.history = {.restarts = 7, .attempts = 2};
  auto found = container(ContainerState::exited, 137);
  found.out_of_memory = true;
  REQUIRE(shows_failure(wanted, found, work));
  note_failure(wanted, found, {"no database"}, 5'000, work);
  CHECK_FALSE(shows_failure(wanted, found, work));
  auto status = status_of(wanted, &found, work);
  CHECK(status.message == "exited with status 137: out of memory (limit 64 MB)");
  CHECK(status.last_lines == model::Strings{"no database"});
  CHECK(status.exit_code == 137);
  CHECK(status.restarts == 7);
  CHECK(status.failures == 1);
  CHECK(status.last_failure == model::Failure{.at_ms = 2'000,
                                              .exit_code = 137,
                                              .out_of_memory = true,
                                              .memory_limit_bytes = 64 << 20,
                                              .message = "exited with status 137: out of memory (limit 64 MB)",
                                              .last_lines = {"no database"}});

  wanted.spec.restart = {model::RestartWhen::on_failure, 2};
  status = status_of(wanted, &found, work);
  CHECK(status.state == InstanceState::failed);
  CHECK(status.message == "exited with status 137: out of memory (limit 64 MB); gave up after 2 restarts");
  wanted.spec.limits = {};
  CHECK(why_ended(wanted, found) == "exited with status 137: out of memory (of the host)");

  // While it runs again, and when it is done, why it failed once is still told.
  found = container(ContainerState::exited, 0);
  status = status_of(wanted, &found, work);
  CHECK(status.state == InstanceState::exited);
  CHECK(status.message.empty());
  CHECK(status.last_lines.empty());
  CHECK(status.last_failure);
}

TEST_CASE("an unhealthy container says what its probe said") {
  auto found = container(ContainerState::running);
  found.health = model::Health::unhealthy;
  found.health_output = "curl: (7) refused\nmore";
  found.ports = {{80, 8080, "tcp", ""}};
  Work work;
  REQUIRE(shows_failure(assignment("a"), found, work));
  note_failure(assignment("a"), found, {"x"}, 5'000, work);
  note_fitness(assignment("a"), found, 5'000, work);
  CHECK_FALSE(shows_failure(assignment("a"), found, work));
  const auto status = status_of(assignment("a"), &found, work);
  CHECK(status.state == InstanceState::running);
  CHECK(status.health == model::Health::unhealthy);
  CHECK(status.message == "unhealthy: curl: (7) refused");
  CHECK(status.last_lines == model::Strings{"x"});
  CHECK(status.failures == 1);
  CHECK(status.ports == found.ports);
}

TEST_CASE("what somebody changed by hand is said, with the way back") {
  auto wanted = assignment("a");
  wanted.spec.limits = {.nano_cpus = 500'000'000, .memory_bytes = 64 << 20};
  auto found = container(ContainerState::running);
  found.limits = wanted.spec.limits;
  CHECK(status_of(wanted, &found, {}).message.empty());
  found.limits.memory_bytes = 128 << 20;
  CHECK(status_of(wanted, &found, {}).message == "its memory limit was changed by somebody: 128 MB in place of 64 MB");
  found.limits = {.memory_bytes = 64 << 20, .pids = 7};
  CHECK(status_of(wanted, &found, {}).message == "its limit of cores was changed by somebody: none in place of 500m");
  found.name = "mine";
  CHECK(status_of(wanted, &found, {}).message == "renamed by somebody: docker rename mine shop.web-1");
  found.networks.clear();
  CHECK(status_of(wanted, &found, {}).message == "it was taken off the network 'shop.default' by somebody");
}

TEST_CASE("a wait for a name is no failure") {
  const auto status = status_of(assignment("a"), nullptr, {.waits = "waits until …"});
  CHECK(status.state == InstanceState::pending);
  CHECK(status.message == "waits until …");
}

TEST_CASE("progress is told in megabytes") {
  CHECK(progress_text({12'687'769, 42'152'755}) == "12.1 MB / 40.2 MB");
  CHECK(progress_text({0, 0}).empty());
}

TEST_CASE("a line is cut between characters") {
  CHECK(one_line("  a\r\nb", 10) == "a");
  CHECK(one_line("aä", 2) == "a");
  CHECK(one_line("aä", 3) == "aä");
}
