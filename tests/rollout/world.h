#pragma once

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "kontena/rollout/rollout.h"
#include "support/apply_plan.h"
#include "support/cluster.h"

namespace kontena {

// Two stacks on a few nodes; users, agents and faults are drawn from a seed.
struct World : support::Cluster {
  explicit World(unsigned seed) : random(seed) {
    for (int i = 0; i < 3; ++i) add_node();
    for (const auto* stack : {"a", "b"}) deploy(stack);
  }

  std::mt19937 random;
  CountedIds ids;
  std::int64_t now_ms = 1'000'000;
  bool faults = true;
  bool stops = false;  // stacks are stopped and started
  int nodes_made = 0;
  int deployments = 0;

  int draw(int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }

  void add_node() {
    node("n" + std::to_string(++nodes_made), {{"zone", std::to_string(draw(2))}, {"disk", draw(2) ? "ssd" : "hdd"}}, 4,
         1'000 * support::megabyte);
  }

  model::ServiceSpec any_service(const std::string& name, const model::ServiceSpec* before) {
    model::ServiceSpec spec = before ? *before : model::ServiceSpec{.name = name};
    if (!before || draw(2)) spec.image = name + ':' + std::to_string(draw(1'000));
    if (!before || draw(3) == 0) spec.replicas = draw(4);
    if (draw(4) == 0) spec.mode = draw(3) ? model::Mode::replicated : model::Mode::global;
    if (!before || draw(4) == 0) spec.reservations.memory_bytes = draw(4) * 100 * support::megabyte;
    if (!before || draw(4) == 0) {
      spec.ports.clear();
      if (draw(3) == 0) spec.ports = {{.target = 80, .published = 8'000 + draw(3)}};
    }
    if (!before || draw(6) == 0) {
      spec.mounts.clear();
      if (draw(3) == 0) spec.mounts = {{.source = draw(2) ? "data" : "more", .target = "/data"}};
    }
    if (draw(6) == 0) spec.placing.constraints.clear();
    if (draw(8) == 0) spec.placing.constraints = {{"node.labels.disk", true, "ssd"}};
    if (!before) spec.restart.when = static_cast<model::RestartWhen>(draw(4));
    if (deployments % 3 == 0) spec.pre_start = {{.command = {"migrate"}, .per_replica = deployments % 2 == 0}};
    if (deployments % 3 == 1) spec.pre_start.clear();
    if (name == "s2" && !before) spec.depends_on["s1"] = {static_cast<model::Condition>(draw(2)), false};
    return spec;
  }

  void deploy(const std::string& stack) {
    for (const auto* name : {"s1", "s2", "s3"}) {
      const auto* before = view.services.get(path(stack, name).text());
      if (before && draw(5) == 0) {
        model::Service gone = *before;
        gone.removed = true;
        view.services.put(path(stack, name).text(), gone);
        continue;
      }
      if (!before && draw(4) == 0) continue;
      const auto spec = any_service(name, before ? &before->spec : nullptr);
      if (before && before->spec == spec && !before->removed) continue;
      auto same = spec;
      if (before) same.replicas = before->spec.replicas, same.placing = before->spec.placing;
      service(stack, spec, before && same == before->spec);
    }
    const std::string key = path(stack).text();
    if (const auto* record = view.stacks.get(key)) {
      model::Stack next = *record;
      next.wanted = model::StackWanted::running;
      next.volumes = {{"data", {}}, {"more", {.name = "shared"}}};
      view.stacks.put(key, next);
    }
    const auto id = "d" + std::to_string(++deployments);
    view.deployments.put(
        key + '/' + id,
        {.id = DeploymentId(id), .grid = "g", .project = "default", .stack = stack, .created_ms = now_ms});
  }

  // Somebody does something, or something breaks.
  void disturb() {
    const std::string stack = draw(2) ? "a" : "b";
    const auto* record = view.stacks.get(path(stack).text());
    const std::string some = "n" + std::to_string(1 + draw(nodes_made));
    switch (draw(12)) {
      case 0:
      case 1:
      case 2:
        if (!record || record->wanted != model::StackWanted::removed) deploy(stack);
        break;
      case 3:
        if (record && stops) {
          model::Stack next = *record;
          if (next.wanted != model::StackWanted::removed)
            next.wanted = draw(2) ? model::StackWanted::stopped : model::StackWanted::running;
          view.stacks.put(path(stack).text(), next);
        }
        break;
      case 4:
        if (record && draw(4) == 0) {
          model::Stack next = *record;
          next.wanted = model::StackWanted::removed;
          view.stacks.put(path(stack).text(), next);
        }
        break;
      case 5:
        liveness[NodeId(some)] = model::NodeState::lost;
        break;
      case 6:
      case 7:
        liveness[NodeId(some)] = model::NodeState::ready;
        break;
      case 8:
        if (nodes_made < 6) add_node();
        break;
      case 9:
        if (draw(3) == 0) view.nodes.erase("g/" + some), view.facts.erase("g/" + some);
        break;
      case 10:
        if (view.nodes.get("g/" + some)) availability(some, static_cast<model::Availability>(draw(3)));
        break;
      case 11:
        if (const auto* service = view.services.get(path(stack, "s1").text())) {
          model::Service again = *service;
          ++again.restarts;
          view.services.put(path(stack, "s1").text(), again);
        }
        break;
    }
  }

  const model::ServiceSpec& made_from(const model::Instance& instance) const {
    const auto* revision = view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
    REQUIRE(revision);
    return revision->spec;
  }

  // Each agent takes each of its instances a step further, or not; things fail.
  void agents() {
    std::vector<model::Instance> all;
    view.instances.each("", [&](const auto& item) { all.push_back(item.value); });
    for (const model::Instance& instance : all) {
      const auto heard = liveness.find(instance.node);
      if (heard == liveness.end() || heard->second != model::NodeState::ready) continue;
      if (!view.nodes.get("g/" + *instance.node) || (faults && draw(3) == 0)) continue;
      const auto* before = view.statuses.get(model::instance_key(instance));
      model::InstanceStatus is = before ? *before : model::InstanceStatus{};
      advance(instance, is);
      // Others may wait for its health.
      if (instance.service == "s1")
        is.health = is.state == model::InstanceState::running ? model::Health::healthy : model::Health::none;
      status(instance, is);
    }
  }

  void advance(const model::Instance& instance, model::InstanceStatus& is) {
    using State = model::InstanceState;
    if (instance.desired == model::Desired::removed) {
      is.state = is.state == State::stopped ? State::removed : State::stopped;
      return;
    }
    if (instance.desired == model::Desired::stopped) {
      is.state = State::stopped;
      return;
    }
    const auto when = made_from(instance).restart.when;
    if (is.state == State::running) {
      if (!faults || draw(12) > 0) return;
      is = {.state = State::exited,
            .container = is.container,
            .exit_code = draw(2),
            .restarts = is.restarts,
            .finished_ms = now_ms};
    } else if (is.state == State::exited || is.state == State::failed) {
      const bool again = when == model::RestartWhen::always || when == model::RestartWhen::unless_stopped ||
                         (when == model::RestartWhen::on_failure && is.exit_code != 0);
      if (again) is.state = State::running, is.started_ms = now_ms, ++is.restarts;
    } else if (faults && draw(15) == 0) {
      is.state = State::failed;
    } else {
      is.state = is.state == State::pending   ? State::pulling
                 : is.state == State::pulling ? State::starting
                                              : State::running;
      is.started_ms = now_ms;
      if (is.state == State::running) is.container = *instance.id;
    }
  }

  // One round of the server over all stacks. Returns the number of steps.
  std::size_t server() {
    std::size_t steps = 0;
    for (const auto* stack : {"a", "b"}) {
      auto plan = plan_of(stack);
      support::apply_plan(view, plan, now_ms);
      steps += plan.steps.size();
      if (support::fails(plan)) {
        plan = plan_of(stack);
        support::apply_plan(view, plan, now_ms);
        REQUIRE_FALSE(support::fails(plan));
      }
      CAPTURE(stack);
      CAPTURE(support::text(plan));
      CHECK(support::text(plan_of(stack)) == "");
      REQUIRE(plan_of(stack).steps.empty());
    }
    return steps;
  }

  rollout::Plan plan_of(const std::string& stack) {
    schedule::Nodes nodes(view, liveness, "g");
    return rollout::step(view, path(stack), nodes, ids, from_ms(now_ms));
  }

  bool gone(const model::Instance& instance) const {
    const auto* is = view.statuses.get(model::instance_key(instance));
    return is && is->state == model::InstanceState::removed;
  }
};

}  // namespace kontena
