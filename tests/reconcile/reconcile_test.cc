#include "kontena/reconcile/reconcile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace kontena;
using namespace kontena::reconcile;

namespace {

using Desired = std::map<std::string, model::Assignment>;

model::Assignment wanted(model::Desired desired = model::Desired::running) {
  model::Assignment assignment{.id = InstanceId("i"), .desired = desired};
  assignment.spec.image = "web:1";
  return assignment;
}

Observed with_image() { return {.images = {"web:1"}}; }

Observed with_container(Found found) {
  Observed observed = with_image();
  found.container = "c";
  observed.containers["i"] = found;
  return observed;
}

Plan plan(const model::Assignment& assignment, const Observed& observed, std::int64_t now_ms = 1'000'000) {
  return actions({{*assignment.id, assignment}}, observed, from_ms(now_ms));
}

bool idle(const Plan& plan) { return plan.actions.empty() && plan.wake_ms == 0; }
std::vector<Action> only(Action action) { return {std::move(action)}; }

const Found ended{.ever_started = true, .exit_code = 3, .started_ms = 999'000, .finished_ms = 999'990};

}  // namespace

TEST_CASE("an image that is missing is pulled, then the container is made") {
  CHECK(plan(wanted(), {}).actions == only(Pull{"i", "web:1"}));
  CHECK(plan(wanted(), with_image()).actions == only(Create{"i"}));
  CHECK(idle(plan(wanted(), with_container({.running = true, .ever_started = true}))));
}

TEST_CASE("an image that may not be pulled and is missing blocks its instance, and says so") {
  auto assignment = wanted();
  assignment.spec.pull_policy = model::PullPolicy::never;
  const Plan blocked = plan(assignment, {});
  CHECK(idle(blocked));
  CHECK(blocked.blocked.at("i") == "image 'web:1' is not on the node, and its pull policy is never");
  CHECK(plan(assignment, with_image()).actions == only(Create{"i"}));
}

TEST_CASE("an image of policy always is pulled until it is marked as usable") {
  auto assignment = wanted();
  assignment.spec.pull_policy = model::PullPolicy::always;
  CHECK(plan(assignment, {}).actions == only(Pull{"i", "web:1"}));
  CHECK(plan(assignment, with_image()).actions == only(Create{"i"}));
}

TEST_CASE("a container that was made but never started is started") {
  CHECK(plan(wanted(), with_container({})).actions == only(Start{"i", "c", false}));
}

