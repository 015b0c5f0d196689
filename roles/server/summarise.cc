#include "summarise.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "kontena/stats/sample.h"
#include "kontena/base/text.h"
#include "kontena/overlay/plan.h"
#include "kontena/rollout/moves.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

bool is_up(const model::InstanceStatus& status) {
  return status.state == model::InstanceState::running &&
         (status.health == model::Health::none || status.health == model::Health::healthy);
}

// Ended by itself, well, and not to be started again.
bool is_completed(const model::Service& service, const model::InstanceStatus& status) {
  return status.state == model::InstanceState::exited && status.exit_code == 0 &&
         (service.spec.restart.when == model::RestartWhen::no ||
          service.spec.restart.when == model::RestartWhen::on_failure);
}

struct Tally {
  std::int64_t wanted = 0, running = 0, up = 0, completed = 0, outdated = 0, all = 0, stopped = 0;
  std::string reason;
  bool failed = false;
};

bool is_lost(const model::Liveness& liveness, const model::Instance& instance) {
  const auto heard = liveness.find(instance.node);
  return heard != liveness.end() && heard->second == model::NodeState::lost;
}

Tally tally(const model::ClusterView& view, const model::Liveness& liveness, const model::Service& service,
            const std::string& path) {
  Tally t;
  // Where a slot has two, the one beside the other counts for nothing.
  std::set<std::int64_t> good;
  view.instances.each(path + '/', [&](const auto& item) {
    const model::Instance& instance = item.value;
    ++t.all;
    if (instance.desired == model::Desired::removed) return;
    const bool newest =
        instance.instance_revision == service.instance_revision && instance.restarts == service.restarts;
    if (!newest) ++t.outdated;
    ++t.wanted;
    const std::string name = service.spec.name + '-' + std::to_string(instance.slot);
    if (instance.node.empty()) {
      t.reason = name + ": no node: " + instance.why_not;
      t.failed = true;
    }
    const model::InstanceStatus* status = view.statuses.get(item.key);
    if (is_lost(liveness, instance)) {
      // What it said last is not so any more, and another may have taken its place.
      if (t.reason.empty()) t.reason = name + ": its node is lost";
      if (std::string held = why_held(view, liveness, instance); !held.empty()) t.reason = name + " is " + held;
      return;
    }
    if (!status) return;
    if (newest && is_up(*status) && !good.insert(instance.slot).second) return;
    t.running += newest && status->state == model::InstanceState::running;
    t.up += newest && is_up(*status);
    t.completed += newest && is_completed(service, *status);
    t.stopped += status->state == model::InstanceState::stopped;
    const bool ended_badly = status->state == model::InstanceState::exited && !is_completed(service, *status);
    if (status->state == model::InstanceState::failed || ended_badly) {
      t.failed = t.failed || status->state == model::InstanceState::failed;
      t.reason = name + ": " + (status->message.empty() ? "exit code " + std::to_string(status->exit_code) : status->message);
    } else if (status->health == model::Health::unhealthy) {
      t.reason = name + " is unhealthy" + (status->message.empty() ? "" : ": " + status->message);
    }
  });
  if (service.spec.mode == model::Mode::replicated) t.wanted = service.spec.replicas;
  if (t.wanted > 0 && t.up + t.completed >= t.wanted && !t.failed) t.reason.clear();
  return t;
}

std::string state_of(const model::Service& service, const model::Stack* stack, const Tally& t) {
  if (service.removed || !stack || stack->wanted == model::StackWanted::removed) return "removing";
  if (stack->wanted == model::StackWanted::stopped) return t.stopped == t.all ? "stopped" : "stopping";
  if (t.failed) return "failed";
  if (t.wanted > 0 && t.completed == t.wanted) return "completed";
  if (t.up + t.completed >= t.wanted && t.outdated == 0) return "running";
  if (t.outdated > 0) return "updating";
  return t.all == 0 ? "waiting" : "starting";
}

}  // namespace

