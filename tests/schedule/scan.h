#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "kontena/schedule/constraint.h"
#include "kontena/schedule/place.h"

namespace kontena::schedule {

// The rules of placing as one pass over all nodes for each request, with no index
// and no memory but a list of what was promised: what the index must agree with.
class Scan {
 public:
  Scan(const model::ClusterView& view, const model::Liveness& liveness, const std::string& grid) {
    view.nodes.each(grid + '/', [&](const auto& item) {
      const auto* facts = view.facts.get(item.key);
      const auto heard = liveness.find(item.value.id);
      nodes_.push_back({&item.value, facts ? *facts : model::NodeFacts(),
                        item.value.availability == model::Availability::active && heard != liveness.end() &&
                            heard->second == model::NodeState::ready});
    });
    view.instances.each(grid + '/', [&](const auto& item) {
      const auto* status = view.statuses.get(item.key);
      if (status && status->state == model::InstanceState::removed) return;
      const auto path = item.value.service_path();
      const auto* revision = view.revisions.get(model::revision_key(path, item.value.instance_revision));
      const auto* service = view.services.get(path.text());
      const auto* spec = revision ? &revision->spec : service ? &service->spec : nullptr;
      if (!spec) return;
      const bool ended = status && status->state == model::InstanceState::exited &&
                         (spec->restart.when == model::RestartWhen::no ||
                          (spec->restart.when == model::RestartWhen::on_failure && status->exit_code == 0));
      promised_.push_back({item.value.node, path, *spec, item.value.desired != model::Desired::removed,
                           item.value.desired == model::Desired::running && !ended, item.key});
    });
  }

  std::string place(const Request& request) {
    auto best = pick(request, true);
    if (!best) best = pick(request, false);
    if (!best) return "";
    promised_.push_back({best->record->id, request.path, *request.spec, true, true, ""});
    return *best->record->id;
  }

  void rebook(const model::Instance& instance, model::Desired desired) {
    for (Promised& p : promised_)
      if (p.key == model::instance_key(instance))
        p.there = desired != model::Desired::removed, p.alive = desired == model::Desired::running;
  }

 private:
  struct Node {
    const model::Node* record;
    model::NodeFacts facts;
    bool ready;
  };
  struct Promised {
    NodeId node;
    model::ServicePath path;
    model::ServiceSpec spec;
    bool there, alive;
    std::string key;
  };

  static bool has(const std::vector<NodeId>& list, const NodeId& id) {
    return std::ranges::find(list, id) != list.end();
  }
  std::int64_t sum(auto&& of) const {
    std::int64_t total = 0;
    for (const Promised& p : promised_) total += of(p);
    return total;
  }
  std::int64_t of_service(const NodeId& node, const model::ServicePath& path) const {
    return sum([&](const Promised& p) { return p.there && p.node == node && p.path == path; });
  }
  std::int64_t of_stack(const NodeId& node, const model::ServicePath& path) const {
    return sum(
        [&](const Promised& p) { return p.there && p.node == node && p.path.stack_path() == path.stack_path(); });
  }
  std::int64_t load(const Node& n) const {
    const auto alive = sum([&](const Promised& p) { return p.alive && p.node == n.record->id; });
    const auto hundredths = n.facts.nano_cpus > 0 ? n.facts.nano_cpus / 10'000'000 : 100;
    return alive * 100'000 / std::max<std::int64_t>(hundredths, 1);
  }

  static bool clash(const model::Port& a, const model::Port& b) {
    const auto any = [](const model::Port& p) { return p.host_ip.empty() || p.host_ip == "0.0.0.0"; };
    return a.published != 0 && a.published == b.published && a.protocol == b.protocol &&
           (any(a) || any(b) || a.host_ip == b.host_ip);
  }

  bool fits(const Node& n, const Request& r, bool avoids) const {
    const auto& id = n.record->id;
    const auto& spec = *r.spec;
    if (!n.ready || !meets(*n.record, n.facts, spec.placing.constraints)) return false;
    if (r.pinned && *r.pinned != id) return false;
    if (has(r.not_on, id) || (avoids && !r.pinned && has(r.avoid, id))) return false;
    const auto maximum = spec.placing.max_replicas_per_node;
    if (maximum != 0 && of_service(id, r.path) >= maximum) return false;
    const auto cpus =
        sum([&](const Promised& p) { return p.alive && p.node == id ? p.spec.reservations.nano_cpus : 0; });
    const auto memory =
        sum([&](const Promised& p) { return p.alive && p.node == id ? p.spec.reservations.memory_bytes : 0; });
    if (spec.reservations.nano_cpus > 0 && cpus + spec.reservations.nano_cpus > n.facts.nano_cpus) return false;
    if (spec.reservations.memory_bytes > 0 && memory + spec.reservations.memory_bytes > n.facts.memory_bytes)
      return false;
    for (const Promised& p : promised_)
      if (p.node == id)
        for (const model::Port& held : p.spec.ports)
          for (const model::Port& wanted : spec.ports)
            if (clash(held, wanted)) return false;
    return true;
  }

  const Node* pick(const Request& r, bool avoids) const {
    std::vector<const Node*> fit;
    for (const Node& n : nodes_)
      if (fits(n, r, avoids)) fit.push_back(&n);
    for (const Node* n : fit)
      if (r.pinned || (r.prefer && *r.prefer == n->record->id)) return n;
    if (r.pinned) return nullptr;
    const auto levels = r.spec->placing.spread.empty() ? model::Strings{"node.labels.zone"} : r.spec->placing.spread;
    const auto place_of = [&](const Node& n) {
      model::Strings place;
      for (const auto& level : levels) place.push_back(attribute(*n.record, n.facts, level));
      return place;
    };
    const auto cost = [&](const Node* n) {
      const auto mine = place_of(*n);
      std::vector<std::int64_t> counts(levels.size());
      for (const Node& other : nodes_) {
        const auto its = place_of(other);
        for (std::size_t l = 0; l < levels.size() && its[l] == mine[l]; ++l)
          counts[l] += of_service(other.record->id, r.path);
      }
      return std::tuple(counts, of_service(n->record->id, r.path), load(*n), n->record->id);
    };
    const Node* best = nullptr;
    for (const Node* n : fit)
      if (!best || cost(n) < cost(best)) best = n;
    return best;
  }

  std::vector<Node> nodes_;
  std::vector<Promised> promised_;
};

}  // namespace kontena::schedule
