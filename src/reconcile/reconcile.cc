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
  bool stable = false;
};

// The action once its time has come. A time that is further off than any wait is
// long is one from before the clock was set back: it has come.
Next at(std::int64_t due_ms, Action action, std::int64_t now_ms, std::int64_t longest_ms = longest_retry_ms) {
  if (due_ms > now_ms && due_ms - now_ms <= longest_ms) return {.wake_ms = due_ms};
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
  return at(std::max(verdict.at_ms, history.retry_at_ms), start, now_ms,
            std::max(longest_retry_ms, wanted.spec.restart.delay_ms));
}

// One that was made beside a container that is no more cannot be started.
Next along(const model::Assignment& wanted, const Found& found, Next next) {
  if (next.action && found.stale) next.action = Replace{*wanted.id, found.container, true};
  return next;
}

Next keep(const model::Assignment& wanted, const Found& found, const History& history, std::int64_t now_ms) {
  const model::Restart& policy = wanted.spec.restart;
  if (const Verdict verdict = when_unfit(policy, found, history); verdict.restart)
    return at(std::max(verdict.at_ms, history.cleanup_at_ms), Replace{*wanted.id, found.container}, now_ms,
              std::max(longest_retry_ms, policy.delay_ms));
  const bool counts = history.attempts > 0 || history.failures > 0 || history.tries > 0;
  if (!counts || !found.proven || found.unfit_since_ms != 0) return {};
  const std::int64_t stable_ms = found.started_ms + stable_after_ms(policy);
  if (stable_ms > now_ms) return {.wake_ms = stable_ms};
  return {.stable = true};
}

Next next(const model::Assignment& wanted, const Found* found, const std::set<std::string>& images,
          const History& history, std::int64_t now_ms) {
  switch (wanted.desired) {
    case model::Desired::running:
      if (!found) return make(wanted, images, history, now_ms);
      if (!history.condemned.empty() && history.condemned == found->container)
        return at(history.cleanup_at_ms, Replace{*wanted.id, found->container}, now_ms);
      if (!found->running) return along(wanted, *found, revive(wanted, *found, history, now_ms));
      if (found->stale) return at(history.cleanup_at_ms, Replace{*wanted.id, found->container, true}, now_ms);
      if (!found->hooked) return at(history.retry_at_ms, RunHooks{*wanted.id, found->container}, now_ms);
      return keep(wanted, *found, history, now_ms);
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
    if (step.stable) plan.stable.push_back(id);
    if (!step.blocked.empty()) plan.blocked.emplace(id, std::move(step.blocked));
  }
  return plan;
}

}  // namespace kontena::reconcile