api::GridSummary summarise_grid(const model::ClusterView& view, const model::Liveness& liveness, const model::Grid& grid) {
  api::GridSummary summary{
      .name = grid.name, .pool = grid.pool.empty() ? std::string(overlay::default_pool) : grid.pool, .created_ms = grid.created_ms,
      .stats_interval_ms = grid.stats_interval_ms > 0 ? grid.stats_interval_ms : stats::usual_interval_ms};
  const std::string prefix = grid.name + '/';
  view.nodes.each(prefix, [&](const auto& item) {
    ++summary.nodes;
    const auto found = liveness.find(item.value.id);
    summary.nodes_ready += found != liveness.end() && found->second == model::NodeState::ready;
  });
  view.stacks.each(prefix, [&](const auto&) { ++summary.stacks; });
  view.instances.each(prefix, [&](const auto& item) { summary.instances += item.value.desired == model::Desired::running; });
  return summary;
}

api::NodeSummary summarise_node(const model::ClusterView& view, model::NodeState state, std::int64_t last_heard_ms,
                                const model::Node& node) {
  api::NodeSummary summary{.id = *node.id,
                           .name = node.name,
                           .state = std::string(model::name(state)),
                           .availability = std::string(model::name(node.availability)),
                           .labels = node.labels,
                           .last_heard_ms = last_heard_ms,
                           .created_ms = node.created_ms};
  if (const auto* facts = view.facts.get(node.grid + '/' + *node.id)) summary.facts = *facts;
  view.by_node.each(node.grid + '/' + *node.id + '/', [&](const auto& item) {
    const model::Instance* instance = view.instances.get(item.value);
    if (!instance || instance->desired != model::Desired::running) return;
    ++summary.instances;
    const auto* revision = view.revisions.get(model::revision_key(instance->service_path(), instance->instance_revision));
    if (!revision) return;
    summary.memory_reserved += revision->spec.reservations.memory_bytes;
    summary.nano_cpus_reserved += revision->spec.reservations.nano_cpus;
  });
  return summary;
}

api::InstanceSummary summarise_instance(const model::ClusterView& view, const model::Liveness& liveness,
                                        const model::Instance& instance) {
  api::InstanceSummary summary{.id = *instance.id,
                               .project = instance.project,
                               .stack = instance.stack,
                               .service = instance.service,
                               .slot = instance.slot,
                               .desired = std::string(model::name(instance.desired)),
                               .instance_revision = instance.instance_revision,
                               .why_not = instance.node.empty() ? instance.why_not : why_held(view, liveness, instance),
                               .created_ms = instance.created_ms};
  if (const auto* status = view.statuses.get(model::instance_key(instance))) summary.status = *status;
  if (const auto* service = view.services.get(instance.service_path().text()))
    summary.outdated =
        instance.instance_revision != service->instance_revision || instance.restarts != service->restarts;
  if (instance.node.empty()) return summary;
  const std::string key = instance.grid + '/' + *instance.node;
  const auto heard = liveness.find(instance.node);
  summary.node_state = model::name(heard == liveness.end() ? model::NodeState::joining : heard->second);
  if (const auto* node = view.nodes.get(key)) summary.node = node->name;
  if (const auto* facts = view.facts.get(key)) summary.address = facts->address;
  return summary;
}

api::ServiceSummary summarise_service(const model::ClusterView& view, const model::Liveness& liveness,
                                      const model::Service& service) {
  const model::ServicePath path{service.grid, service.project, service.stack, service.spec.name};
  const Tally t = tally(view, liveness, service, path.text());
  api::ServiceSummary summary{.project = service.project,
                              .stack = service.stack,
                              .name = service.spec.name,
                              .image = service.spec.image,
                              .mode = std::string(model::name(service.spec.mode)),
                              .wanted = t.wanted,
                              .running = t.running + t.completed,
                              .healthy = t.up,
                              .revision = service.revision,
                              .state = state_of(service, view.stacks.get(path.stack_path().text()), t),
                              .reason = t.reason};
  for (const model::Port& port : service.spec.ports)
    summary.ports.push_back({port.target, port.published_last > 0 ? 0 : port.published, port.protocol, port.host_ip});
  return summary;
}

