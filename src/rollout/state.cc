#include "state.h"

#include "kontena/rollout/rollout.h"
#include "kontena/schedule/constraint.h"

namespace kontena::rollout {
namespace {

using model::Health, model::InstanceState, model::RestartWhen;

constexpr std::int64_t clock_skew_ms = 10'000;
constexpr std::int64_t most_failures = 3;       // in a row, before another node is tried
constexpr std::int64_t first_move_ms = 10'000;  // doubling

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

std::int64_t settles_at(const model::InstanceStatus& status, std::int64_t now_ms, std::int64_t run_ms) {
  const std::int64_t at = status.started_ms + run_ms;
  return at <= now_ms || status.started_ms > now_ms + clock_skew_ms ? 0 : at;
}

std::int64_t worth_moving_at(const model::Instance& instance, const model::InstanceStatus& status,
                             const model::ServiceSpec& spec) {
  // Whoever limits the attempts means it; what ends well or serves is no failure.
  if (status.failures < most_failures || !status.last_failure || spec.restart.max_attempts > 0) return 0;
  if (up(status, spec) || done(status, spec) || spec.restart.when == RestartWhen::no) return 0;
  return status.last_failure->at_ms + (first_move_ms << std::min<std::int64_t>(instance.failed_before, 5));
}

const model::ServiceSpec* made_from(const model::ClusterView& view, const model::Instance& instance) {
  if (const auto* made = view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision)))
    return &made->spec;
  const auto* service = view.services.get(instance.service_path().text());
  return service ? &service->spec : nullptr;
}

bool current(const model::Instance& instance, const model::Service& service) {
  return instance.instance_revision == service.instance_revision && instance.restarts == service.restarts;
}

std::string volume_key(const model::StackPath& stack, const std::string& key, const model::VolumeSpec& spec) {
  return stack.grid + '/' + stack.project + '/' + model::volume_name(stack, key, spec);
}

void Reliance::add(const model::Instance& instance, const model::InstanceStatus* status) {
  ++added_;
  if (!status || instance.desired == model::Desired::removed || !current(instance, service_)) return;
  started_ += status->state == InstanceState::running || completed(*status);
  good_ += condition_ == model::Condition::healthy
               ? status->state == InstanceState::running && status->health == Health::healthy
               : completed(*status);
}

bool Reliance::holds(std::int64_t places) const {
  if (places == 0) return true;
  return condition_ == model::Condition::started ? started_ > 0 : good_ >= places;
}

bool node_matches(const model::ClusterView& view, const std::string& grid, const NodeId& id,
                  const model::ServiceSpec& spec) {
  static const model::NodeFacts unknown;
  const std::string key = grid + '/' + *id;
  const auto* node = view.nodes.get(key);
  const auto* facts = view.facts.get(key);
  return node && schedule::meets(*node, facts ? *facts : unknown, spec.placing.constraints);
}

bool satisfied(const model::ClusterView& view, const model::ServicePath& path, model::Condition condition) {
  const auto* service = view.services.get(path.text());
  if (!service || service->removed) return false;
  const model::ServiceSpec& spec = service->spec;
  const bool global = spec.mode == model::Mode::global;
  Reliance reliance(*service, condition);
  view.instances.each(path.text() + '/', [&](const auto& item) {
    const model::Instance& instance = item.value;
    const bool wanted = global ? node_matches(view, path.grid, instance.node, spec)
                               : instance.slot <= spec.replicas && view.nodes.get(path.grid + '/' + *instance.node);
    if (wanted) reliance.add(instance, view.statuses.get(item.key));
  });
  if (!global) return reliance.holds(spec.replicas);
  if (reliance.added() > 0) return reliance.holds(reliance.added());
  // No instance yet: is there a node that is to have one?
  std::int64_t places = 0;
  view.nodes.each(path.grid + '/',
                  [&](const auto& item) { places += node_matches(view, path.grid, item.value.id, spec); });
  return reliance.holds(places);
}

}  // namespace kontena::rollout