TEST_CASE("hooks are run once a start, while the container runs and is wanted") {
  Found found{.container = "c", .running = true, .ever_started = true, .started_ms = 999'000, .hooked = false};
  CHECK(plan(wanted(), with_container(found)).actions == only(RunHooks{"i", "c"}));
  CHECK(plan(wanted(model::Desired::stopped), with_container(found)).actions == only(Stop{"i", "c"}));
  found.hooked = true;
  CHECK(plan(wanted(), with_container(found)).actions.empty());
}

TEST_CASE("a failed pull, create or start waits for its back-off") {
  for (Observed observed : {Observed{}, with_image(), with_container({})}) {
    observed.history["i"].retry_at_ms = 1'000'500;
    CHECK(plan(wanted(), observed).actions.empty());
    CHECK(plan(wanted(), observed).wake_ms == 1'000'500);
    CHECK(plan(wanted(), observed, 1'000'500).actions.size() == 1);
  }
}

TEST_CASE("an instance that is being worked on gets nothing new") {
  Observed observed;
  observed.in_flight.insert("i");
  CHECK(idle(plan(wanted(), observed)));
}

TEST_CASE("desired stopped stops what runs, keeps the container and makes none") {
  CHECK(plan(wanted(model::Desired::stopped), with_container({.running = true})).actions == only(Stop{"i", "c"}));
  CHECK(idle(plan(wanted(model::Desired::stopped), with_container(ended))));
  CHECK(idle(plan(wanted(model::Desired::stopped), {})));
}

TEST_CASE("desired removed stops, then removes, then nothing") {
  const auto assignment = wanted(model::Desired::removed);
  CHECK(plan(assignment, with_container({.running = true})).actions == only(Stop{"i", "c"}));
  CHECK(plan(assignment, with_container(ended)).actions == only(Remove{"i", "c"}));
  CHECK(idle(plan(assignment, {})));
}

TEST_CASE("a failed stop or remove waits for its own back-off, not for that of a pull") {
  auto observed = with_container(ended);
  observed.history["i"] = {.retry_at_ms = 2'000'000, .cleanup_at_ms = 1'000'100};
  const auto assignment = wanted(model::Desired::removed);
  CHECK(plan(assignment, observed).wake_ms == 1'000'100);
  CHECK(plan(assignment, observed, 1'000'100).actions == only(Remove{"i", "c"}));
}

TEST_CASE("a container that no assignment names is left alone") {
  Observed observed;
  observed.containers["other"] = {.container = "c", .running = true};
  CHECK(idle(actions({}, observed, from_ms(1))));
}

TEST_CASE("what was stopped as desired is started again whatever its restart policy") {
  auto observed = with_container(ended);
  CHECK(idle(plan(wanted(), observed)));
  observed.history["i"].stopped = true;
  CHECK(plan(wanted(), observed).actions == only(Start{"i", "c", false}));
}

TEST_CASE("an ended container is started again as its policy and its back-off say") {
  auto assignment = wanted();
  assignment.spec.restart.when = model::RestartWhen::always;
  CHECK(plan(assignment, with_container(ended)).wake_ms == 1'000'090);
  CHECK(plan(assignment, with_container(ended), 1'000'090).actions == only(Start{"i", "c", true}));
}

TEST_CASE("an unfit container is replaced after its back-off, and one whose replacement has begun at once") {
  auto assignment = wanted();
  assignment.spec.restart.when = model::RestartWhen::always;
  const Found unfit{.running = true, .ever_started = true, .started_ms = 900'000, .unfit_since_ms = 999'950};
  CHECK(plan(assignment, with_container(unfit)).wake_ms == 1'000'050);
  CHECK(plan(assignment, with_container(unfit), 1'000'050).actions == only(Replace{"i", "c"}));
  CHECK(idle(plan(wanted(), with_container(unfit))));  // policy no

  for (const Found& found : {unfit, ended}) {
    auto observed = with_container(found);
    observed.history["i"].condemned = "c";
    CHECK(plan(wanted(), observed).actions == only(Replace{"i", "c"}));
    observed.history["i"].condemned = "an earlier one";
    CHECK(idle(plan(wanted(), observed)));
  }
  auto removed = with_container(unfit);
  removed.history["i"].condemned = "c";
  CHECK(plan(wanted(model::Desired::removed), removed).actions == only(Stop{"i", "c"}));
}

TEST_CASE("counts begin anew once a run is stable: after its window, and not while its health is unproven") {
  Found found{.running = true, .ever_started = true, .started_ms = 990'500};
  auto observed = with_container(found);
  CHECK(idle(plan(wanted(), observed)));
  CHECK(plan(wanted(), observed).stable.empty());
  observed.history["i"].failures = 1;
  CHECK(plan(wanted(), observed).wake_ms == 1'000'500);
  CHECK(plan(wanted(), observed, 1'000'500).stable == std::vector<std::string>{"i"});
  observed.containers["i"].proven = false;
  CHECK(idle(plan(wanted(), observed, 1'000'500)));
  CHECK(plan(wanted(), observed, 1'000'500).stable.empty());
}

TEST_CASE("a clock that is set back an hour holds nothing up, and one set forward breaks nothing") {
  auto assignment = wanted();
  assignment.spec.restart.when = model::RestartWhen::always;
  constexpr std::int64_t hour = 3'600'000;
  // It has ended in what is now the future.
  CHECK(plan(assignment, with_container(ended), 1'000'000 - hour).actions == only(Start{"i", "c", true}));
  auto failed = with_image();
  failed.history["i"].retry_at_ms = 1'000'500;
  CHECK(plan(assignment, failed, 1'000'000 - hour).actions == only(Create{"i"}));
  CHECK(plan(assignment, failed, 1'000'000 + hour).actions == only(Create{"i"}));
  auto cleanup = with_container(ended);
  cleanup.history["i"].cleanup_at_ms = 1'000'500;
  CHECK(plan(wanted(model::Desired::removed), cleanup, 1'000'000 - hour).actions == only(Remove{"i", "c"}));
  // A delay of more than an hour that was asked for is no such jump.
  assignment.spec.restart.delay_ms = 2 * hour;
  CHECK(plan(assignment, with_container(ended)).wake_ms == 999'990 + 2 * hour);
}

TEST_CASE("one plan has at most one action an instance and the earliest wake") {
  Desired desired;
  Observed observed;
  for (int i = 0; i < 4; ++i) {
    auto assignment = wanted();
    assignment.id = InstanceId(std::to_string(i));
    desired[*assignment.id] = assignment;
    if (i > 1) observed.history[*assignment.id].retry_at_ms = 3'000 - i;
  }
  const Plan both = actions(desired, observed, from_ms(1'000));
  CHECK(both.actions == std::vector<Action>{Pull{"0", "web:1"}, Pull{"1", "web:1"}});
  CHECK(both.wake_ms == 2'997);
}

namespace {

// An engine in which some things fail a few times, and containers end by themselves.
struct Node {
  Desired desired;
  Observed seen;
  std::mt19937 random;
  std::int64_t now_ms = 1'000'000;
  int faults_left = 0;

  bool fails() { return faults_left > 0 && random() % 3 == 0 && faults_left-- > 0; }

  void operator()(const Pull& pull) { seen.images.insert(pull.image); }
  void operator()(const Create& create) {
    REQUIRE_FALSE(seen.containers.contains(create.instance));
    REQUIRE(seen.images.contains(desired.at(create.instance).spec.image));
    seen.containers[create.instance] = {.container = "new-" + create.instance};
  }
  void operator()(const Start& start) {
    Found& found = seen.containers.at(start.instance);
    REQUIRE_FALSE(found.running);
    REQUIRE(found.container == start.container);
    found.running = found.ever_started = true;
    found.started_ms = now_ms;
    found.hooked = desired.at(start.instance).spec.post_start.empty();
    seen.history[start.instance].stopped = false;
    if (start.again) ++seen.history[start.instance].restarts, ++seen.history[start.instance].attempts;
    if (fails()) found.running = false, found.exit_code = 1, found.finished_ms = now_ms;
  }
  void operator()(const RunHooks& run) {
    Found& found = seen.containers.at(run.instance);
    REQUIRE(found.running);
    REQUIRE_FALSE(found.hooked);
    if (!fails()) {
      found.hooked = true;
      return;
    }
    found.running = false;
    found.exit_code = 143;
    found.finished_ms = now_ms;
  }
  void operator()(const Stop& stop) {
    Found& found = seen.containers.at(stop.instance);
    REQUIRE(found.running);
    found.running = false;
    found.exit_code = 143;
    found.finished_ms = now_ms;
    seen.history[stop.instance].stopped = true;
  }
  void operator()(const Remove& remove) {
    REQUIRE_FALSE(seen.containers.at(remove.instance).running);
    seen.containers.erase(remove.instance);
  }

  void operator()(const Replace& replace) {
    History& history = seen.history[replace.instance];
    if (history.condemned.empty()) ++history.restarts, ++history.attempts;
    history.condemned = replace.container;
    if (fails()) return;  // the agent dies in the midst
    seen.containers.erase(replace.instance);
  }

  void carry_out(const Action& action) {
    const std::string id = std::visit([](const auto& a) { return a.instance; }, action);
    History& history = seen.history[id];
    if (!fails()) return std::visit(*this, action);
    const bool cleanup = !std::holds_alternative<Pull>(action) && !std::holds_alternative<Create>(action) &&
                         !std::holds_alternative<Start>(action) && !std::holds_alternative<RunHooks>(action);
    (cleanup ? history.cleanup_at_ms : history.retry_at_ms) = now_ms + retry_delay_ms(++history.tries);
  }
};

Node any_node(unsigned seed) {
  Node node{.random = std::mt19937(seed)};
  auto& random = node.random;
  node.faults_left = static_cast<int>(random() % 8);
  for (int i = 0; i < 8; ++i) {
    auto assignment = wanted(static_cast<model::Desired>(random() % 3));
    assignment.id = InstanceId(std::to_string(i));
    assignment.spec.image = "image:" + std::to_string(random() % 4);
    assignment.spec.restart = {static_cast<model::RestartWhen>(random() % 4), static_cast<std::int64_t>(random() % 3)};
    assignment.spec.pull_policy = static_cast<model::PullPolicy>(random() % 3);
    if (random() % 3 == 0) assignment.spec.post_start = {{.command = {"warm-up"}}};
    if (random() % 2) node.desired[*assignment.id] = assignment;
    if (random() % 2) {
      const bool running = random() % 2 == 0;
      node.seen.containers[*assignment.id] = {.container = "old-" + *assignment.id,
                                              .running = running,
                                              .ever_started = running || random() % 2 == 0,
                                              .exit_code = static_cast<std::int64_t>(random() % 2),
                                              .started_ms = 990'000,
                                              .finished_ms = 995'000,
                                              .unfit_since_ms = running && random() % 3 == 0 ? 996'000 : 0};
    }
  }
  for (int i = 0; i < 2; ++i) node.seen.images.insert("image:" + std::to_string(random() % 4));
  return node;
}

// Whether the instance is as its assignment wants it, or may rightly be no better.
bool as_wanted(const Node& node, const model::Assignment& assignment, const Plan& last) {
  const auto at = node.seen.containers.find(*assignment.id);
  const bool found = at != node.seen.containers.end();
  if (assignment.desired == model::Desired::removed) return !found;
  if (assignment.desired == model::Desired::stopped) return !found || !at->second.running;
  if (!found) return last.blocked.contains(*assignment.id);
  const auto history = node.seen.history.find(*assignment.id);
  return at->second.running || !after_exit(assignment.spec.restart, at->second,
                                           history == node.seen.history.end() ? History{} : history->second)
                                    .restart;
}

}  // namespace

TEST_CASE("any start converges, and then nothing is left to do") {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    CAPTURE(seed);
    Node node = any_node(seed);
    const auto before = node.seen.containers;
    int rounds = 0;
    Plan todo = actions(node.desired, node.seen, from_ms(node.now_ms));
    for (; !idle(todo); todo = actions(node.desired, node.seen, from_ms(node.now_ms))) {
      REQUIRE(++rounds <= 64);
      std::set<std::string> once;
      for (const Action& action : todo.actions) {
        REQUIRE(once.insert(std::visit([](const auto& a) { return a.instance; }, action)).second);
        node.carry_out(action);
      }
      for (const std::string& id : todo.stable) {
        History& history = node.seen.history[id];
        history.attempts = history.failures = history.tries = 0;
      }
      if (todo.actions.empty()) {
        REQUIRE(todo.wake_ms > node.now_ms);
        node.now_ms = todo.wake_ms;
      }
    }
    for (const auto& [id, assignment] : node.desired) {
      CAPTURE(id);
      CHECK(as_wanted(node, assignment, todo));
    }
    for (const auto& [id, found] : before)
      if (!node.desired.contains(id)) CHECK(node.seen.containers.at(id).running == found.running);
  }
}
