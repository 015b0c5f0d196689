#include "state.h"

#include "kontena/rollout/rollout.h"
#include "kontena/schedule/constraint.h"

namespace kontena::rollout {
namespace {

using model::Health, model::InstanceState, model::RestartWhen;

constexpr std::int64_t clock_skew_ms = 10'000;

bool has_check(const model::ServiceSpec& spec) {
  return spec.health_check && !spec.health_check->test.empty() && spec.health_check->test.front() != "NONE";
}

bool ends(const model::ServiceSpec& spec) {
  return spec.restart.when == RestartWhen::no || spec.restart.when == RestartWhen::on_failure;
}

// Ended with 0, whether or not it is started again.
bool completed(const model::InstanceStatus& status) {
  return status.state == InstanceState::exited && status.exit_code == 0;
}

}  // namespace

bool up(const model::InstanceStatus& status, const model::ServiceSpec& spec) {
  if (status.state != InstanceState::running) return false;
  return status.health == Health::healthy || (status.health == Health::none && !has_check(spec));
}

bool done(const model::InstanceStatus& status, const model::ServiceSpec& spec) {
  return completed(status) && ends(spec);
}

bool dead(const model::InstanceStatus& status, const model::ServiceSpec& spec) {
  if (status.state == InstanceState::failed) return true;
  return status.state == InstanceState::exited && status.exit_code != 0 && spec.restart.when == RestartWhen::no;
}

std::int64_t settles_at(const model::InstanceStatus& status, std::int64_t now_ms) {
  const std::int64_t at = status.started_ms + settle_ms;
  return at <= now_ms || at > now_ms + clock_skew_ms ? 0 : at;
}

bool current(const model::Instance& instance, const model::Service& service) {
  return instance.instance_revision == service.instance_revision && instance.restarts == service.restarts;
}

std::string volume_key(const model::StackPath& stack, const std::string& key, const model::VolumeSpec& spec) {
  return stack.grid + '/' + stack.project + '/' +
         (spec.name.empty() ? model::scoped_name(stack.project, stack.stack, key) : spec.name);
}

bool satisfied(const model::ClusterView& view, const model::ServicePath& path, model::Condition condition) {
  const auto* service = view.services.get(path.text());
  if (!service || service->removed) return false;
  const model::ServiceSpec& spec = service->spec;
  const bool global = spec.mode == model::Mode::global;
  static const model::NodeFacts unknown;
  const auto matches = [&](const std::string& key, const model::Node& node) {
    const auto* facts = view.facts.get(key);
    return schedule::meets(node, facts ? *facts : unknown, spec.placing.constraints);
  };

  // By slot, or for a global service by node: what is wanted, and what is as it should be.
  std::int64_t wanted = global ? 0 : spec.replicas;
  std::int64_t started = 0, good = 0;
  view.instances.each(path.text() + '/', [&](const auto& item) {
    const model::Instance& instance = item.value;
    const std::string node_key = path.grid + '/' + *instance.node;
    const auto* node = view.nodes.get(node_key);
    if (!node || (global ? !matches(node_key, *node) : instance.slot > spec.replicas)) return;
    // One that is being replaced is still wanted there.
    wanted += global;
    const auto* status = view.statuses.get(item.key);
    if (!status || instance.desired == model::Desired::removed || !current(instance, *service)) return;
    started += status->state == InstanceState::running || completed(*status);
    good += condition == model::Condition::healthy ? up(*status, spec) : completed(*status);
  });
  // A global service without an instance yet: is there a node that is to have one?
  if (global && wanted == 0)
    view.nodes.each(path.grid + '/', [&](const auto& item) { wanted += matches(item.key, item.value); });
  if (wanted == 0) return true;
  return condition == model::Condition::started ? started > 0 : good >= wanted;
}

}  // namespace kontena::rollout
