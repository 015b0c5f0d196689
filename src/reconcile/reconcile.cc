#include "kontena/reconcile/reconcile.h"

#include <algorithm>
#include <optional>

namespace kontena::reconcile {
namespace {

// One instance's part of the plan: an action, a time to look again, or neither.
struct Next {
  std::optional<Action> action = {};
  std::int64_t wake_ms = 0;
  std::string blocked = {};
};

// The action once its time has come.
Next at(std::int64_t due_ms, Action action, std::int64_t now_ms) {
  if (due_ms > now_ms) return {.wake_ms = due_ms};
  return {.action = std::move(action)};
}

Next make(const model::Assignment& wanted, const std::set<std::string>& images, const History& history,
          std::int64_t now_ms) {
  const std::string& image = wanted.spec.image;
  if (images.contains(image)) return at(history.retry_at_ms, Create{*wanted.id}, now_ms);
  if (wanted.spec.pull_policy != model::PullPolicy::never)
    return at(history.retry_at_ms, Pull{*wanted.id, image}, now_ms);
  return {.blocked = "image '" + image + "' is not on the node, and its pull policy is never"};
}

Next revive(const model::Assignment& wanted, const Found& found, const History& history, std::int64_t now_ms) {
  Start start{*wanted.id, found.container};
  if (!found.ever_started || history.stopped) return at(history.retry_at_ms, start, now_ms);
  const Verdict verdict = after_exit(wanted.spec.restart, found, history);
  if (!verdict.restart) return {};
  start.again = true;
  return at(std::max(verdict.at_ms, history.retry_at_ms), start, now_ms);
}

Next next(const model::Assignment& wanted, const Found* found, const std::set<std::string>& images,
          const History& history, std::int64_t now_ms) {
  switch (wanted.desired) {
    case model::Desired::running:
      if (!found) return make(wanted, images, history, now_ms);
      if (!found->running) return revive(wanted, *found, history, now_ms);
      return {};
    case model::Desired::stopped:
      if (found && found->running) return at(history.cleanup_at_ms, Stop{*wanted.id, found->container}, now_ms);
      return {};
    case model::Desired::removed:
      if (!found) return {};
      if (found->running) return at(history.cleanup_at_ms, Stop{*wanted.id, found->container}, now_ms);
      return at(history.cleanup_at_ms, Remove{*wanted.id, found->container}, now_ms);
  }
  return {};
}

}  // namespace

Plan actions(const std::map<std::string, model::Assignment>& desired, const Observed& observed, Time now) {
  static const History nothing_yet;
  Plan plan;
  for (const auto& [id, wanted] : desired) {
    if (observed.in_flight.contains(id)) continue;
    const auto found = observed.containers.find(id);
    const auto history = observed.history.find(id);
    Next step = next(wanted, found == observed.containers.end() ? nullptr : &found->second, observed.images,
                     history == observed.history.end() ? nothing_yet : history->second, to_ms(now));
    if (step.action) plan.actions.push_back(std::move(*step.action));
    if (step.wake_ms != 0) plan.wake_ms = plan.wake_ms == 0 ? step.wake_ms : std::min(plan.wake_ms, step.wake_ms);
    if (!step.blocked.empty()) plan.blocked.emplace(id, std::move(step.blocked));
  }
  return plan;
}

}  // namespace kontena::reconcile
