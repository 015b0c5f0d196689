#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/model/event_kinds.h"
#include "kontena/model/names.h"
#include "kontena/rollout/moves.h"
#include "tell.h"

namespace kontena::server {
namespace {

namespace kinds = model::kinds;
using model::Desired;

std::string seat(const model::Instance& instance) {
  return instance.service_path().text() + '/' + std::to_string(instance.slot);
}

bool has_volumes(const model::ServiceSpec& spec) {
  return std::ranges::any_of(spec.mounts, [](const model::Mount& mount) { return mount.kind == model::MountKind::volume; });
}

// What of the spec says where, but for what is of one instance alone.
std::string rules_of(const model::ServiceSpec& spec) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (spec.mode == model::Mode::global) return "one on each node that takes it";
  for (const model::Constraint& c : spec.placing.constraints) add("it has " + c.attribute + (c.equal ? " == " : " != ") + c.value);
  if (spec.reservations.memory_bytes > 0) add("it has " + text::human_bytes(spec.reservations.memory_bytes) + " free");
  add(spec.placing.spread.empty() ? "fewest of its service there, then least loaded"
                                  : "spread over " + text::join(spec.placing.spread, ", "));
  return text;
}

std::string why_it_goes(const model::ClusterView& view, const model::Instance& instance) {
  const auto* node = instance.node.empty() ? nullptr : view.nodes.get(instance.grid + '/' + *instance.node);
  const auto* stack = view.stacks.get(instance.service_path().stack_path().text());
  const auto* service = view.services.get(instance.service_path().text());
  if (!stack || stack->wanted == model::StackWanted::removed) return "its stack is removed";
  if (!service || service->removed) return "its service is removed";
  if (service->spec.mode == model::Mode::replicated && instance.slot > service->spec.replicas)
    return "the service was scaled to " + std::to_string(service->spec.replicas);
  if (instance.instance_revision != service->instance_revision)
    return "made from revision " + std::to_string(instance.instance_revision) + ", and " +
           std::to_string(service->instance_revision) + " is wanted";
  if (instance.restarts != service->restarts) return "people asked for a restart";
  if (!instance.move_why.empty()) return instance.move_why;
  if (node && node->availability == model::Availability::drain) return "node " + node->name + " is drained";
  const auto* status = view.statuses.get(model::instance_key(instance));
  if (status && status->failures >= 3) return "it kept failing on " + (node ? node->name : "its node");
  return node ? "node " + node->name + " is lost, or does not fit any more" : "it has no node";
}

}  // namespace

PlanTeller::PlanTeller(const model::ClusterView& view, const rollout::Plan& plan, Time now) : view_(view), now_(now) {
  for (const rollout::Step& step : plan.steps)
    if (const auto* set = std::get_if<rollout::SetDesired>(&step); set && set->desired == Desired::removed)
      left_[seat(set->instance)] = why_it_goes(view, set->instance);
}

const model::Instance* PlanTeller::before(const model::Instance& instance) {
  const std::string path = instance.service_path().text();
  const auto [at, is_new] = former_.try_emplace(path);
  if (is_new)
    view_.instances.each(path + '/', [&](const auto& item) {
      if (item.value.node.empty()) return;
      const model::Instance*& known = at->second[item.value.slot];
      if (!known || known->created_ms <= item.value.created_ms) known = &item.value;
    });
  const auto found = at->second.find(instance.slot);
  return found == at->second.end() || found->second->id == instance.id ? nullptr : found->second;
}

std::string PlanTeller::why_here(const model::Instance& instance) {
  const std::string key = model::revision_key(instance.service_path(), instance.instance_revision);
  const auto* made_from = view_.revisions.get(key);
  if (!made_from) return "";
  if (made_from->spec.pinned || has_volumes(made_from->spec))
    if (const std::string bound = rollout::bound(view_, instance); !bound.empty()) return bound;
  const auto [at, is_new] = rules_.try_emplace(key);
  if (is_new) at->second = rules_of(made_from->spec);
  return at->second;
}

void PlanTeller::not_placed(const model::Instance& instance) {
  grid_ = instance.grid;
  Missing& missing = missing_[instance.service_path().text() + '\n' + instance.why_not];
  if (++missing.count == 1) missing.event = event_of(view_, instance, kinds::instance_not_placed, instance.why_not);
}

void PlanTeller::has_place(const model::Instance& instance) {
  grid_ = instance.grid;
  const std::string why = why_here(instance);
  const auto* old = before(instance);
  if (!old || old->node == instance.node) {
    add(event_of(view_, instance, kinds::instance_placed, why));
    return;
  }
  const auto* from = view_.nodes.get(instance.grid + '/' + *old->node);
  const auto left = left_.find(seat(instance));
  add(event_of(view_, instance, kinds::instance_moved,
               "from " + (from ? from->name : "a node that was removed") + ": " +
                   (left != left_.end() ? left->second : why_it_goes(view_, *old)) + (why.empty() ? "" : "; here: " + why)));
}

void PlanTeller::created(const model::Instance& instance) {
  if (instance.node.empty())
    not_placed(instance);
  else
    has_place(instance);
}

void PlanTeller::placed(const model::Instance& instance) {
  if (!instance.node.empty()) return has_place(instance);
  const auto* known = view_.instances.get(model::instance_key(instance));
  if (!known || !same_but_for_numbers(known->why_not, instance.why_not)) not_placed(instance);
}

void PlanTeller::desired(const model::Instance& instance, Desired desired) {
  const auto* known = view_.instances.get(model::instance_key(instance));
  if (known && known->desired == desired) return;
  grid_ = instance.grid;
  if (desired == Desired::removed)
    add(event_of(view_, instance, kinds::instance_removed, left_[seat(instance)]));
  else if (desired == Desired::stopped)
    add(event_of(view_, instance, kinds::instance_stopped, "its stack is stopped"));
}

void PlanTeller::removed(const model::StackPath& path) {
  grid_ = path.grid;
  add({.kind = std::string(kinds::stack_removed), .text = "all of it is gone", .project = path.project, .stack = path.stack, .by = "server"});
}

void PlanTeller::finished(const model::Deployment& done) {
  using enum model::DeploymentState;
  grid_ = done.grid;
  const std::string_view kind = done.state == succeeded    ? kinds::deployment_succeeded
                                : done.state == failed     ? kinds::deployment_failed
                                : done.state == superseded ? kinds::deployment_superseded
                                                           : kinds::deployment_aborted;
  add({.kind = std::string(kind),
       .text = done.action + (done.reason.empty() ? "" : ": " + done.reason),
       .project = done.project,
       .stack = done.stack,
       .by = "server"},
      *done.id);
}

void PlanTeller::write(store::Commit& commit) {
  for (auto& [key, missing] : missing_) {
    if (missing.count > 1) missing.event.text = std::to_string(missing.count) + " without a node: " + missing.event.text;
    add(std::move(missing.event));
  }
  for (Told& told : told_) tell(commit, grid_, std::move(told.event), now_, told.about);
}

}  // namespace kontena::server
