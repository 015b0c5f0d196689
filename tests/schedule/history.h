#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "kontena/schedule/place.h"
#include "support/cluster.h"

namespace kontena::schedule {

// A small cluster to which anything may happen, by chance, and what was written.
struct History : support::Cluster {
  explicit History(unsigned seed) : random(seed) {}

  std::mt19937 random;
  std::vector<std::string> keys;  // of what was written since they were last taken
  std::int64_t next_id = 1;

  std::int64_t any(std::int64_t below) { return static_cast<std::int64_t>(random() % static_cast<unsigned>(below)); }
  bool chance(std::int64_t one_in) { return any(one_in) == 0; }
  std::string letter(char from, std::int64_t of) { return {static_cast<char>(from + any(of))}; }
  std::string node_name() { return letter('a', 12); }

  model::ServiceSpec spec(const std::string& name) {
    model::ServiceSpec spec{.name = name};
    if (chance(2)) spec.reservations.memory_bytes = any(4) * 300 * support::megabyte;
    if (chance(3)) spec.reservations.nano_cpus = any(4) * support::core / 2;
    if (chance(4)) spec.placing.constraints.push_back({"node.labels.disk", chance(2), "ssd"});
    if (chance(8)) spec.placing.constraints.push_back({"node.platform.arch", true, "x86_64"});
    if (chance(8)) spec.placing.constraints.push_back({"node.hostname", false, node_name()});
    if (chance(4)) spec.placing.spread = {"node.labels.rack"};
    if (chance(4)) spec.placing.spread = {"node.labels.zone", "node.labels.rack"};
    if (chance(8)) spec.placing.spread.push_back("node.id");
    if (chance(3)) spec.placing.max_replicas_per_node = 1 + any(2);
    if (chance(5)) spec.ports = {{.target = 80, .published = 80, .host_ip = chance(3) ? "10.0.0.1" : ""}};
    if (chance(4)) spec.restart.when = chance(2) ? model::RestartWhen::always : model::RestartWhen::on_failure;
    return spec;
  }

  Request request(const model::ServiceSpec& spec, const std::string& stack) {
    Request request{.spec = &spec, .path = path(stack, spec.name)};
    if (chance(12)) request.pinned = NodeId(node_name());
    if (chance(8)) request.prefer = NodeId(node_name());
    if (chance(6)) request.not_on = {NodeId(node_name()), NodeId(node_name())};
    if (chance(6)) request.avoid = {NodeId(node_name()), NodeId(node_name())};
    return request;
  }

  void a_node_comes_or_changes() {
    const std::string name = node_name();
    node(name, {{"zone", letter('1', 3)}, {"rack", letter('1', 2)}, {"disk", chance(2) ? "ssd" : "hdd"}}, 1 + any(4),
         any(4'000) * support::megabyte);
    if (chance(5)) availability(name, chance(2) ? model::Availability::pause : model::Availability::drain);
    liveness.erase(NodeId(name));
    keys.insert(keys.end(), {"nodes/g/" + name, "facts/g/" + name});
    if (chance(4)) view.facts.erase("g/" + name);
    if (!chance(6)) liveness[NodeId(name)] = chance(6) ? model::NodeState::lost : model::NodeState::ready;
  }
  void a_node_goes() {
    const std::string name = node_name();
    view.nodes.erase("g/" + name);
    view.facts.erase("g/" + name);
    keys.insert(keys.end(), {"nodes/g/" + name, "facts/g/" + name});
  }
  void a_service_is_deployed() {
    const std::string stack = letter('s', 2), name = letter('w', 3);
    service(stack, spec(name));
    const auto* item = view.services.get(path(stack, name).text());
    keys.push_back("services/" + path(stack, name).text());
    keys.push_back("revisions/" + model::revision_key(path(stack, name), item->revision));
  }
  void a_revision_or_service_goes() {
    const auto at = path(letter('s', 2), letter('w', 3));
    if (chance(3)) {
      view.services.erase(at.text());
      keys.push_back("services/" + at.text());
      return;
    }
    const auto revision = model::revision_key(at, 1 + any(4));
    view.revisions.erase(revision);
    keys.push_back("revisions/" + revision);
  }

  std::vector<model::Instance> instances() const {
    std::vector<model::Instance> all;
    view.instances.each("", [&](const auto& item) { all.push_back(item.value); });
    return all;
  }
  model::ServiceSpec spec_of(const model::Instance& instance) const {
    const auto path = instance.service_path();
    const auto* revision = view.revisions.get(model::revision_key(path, instance.instance_revision));
    const auto* of = view.services.get(path.text());
    return revision ? revision->spec : of ? of->spec : model::ServiceSpec();
  }
  void write(const model::Instance& instance) {
    const std::string key = model::instance_key(instance);
    if (const auto* was = view.instances.get(key); was && !was->node.empty())
      view.by_node.erase(model::by_node_key(*was));
    put(instance);
    if (!instance.node.empty()) view.by_node.put(model::by_node_key(instance), key);
    keys.push_back("instances/" + key);
  }
  void an_instance_comes() {
    write(
        instance(letter('s', 2), letter('w', 3), std::to_string(next_id++), chance(9) ? "" : node_name(), 1 + any(5)));
  }
  void an_instance_changes() {
    const auto all = instances();
    if (all.empty()) return;
    model::Instance one = all[static_cast<std::size_t>(any(std::ssize(all)))];
    const std::string key = model::instance_key(one);
    if (chance(3)) {
      if (!one.node.empty()) view.by_node.erase(model::by_node_key(one));
      view.instances.erase(key);
      view.statuses.erase(key);
      keys.insert(keys.end(), {"instances/" + key, "statuses/" + key});
    } else if (chance(2)) {
      one.desired = static_cast<model::Desired>(any(3));
      if (one.node.empty()) one.node = NodeId(node_name());
      write(one);
    } else {
      status(one, {.state = static_cast<model::InstanceState>(any(8)), .exit_code = any(2)});
      keys.push_back("statuses/" + key);
    }
  }
  void something_happens() {
    switch (any(12)) {
      case 0:
        return a_node_comes_or_changes();
      case 1:
        return chance(3) ? a_node_goes() : a_node_comes_or_changes();
      case 2:
        return a_service_is_deployed();
      case 3:
        return a_revision_or_service_goes();
      case 4:
      case 5:
      case 6:
      case 7:
        return an_instance_comes();
      default:
        return an_instance_changes();
    }
  }
};

}  // namespace kontena::schedule
