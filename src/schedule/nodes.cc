#include <algorithm>

#include "kontena/base/panic.h"
#include "kontena/schedule/constraint.h"
#include "table.h"

namespace kontena::schedule {
namespace {

bool ended_for_good(const model::InstanceStatus& status, const model::Restart& restart) {
  if (status.state != model::InstanceState::exited) return false;
  return restart.when == model::RestartWhen::no ||
         (restart.when == model::RestartWhen::on_failure && status.exit_code == 0);
}

// The spec that an instance was made from; of a revision that is not kept, the newest.
const model::ServiceSpec* made_from(const model::ClusterView& view, const model::Instance& instance) {
  if (const auto* revision =
          view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision)))
    return &revision->spec;
  const auto* service = view.services.get(instance.service_path().text());
  return service ? &service->spec : nullptr;
}

void change(Counts& counts, std::uint32_t node, int by) {
  const auto at = counts.try_emplace(node).first;
  at->second += by;
  if (at->second == 0) counts.erase(at);
}

}  // namespace

Share share_of(const model::Instance& instance, const model::InstanceStatus* status, const model::ServiceSpec& spec) {
  return {.there = instance.desired != model::Desired::removed,
          .alive = instance.desired == model::Desired::running && !(status && ended_for_good(*status, spec.restart))};
}

Nodes::Nodes(const model::ClusterView& view, const model::Liveness& liveness, const std::string& grid)
    : table_(std::make_unique<Table>()) {
  table_->view = &view;
  table_->add_nodes(view, liveness, grid);
  table_->add_instances(view, grid);
}

Nodes::~Nodes() = default;
Nodes::Nodes(Nodes&&) noexcept = default;
Nodes& Nodes::operator=(Nodes&&) noexcept = default;

void Nodes::Table::add_nodes(const model::ClusterView& view, const model::Liveness& liveness, const std::string& grid) {
  static const model::NodeFacts unknown;
  view.nodes.each(grid + '/', [&](const auto& item) {
    const model::Node& node = item.value;
    const auto* facts = view.facts.get(item.key);
    const auto heard = liveness.find(node.id);
    const auto state = heard == liveness.end() ? model::NodeState::joining : heard->second;
    const bool active = node.availability == model::Availability::active;
    awaits_nodes |= active && state == model::NodeState::joining;
    const auto at = static_cast<std::uint32_t>(candidates.size());
    candidates.push_back({.node = &node,
                          .facts = facts ? facts : &unknown,
                          .index = at,
                          .ready = active && state == model::NodeState::ready});
    index.emplace(*node.id, at);
    if (candidates.back().ready) by_load.emplace(0, at);
  });
}

void Nodes::Table::add_instances(const model::ClusterView& view, const std::string& grid) {
  // Instances come in order of service, so what they were made from is mostly
  // what the one before was.
  const model::Instance* before = nullptr;
  const model::ServiceSpec* spec = nullptr;
  view.instances.each(grid + '/', [&](const auto& item) {
    const model::Instance& instance = item.value;
    const auto at = index.find(*instance.node);
    if (at == index.end()) return;
    const auto* status = view.statuses.get(item.key);
    if (status && status->state == model::InstanceState::removed) return;
    if (!before || before->instance_revision != instance.instance_revision ||
        before->service_path() != instance.service_path())
      spec = made_from(view, instance);
    before = &instance;
    if (!spec) return;
    share(at->second, instance.service_path(), *spec, share_of(instance, status, *spec), 1);
    std::ranges::move(held_ports(*spec), std::back_inserter(candidates[at->second].ports));
  });
}

void Nodes::Table::share(std::uint32_t node, const model::ServicePath& path, const model::ServiceSpec& spec,
                         Share share, int sign) {
  ++changes;
  Candidate& c = candidates[node];
  if (share.there) {
    change(of_service[path.text()], node, sign);
    change(of_stack[path.stack_path().text()], node, sign);
  }
  if (!share.alive) return;
  c.nano_cpus_reserved += sign * spec.reservations.nano_cpus;
  c.memory_reserved += sign * spec.reservations.memory_bytes;
  c.instances += sign;
  // A node that has told nothing of itself yet counts as one of a single core.
  const auto hundredths_of_cores = c.facts->nano_cpus > 0 ? c.facts->nano_cpus / 10'000'000 : 100;
  if (c.ready) by_load.erase({c.load, node});
  c.load = c.instances * 100'000 / std::max<std::int64_t>(hundredths_of_cores, 1);
  if (c.ready) by_load.emplace(c.load, node);
}

std::vector<NodeId> Nodes::eligible(const Request& request) const {
  const auto meets = table_->question(request).meets;
  std::vector<NodeId> nodes;
  for (const Candidate& c : table_->candidates)
    if (c.ready && (!meets || (*meets)[c.index])) nodes.push_back(c.node->id);
  return nodes;
}

std::optional<Nodes::Table::Booked> Nodes::Table::booked(const model::Instance& instance,
                                                         const model::ServiceSpec& spec) const {
  const std::string key = model::instance_key(instance);
  const auto* seen = view->instances.get(key);
  const auto at = seen ? index.find(*seen->node) : index.end();
  const auto* status = view->statuses.get(key);
  if (at == index.end() || (status && status->state == model::InstanceState::removed)) return std::nullopt;
  const auto since = rebooked.find(key);
  return Booked{at->second, since == rebooked.end() ? share_of(*seen, status, spec) : since->second};
}

void Nodes::rebook(const model::Instance& instance, const model::ServiceSpec& spec, model::Desired desired) {
  const auto booked = table_->booked(instance, spec);
  if (!booked) return;
  model::Instance next = instance;
  next.desired = desired;
  const std::string key = model::instance_key(instance);
  const Share share = share_of(next, table_->view->statuses.get(key), spec);
  table_->share(booked->node, instance.service_path(), spec, booked->share, -1);
  table_->share(booked->node, instance.service_path(), spec, share, 1);
  table_->rebooked[key] = share;
}

bool Nodes::awaits_nodes() const { return table_->awaits_nodes; }

}  // namespace kontena::schedule
