#include <algorithm>

#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

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

// Calls use(part, entry) for each instance that the deployment answers for.
void each_new(const Round& round, auto&& use) {
  for (const Part& part : round.parts) {
    if (part.going) continue;
    for (const Entry& entry : part.entries)
      if (entry.current && !entry.leaving() && !entry.parked && entry.away != Away::lost) use(part, entry);
  }
}

bool any_leaving(const Round& round) {
  return std::ranges::any_of(round.parts, [](const Part& part) {
    return std::ranges::any_of(part.entries, [](const Entry& e) { return e.leaving() && !e.lost; });
  });
}

std::int64_t places(const Part& part) { return part.global() ? std::ssize(part.eligible) : part.spec().replicas; }

// The new ones of a service that are broken, and the first one's reason.
std::pair<std::int64_t, std::string> broken_ones(const Round& round, const Part& part) {
  std::pair<std::int64_t, std::string> found{0, ""};
  for (const Entry& entry : part.entries) {
    if (!entry.current || entry.leaving() || entry.parked || entry.away == Away::lost) continue;
    std::string why = broken(round, entry);
    if (why.empty()) continue;
    if (found.first++ == 0) found.second = std::move(why);
  }
  return found;
}

bool too_many(const Part& part, std::int64_t count) {
  return count > 0 && count * 1'000'000 > part.spec().update.max_failure_ppm * places(part);
}

// What others wait for to be healthy runs, and nobody checks its health: only its node could tell.
std::string unchecked(const Round& round) {
  for (const Part& part : round.parts) {
    if (part.going) continue;
    for (const auto& [name, wish] : part.spec().depends_on) {
      if (wish.condition != model::Condition::healthy) continue;
      const auto on = std::ranges::find(round.parts, name, [](const Part& p) { return p.path.service; });
      if (on == round.parts.end() || on->going) continue;
      for (const Entry& entry : on->entries)
        if (entry.current && entry.serves() && entry.status->health == model::Health::none &&
            up(*entry.status, *entry.made_from))
          return part.path.service + " waits until '" + name + "' is healthy, and " + instance_name(entry.instance) +
                 " has no health check: neither the file nor its image '" + entry.made_from->image + "' has one";
    }
  }
  return "";
}

// Why the deployment failed; "" when it didn't.
std::string failure(Round& round) {
  for (const Part& part : round.parts)
    if (!part.going && failed(round, part)) return broken_ones(round, part).second;

  if (std::string why = unchecked(round); !why.empty()) return why;

  std::string reason;
  const auto first = [&](const std::string& text) {
    if (reason.empty()) reason = text;
  };
  each_new(round, [&](const Part&, const Entry& entry) {
    if (!entry.placed()) first(instance_name(entry.instance) + ": no node: " + entry.instance.why_not);
    if (entry.lost && !entry.held.empty())
      first(instance_name(entry.instance) + " is held on " + node_name(round, entry.instance.node) +
            ", which is lost: " + entry.held);
  });
  first(round.stuck);
  // What goes may free the port or the memory that is lacking, and a node may yet come.
  return any_leaving(round) || round.nodes.awaits_nodes() || round.asking || round.unsure ? "" : reason;
}

bool all_is_as_wanted(Round& round) {
  std::int64_t settles = 0;
  if (round.asking) return false;
  for (const Part& part : round.parts) {
    if (part.going && part.entries.empty()) continue;
    if (part.going || !(part.global() ? empty_nodes(part).empty() : empty_slots(part).empty())) return false;
    for (const Entry& entry : part.entries) {
      if (entry.parked || (entry.lost && (entry.leaving() || entry.away == Away::lost))) continue;
      if (entry.leaving() || entry.lost || !entry.current) return false;
      if (done(*entry.status, *entry.made_from) || !broken(round, entry).empty()) continue;  // or it is put up with
      if (!up(*entry.status, *entry.made_from) || entry.made_from->job) return false;
      settles =
          std::max(settles, settles_at(*entry.status, round.now_ms, part.spec().update.monitor_ms.value_or(settle_ms)));
    }
  }
  round.wake_at(settles);
  return settles == 0;
}

bool all_is_stopped(const Round& round) {
  return std::ranges::all_of(round.parts, [](const Part& part) {
    return std::ranges::all_of(part.entries, [](const Entry& e) {
      const auto state = e.status->state;
      return e.lost ||
             (!e.leaving() && (state == model::InstanceState::stopped || state == model::InstanceState::exited ||
                               state == model::InstanceState::failed));
    });
  });
}

// Of a roll-out that went on past failures: what it went past.
std::pair<model::DeploymentState, std::string> outcome(const Round& round) {
  std::string past;
  bool bad = false;
  for (const Part& part : round.parts) {
    if (part.going) continue;
    const auto [count, why] = broken_ones(round, part);
    if (count == 0) continue;
    bad |= too_many(part, count);
    past += (past.empty() ? "" : "; ") + std::to_string(count) + " of " + std::to_string(places(part)) + " of " +
            part.path.service + " failed: " + why;
  }
  return {bad ? model::DeploymentState::failed : model::DeploymentState::succeeded, std::move(past)};
}

void finish(Round& round, const model::Deployment& deployment, model::DeploymentState state, std::string reason) {
  round.plan.steps.push_back(FinishDeployment{deployment, state, std::move(reason)});
}

}  // namespace

// Why an instance is no good and will not mend by waiting; "" otherwise.
std::string broken(const Round& round, const Entry& entry) {
  const model::InstanceStatus& status = *entry.status;
  const std::string name = instance_name(entry.instance);
  if (!entry.placed() || entry.lost || up(status, *entry.made_from) || done(status, *entry.made_from)) return "";
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

bool failed(const Round& round, const Part& part) {
  const bool pauses = part.spec().update.failure_action == model::OnFailure::pause;
  return pauses && too_many(part, broken_ones(round, part).first);
}

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
  else if (all_is_as_wanted(round)) {
    auto [state, past] = outcome(round);
    finish(round, *round.live, state, std::move(past));
  }
}

}  // namespace kontena::rollout
