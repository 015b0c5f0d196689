#include "status.h"

#include <doctest/doctest.h>

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
  return c;
}

}  // namespace

TEST_CASE("the state that is reported, by what is wanted, found and done") {
  struct Row {
    const char* what;
    Desired desired;
    std::optional<engine::Container> found;
    Doing doing;
    const char* message;  // of a failure of ours
    model::RestartWhen restart;
    InstanceState expected;
  };
  using enum Desired;
  using enum model::RestartWhen;
  const Row rows[] = {
      {"nothing done yet", running, {}, Doing::nothing, "", always, InstanceState::pending},
      {"the image comes", running, {}, Doing::pull, "", always, InstanceState::pulling},
      {"it is being made", running, {}, Doing::create, "", always, InstanceState::starting},
      {"it could not be made", running, {}, Doing::nothing, "no such image", always, InstanceState::failed},
      {"made, not started", running, container(ContainerState::created), Doing::start, "", always,
       InstanceState::starting},
      {"it could not be started", running, container(ContainerState::created), Doing::nothing, "port taken", always,
       InstanceState::failed},
      {"it runs", running, container(ContainerState::running), Doing::nothing, "", always, InstanceState::running},
      {"it is paused", running, container(ContainerState::paused), Doing::nothing, "", always, InstanceState::running},
      {"it crashed, and is started again", running, container(ContainerState::exited, 1), Doing::nothing, "", always,
       InstanceState::exited},
      {"it is done", running, container(ContainerState::exited, 0), Doing::nothing, "", no, InstanceState::exited},
      {"it failed for good", running, container(ContainerState::exited, 3), Doing::nothing, "", no,
       InstanceState::exited},
      {"being stopped", stopped, container(ContainerState::running), Doing::stop, "", always, InstanceState::running},
      {"stopped", stopped, container(ContainerState::exited, 143), Doing::nothing, "", always, InstanceState::stopped},
      {"stopped before it was made", stopped, {}, Doing::nothing, "", always, InstanceState::stopped},
      {"being removed", removed, container(ContainerState::exited, 143), Doing::remove, "", always,
       InstanceState::stopped},
      {"removed", removed, {}, Doing::nothing, "", always, InstanceState::removed},
      {"to be removed while it is made", removed, {}, Doing::create, "", always, InstanceState::pending},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    auto wanted = assignment("a");
    wanted.desired = row.desired;
    wanted.spec.restart.when = row.restart;
    const Work work{.doing = row.doing, .message = row.message};
    const auto status = status_of(wanted, row.found ? &*row.found : nullptr, work);
    CHECK(model::name(status.state) == model::name(row.expected));
    if (*row.message != '\0') CHECK(status.message == row.message);
  }
}

TEST_CASE("an end says its reason and the last lines") {
  auto wanted = assignment("a");
  Work work{.last_lines = {"no database"}};
  work.history.restarts = 2;
  auto found = container(ContainerState::exited, 137);
  found.out_of_memory = true;
  auto status = status_of(wanted, &found, work);
  CHECK(status.message == "exited with status 137: out of memory");
  CHECK(status.last_lines == model::Strings{"no database"});
  CHECK(status.exit_code == 137);
  CHECK(status.restarts == 2);

  wanted.spec.restart = {model::RestartWhen::on_failure, 2};
  status = status_of(wanted, &found, work);
  CHECK(status.state == InstanceState::failed);
  CHECK(status.message == "exited with status 137: out of memory; gave up after 2 restarts");

  found = container(ContainerState::exited, 0);
  status = status_of(wanted, &found, work);
  CHECK(status.state == InstanceState::exited);
  CHECK(status.message.empty());
  CHECK(status.last_lines.empty());
}

TEST_CASE("an unhealthy container says what its probe said") {
  auto found = container(ContainerState::running);
  found.health = model::Health::unhealthy;
  found.health_output = "curl: (7) refused\nmore";
  found.ports = {{80, 8080, "tcp", ""}};
  const auto status = status_of(assignment("a"), &found, {.last_lines = {"x"}});
  CHECK(status.state == InstanceState::running);
  CHECK(status.health == model::Health::unhealthy);
  CHECK(status.message == "curl: (7) refused");
  CHECK(status.last_lines == model::Strings{"x"});
  CHECK(status.ports == found.ports);
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
