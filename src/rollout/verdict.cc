#include <algorithm>

#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

// So long after a deploy, nodes that were not heard yet may still come: they
// joined a moment ago, or the server did.
constexpr std::int64_t patience_ms = 15'000;
// So many restarts without being up in between are no bad luck any more.
constexpr std::int64_t most_restarts = 3;

std::string node_name(const Round& round, const NodeId& id) {
  const auto* node = round.view.nodes.get(round.path.grid + '/' + *id);
  return node ? node->name : *id;
}

std::string exit_code(const model::InstanceStatus& status) {
  return "exit code " + std::to_string(status.exit_code) + (status.out_of_memory ? " (out of memory)" : "");
}

std::string with_message(const model::InstanceStatus& status) {
  return status.message.empty() ? "" : ": " + status.message;
}

// Why an instance is no good and will not mend by waiting; "" otherwise.
std::string broken(const Round& round, const Entry& entry) {
  const model::InstanceStatus& status = *entry.status;
  const std::string name = instance_name(entry.instance);
  if (!entry.placed() || up(status, *entry.made_from) || done(status, *entry.made_from)) return "";
  if (status.state == model::InstanceState::failed)
    return name + " on " + node_name(round, entry.instance.node) +
           (status.message.empty() ? ": failed" : with_message(status));
  if (dead(status, *entry.made_from)) return name + ": " + exit_code(status);
  if (status.restarts >= most_restarts)
    return name + " keeps ending: " + exit_code(status) + ", " + std::to_string(status.restarts) + " restarts";
  if (status.state == model::InstanceState::running && status.health == model::Health::unhealthy)
    return name + " is unhealthy" + with_message(status);
  return "";
}

// Calls use(part, entry) for each instance that the deployment answers for.
void each_new(const Round& round, auto&& use) {
  for (const Part& part : round.parts) {
    if (part.going) continue;
    for (const Entry& entry : part.entries)
      if (entry.current && !entry.leaving() && !entry.parked) use(part, entry);
  }
}

bool any_leaving(const Round& round) {
  return std::ranges::any_of(round.parts, [](const Part& part) {
    return std::ranges::any_of(part.entries, [](const Entry& e) { return e.leaving(); });
  });
}

// Why the deployment failed; "" when it didn't.
std::string failure(Round& round) {
  std::string reason;
  const auto first = [&](const std::string& text) {
    if (reason.empty()) reason = text;
  };
  each_new(round, [&](const Part&, const Entry& entry) { first(broken(round, entry)); });
  if (!reason.empty()) return reason;

  each_new(round, [&](const Part&, const Entry& entry) {
    if (!entry.placed()) first(instance_name(entry.instance) + ": no node: " + entry.instance.why_not);
  });
  first(round.stuck);
  if (reason.empty()) return "";
  // What goes may free the port or the memory that is lacking.
  if (any_leaving(round)) return "";
  const std::int64_t until = round.live->created_ms + patience_ms;
  if (!round.nodes.awaits_nodes() || round.now_ms >= until) return reason;
  round.wake_at(until);
  return "";
}

bool all_is_as_wanted(Round& round) {
  std::int64_t settles = 0;
  for (const Part& part : round.parts) {
    if (part.going && part.entries.empty()) continue;
    if (part.going || !(part.global() ? empty_nodes(part).empty() : empty_slots(part).empty())) return false;
    for (const Entry& entry : part.entries) {
      if (entry.leaving()) return false;
      if (entry.parked || (entry.current && done(*entry.status, *entry.made_from))) continue;
      if (!entry.current || !up(*entry.status, *entry.made_from)) return false;
      settles = std::max(settles, settles_at(*entry.status, round.now_ms));
    }
  }
  round.wake_at(settles);
  return settles == 0;
}

bool all_is_stopped(const Round& round) {
  return std::ranges::all_of(round.parts, [](const Part& part) {
    return std::ranges::all_of(part.entries, [](const Entry& e) {
      const auto state = e.status->state;
      return !e.leaving() && (state == model::InstanceState::stopped || state == model::InstanceState::exited ||
                              state == model::InstanceState::failed);
    });
  });
}

void finish(Round& round, const model::Deployment& deployment, model::DeploymentState state, std::string reason) {
  round.plan.steps.push_back(FinishDeployment{deployment, state, std::move(reason)});
}

}  // namespace

std::string instance_name(const model::Instance& instance) {
  return instance.service + '-' + std::to_string(instance.slot);
}

void judge(Round& round) {
  const bool going = round.stack.wanted == model::StackWanted::removed;
  round.view.deployments.each(round.path.text() + '/', [&](const auto& item) {
    const model::Deployment& deployment = item.value;
    if (deployment.state != model::DeploymentState::running || (&deployment == round.live && !going)) return;
    finish(round, deployment, model::DeploymentState::superseded, going ? "the stack is being removed" : "");
  });
  if (!round.live || going) return;
  if (round.stack.wanted == model::StackWanted::stopped) {
    if (all_is_stopped(round)) finish(round, *round.live, model::DeploymentState::succeeded, "");
    return;
  }
  if (auto reason = failure(round); !reason.empty())
    finish(round, *round.live, model::DeploymentState::failed, std::move(reason));
  else if (all_is_as_wanted(round))
    finish(round, *round.live, model::DeploymentState::succeeded, "");
}

}  // namespace kontena::rollout
