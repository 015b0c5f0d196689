#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kontena/model/names.h"
#include "kontena/rollout/rollout.h"
#include "support/apply_plan.h"
#include "support/cluster.h"

namespace kontena {

// The stack `shop` on a few nodes, with an agent that does at once what it is
// told unless a test says otherwise.
struct Shop : support::Cluster {
  CountedIds ids;
  std::int64_t now_ms = 1'000'000;
  rollout::Plan last;
  int deployments = 0;

  explicit Shop(int nodes = 3) {
    for (int i = 0; i < nodes; ++i) node({'n', static_cast<char>('1' + i)});
  }

  void deploy() {
    const auto id = "d" + std::to_string(++deployments);
    view.deployments.put(
        "g/default/shop/" + id,
        {.id = DeploymentId(id), .grid = "g", .project = "default", .stack = "shop", .created_ms = now_ms});
  }
  void deploy(model::ServiceSpec spec) {
    service("shop", std::move(spec));
    deploy();
  }

  rollout::Plan peek() {
    schedule::Nodes nodes(view, liveness, "g");
    CountedIds same = ids;
    return rollout::step(view, path("shop"), nodes, same, from_ms(now_ms));
  }

  // One round of the server; another right after it has nothing to do.
  const rollout::Plan& step() {
    {
      schedule::Nodes nodes(view, liveness, "g");
      last = rollout::step(view, path("shop"), nodes, ids, from_ms(now_ms));
    }
    support::apply_plan(view, last, now_ms);
    if (!support::fails(last)) CHECK(support::text(peek()) == "");
    return last;
  }

  // What the agents do of what is wanted, in one go.
  void agents() {
    std::vector<model::Instance> all;
    view.instances.each("", [&](const auto& item) { all.push_back(item.value); });
    for (const model::Instance& instance : all) {
      if (instance.node.empty()) continue;
      const auto* before = view.statuses.get(model::instance_key(instance));
      model::InstanceStatus status = before ? *before : model::InstanceStatus{};
      if (instance.desired == model::Desired::removed) status.state = model::InstanceState::removed;
      if (instance.desired == model::Desired::stopped) status.state = model::InstanceState::stopped;
      if (instance.desired == model::Desired::running &&
          (status.state == model::InstanceState::pending || status.state == model::InstanceState::stopped)) {
        status.state = model::InstanceState::running;
        status.started_ms = now_ms;
      }
      this->status(instance, status);
    }
  }

  void run(int rounds = 1) {
    for (int i = 0; i < rounds; ++i) {
      step();
      agents();
      now_ms += 2'000;
    }
  }

  std::vector<model::Instance> instances(const std::string& service = "") const {
    std::vector<model::Instance> found;
    view.instances.each("g/default/shop/" + service, [&](const auto& item) { found.push_back(item.value); });
    std::ranges::stable_sort(found, {}, [](const auto& i) { return i.slot; });
    return found;
  }
  // "web-1@n1 web-2@- web-3@n2 removed"
  std::string text(const std::string& service = "") const {
    std::string text;
    for (const auto& i : instances(service)) {
      if (!text.empty()) text += ' ';
      text += i.service + '-' + std::to_string(i.slot) + '@' + (i.node.empty() ? "-" : *i.node);
      if (i.desired != model::Desired::running) text += ' ' + std::string(name(i.desired));
    }
    return text;
  }
  std::string deployment(int number = 0) const {
    const auto id = "d" + std::to_string(number > 0 ? number : deployments);
    const auto* d = view.deployments.get("g/default/shop/" + id);
    return std::string(name(d->state)) + (d->reason.empty() ? "" : ": " + d->reason);
  }
  void set(const model::Instance& instance, auto&& change) {
    const auto* before = view.statuses.get(model::instance_key(instance));
    model::InstanceStatus status = before ? *before : model::InstanceStatus{};
    change(status);
    this->status(instance, status);
  }
  void stack(auto&& change) {
    model::Stack stack = *view.stacks.get("g/default/shop");
    change(stack);
    view.stacks.put("g/default/shop", stack);
  }
  void want(model::StackWanted wanted) {
    stack([&](model::Stack& s) { s.wanted = wanted; });
  }
  void change(const std::string& name, auto&& change) {
    model::Service service = *view.services.get(path("shop", name).text());
    change(service);
    view.services.put(path("shop", name).text(), service);
  }
};

inline model::ServiceSpec service_of(const std::string& name, std::int64_t replicas = 1) {
  return {.name = name, .image = name + ":1", .restart = {model::RestartWhen::always}, .replicas = replicas};
}

}  // namespace kontena
