#include "tell.h"

#include <set>

#include "check.h"
#include "controllers/event_keeper.h"
#include "events.h"
#include "harness.h"
#include "kontena/model/event_kinds.h"

using namespace kontena;
using namespace kontena::server;
namespace kinds = model::kinds;

namespace {

model::Instance web() {
  return {.id = InstanceId("i1"), .grid = "default", .project = "default", .stack = "shop", .service = "web", .slot = 1, .node = NodeId("n1")};
}

std::vector<model::Event> told_of(const store::Commit& commit) {
  std::vector<model::Event> events;
  for (const auto& put : commit.puts)
    if (put.key.starts_with("events/")) events.push_back(*store::events.read({put.key, put.value, 0}));
  return events;
}

std::set<std::string> kinds_of(const std::vector<model::Event>& events) {
  std::set<std::string> all;
  for (const auto& event : events) all.insert(event.kind);
  return all;
}

std::set<std::string> told(const model::InstanceStatus& before, const model::InstanceStatus& after) {
  const model::ClusterView view;
  store::Commit commit;
  tell_status(view, web(), &before, after, Time{}, commit);
  store::Commit again;
  tell_status(view, web(), &after, after, Time{}, again);
  CHECK(again.puts.empty());  // the same word twice tells nothing
  return kinds_of(told_of(commit));
}

model::InstanceStatus running(std::int64_t started = 1'000) {
  return {.state = model::InstanceState::running, .container = "c1", .started_ms = started};
}

using Set = std::set<std::string>;

}  // namespace

TEST_CASE("an agent's word tells what is new in it") {
  using State = model::InstanceState;
  const model::InstanceStatus pulling{.state = State::pulling};
  CHECK(told(pulling, {.state = State::starting}) == Set{"image.pulled"});
  CHECK(told({.state = State::starting}, running()) == Set{"instance.started"});

  auto exited = running();
  exited.state = model::InstanceState::exited;
  exited.failures = 1;
  exited.last_failure = model::Failure{.at_ms = 5, .exit_code = 3, .message = "exited with status 3"};
  CHECK(told(running(), exited) == Set{"instance.exited"});
  auto again = exited;
  again.state = running().state;
  again.started_ms = 9'000;
  again.restarts = 1;
  CHECK(told(exited, again) == Set{"instance.restarted"});

  auto oom = exited;
  oom.last_failure->out_of_memory = true;
  CHECK(told(running(), oom) == Set{"instance.out_of_memory"});

  auto third = exited;
  third.failures = 3;
  third.last_failure->at_ms = 7;
  auto second = exited;
  second.failures = 2;
  CHECK(told(second, third) == Set{"instance.crash_loop", "instance.exited"});
  auto fourth = third;
  fourth.failures = 4;
  fourth.last_failure->at_ms = 8;
  CHECK(told(third, fourth).empty());  // a loop is told once
  auto steady = fourth;
  steady.failures = 0;
  steady.state = running().state;
  CHECK(told(fourth, steady).count("instance.recovered") == 1);

  auto gave_up = exited;
  gave_up.state = State::failed;
  gave_up.message = "exited with status 3; gave up after 2 restarts";
  CHECK(told(exited, gave_up) == Set{"instance.failed"});
}

TEST_CASE("health and hands are told of") {
  auto sick = running(), well = running();
  well.health = model::Health::healthy;
  sick.health = model::Health::unhealthy;
  sick.message = "unhealthy: no answer";
  CHECK(told(well, sick) == Set{"instance.unhealthy"});
  CHECK(told(sick, well) == Set{"instance.healthy"});
  auto failing = sick;
  failing.last_failure = model::Failure{.at_ms = 4, .message = "unhealthy: no answer"};
  CHECK(told(well, failing) == Set{"instance.unhealthy"});

  auto gone = running();
  gone.state = model::InstanceState::starting;
  gone.container.clear();
  CHECK(told(running(), gone) == Set{"container.drift"});
  auto renamed = running();
  renamed.message = "renamed by somebody: docker rename a b";
  CHECK(told(running(), renamed) == Set{"container.drift"});
  CHECK(told(renamed, running()).empty());
}

TEST_CASE("what cannot be started is told once for each reason") {
  auto one = running();
  one.state = model::InstanceState::pulling;
  one.last_failure = model::Failure{.at_ms = 1, .message = "image 'nothing:1' cannot be pulled: not found"};
  auto two = one;
  two.last_failure->at_ms = 2;
  auto three = two;
  three.last_failure->message = "no such host";
  model::InstanceStatus before{.state = model::InstanceState::pulling};
  CHECK(told(before, one) == Set{"instance.start_failed"});
  CHECK(told(one, two).empty());
  CHECK(told(two, three) == Set{"instance.start_failed"});
}

TEST_CASE("two reasons that differ in numbers alone are one") {
  CHECK(same_but_for_numbers("1 without memory: best has 410 MB", "2 without memory: best has 1.2 MB"));
  CHECK_FALSE(same_but_for_numbers("1 without memory", "1 not ready"));
}

TEST_CASE("of too many the oldest of who has most go first, and what is too old before them") {
  std::vector<KeptEvent> all;
  for (int i = 0; i < 10; ++i) all.push_back({"loud" + std::to_string(i), 100 + i, "p/a"});
  all.insert(all.begin(), {"quiet", 50, "p/b"});
  CHECK(too_many(all, {.kept_ms = 0, .most = 11}, 1'000).empty());
  CHECK(too_many(all, {.kept_ms = 0, .most = 9}, 1'000) == std::vector<std::string>{"loud0", "loud1"});
  CHECK(too_many(all, {.kept_ms = 900, .most = 100}, 1'000) == std::vector<std::string>{"quiet"});
  CHECK(too_many(all, {.kept_ms = 900, .most = 9}, 1'000) == std::vector<std::string>{"quiet", "loud0"});
}

TEST_CASE("a grid says how long its events are kept, and the keeper keeps to it") {
  World world;
  const std::string url = "/v1/grids/default/events/keeping";
  CHECK(world.read<model::EventKeeping>(world.as_admin(http::Method::get, url)).most == 10'000);
  CHECK(world.as_admin(http::Method::post, url, R"({"most":1})").status == 400);
  CHECK(world.as_admin(http::Method::post, url, R"({"kept_ms":1})").status == 400);
  CHECK(world.as_admin(http::Method::post, url, R"({"most":100})").status == 200);
  CHECK(world.read<model::EventKeeping>(world.as_admin(http::Method::get, url)).kept_ms == 7ll * 24 * 3'600'000);
  for (int i = 0; i < 130; ++i) {
    store::Commit commit;
    tell(commit, "default", {.kind = "instance.started", .project = "default", .stack = "s" + std::to_string(i)}, world.clock_.now());
    world.commit(commit);
  }
  EventKeeper(world.context_).tick();
  CHECK(world.store_->page("events/", "", 1'000, false)->size() == 100);
  world.clock_.advance(std::chrono::hours(24 * 8));
  EventKeeper(world.context_).tick();
  CHECK(world.store_->page("events/", "", 1'000, false)->empty());
  CHECK(check_store(*world.store_).findings.empty());
}