api::StackSummary summarise_stack(const model::ClusterView& view, const model::Liveness& liveness,
                                  const model::Stack& stack) {
  const model::StackPath path{stack.grid, stack.project, stack.name};
  api::StackSummary summary{.project = stack.project,
                            .name = stack.name,
                            .revision = stack.revision,
                            .created_ms = stack.created_ms,
                            .updated_ms = stack.updated_ms};
  std::set<std::string> states;
  view.services.each(path.text() + '/', [&](const auto& item) {
    const api::ServiceSummary service = summarise_service(view, liveness, item.value);
    summary.services += !item.value.removed;
    summary.instances += service.wanted;
    summary.running += service.running;
    if (!item.value.removed || service.wanted > 0) states.insert(service.state);
  });
  const auto any = [&](std::initializer_list<std::string_view> of) {
    return std::ranges::any_of(of, [&](std::string_view state) { return states.contains(std::string(state)); });
  };
  if (!unreadable_of(view, path).empty())
    summary.state = "damaged";
  else if (stack.wanted == model::StackWanted::removed)
    summary.state = "removing";
  else if (stack.wanted == model::StackWanted::stopped)
    summary.state = any({"stopping"}) ? "stopping" : "stopped";
  else if (any({"failed"}))
    summary.state = "degraded";
  else
    summary.state = any({"updating", "starting", "waiting", "removing"}) ? "updating" : "running";
  return summary;
}

std::string why_held(const model::ClusterView& view, const model::Liveness& liveness, const model::Instance& instance) {
  if (instance.node.empty() || instance.desired == model::Desired::removed) return "";
  const auto* node = view.nodes.get(instance.grid + '/' + *instance.node);
  const bool lost = is_lost(liveness, instance);
  if (!node || (!lost && node->availability != model::Availability::drain)) return "";
  const std::string why = rollout::bound(view, instance);
  const auto* service = view.services.get(instance.service_path().text());
  if (why.empty() || (service && service->spec.mode == model::Mode::global)) return "";
  const std::string held = "held on " + node->name + ", which is " + (lost ? "lost" : "drained") + ": " + why;
  return lost ? held + "; bring the node back, or give up what it has: kontena client node rm --force " + node->name
              : held + "; to stop it: kontena client service scale " + instance.stack + '/' + instance.service + "=0";
}

api::TokenSummary summarise_token(const model::Token& token) {
  return {.id = *token.id,
          .kind = std::string(model::name(token.kind)),
          .description = token.description,
          .grid = token.grid,
          .labels = token.labels,
          .uses_left = token.uses_left,
          .expires_ms = token.expires_ms,
          .created_ms = token.created_ms,
          .created_by = token.created_by,
          .owner = token.owner,
          .scope = token.scope,
          .verbs = token.verbs,
          .from = token.from,
          .used_ms = token.used_ms,
          .used_from = token.used_from};
}

void sort_by_slot(std::vector<api::InstanceSummary>& instances) {
  std::ranges::sort(instances, {}, [](const api::InstanceSummary& i) { return std::tie(i.stack, i.service, i.slot, i.created_ms, i.id); });
}

const model::Deployment* newest_deployment(const model::ClusterView& view, const model::StackPath& path) {
  const model::Deployment* newest = nullptr;
  view.deployments.each(path.text() + '/', [&](const auto& item) {
    if (!newest || item.value.to > newest->to || (item.value.to == newest->to && item.value.created_ms >= newest->created_ms))
      newest = &item.value;
  });
  return newest;
}

}  // namespace kontena::server
