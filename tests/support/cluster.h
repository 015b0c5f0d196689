#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "kontena/model/view.h"

namespace kontena::support {

constexpr std::int64_t megabyte = 1024 * 1024;
constexpr std::int64_t core = 1'000'000'000;

// A view that is filled by hand: one grid `g`, its project `default`, and who of
// its nodes was heard.
struct Cluster {
  model::ClusterView view;
  model::Liveness liveness;

  model::StackPath path(const std::string& stack) const { return {"g", "default", stack}; }
  model::ServicePath path(const std::string& stack, const std::string& service) const {
    return {"g", "default", stack, service};
  }

  // Its id is its name, so that ties are easy to foresee.
  void node(const std::string& name, model::StringMap labels = {}, std::int64_t cores = 4,
            std::int64_t memory_bytes = 4'096 * megabyte) {
    view.nodes.put("g/" + name, {.id = NodeId(name), .grid = "g", .name = name, .labels = std::move(labels)});
    view.facts.put("g/" + name, {.hostname = name,
                                 .os = "linux",
                                 .architecture = "amd64",
                                 .nano_cpus = cores * core,
                                 .memory_bytes = memory_bytes,
                                 .runtimes = {"runc"}});
    liveness[NodeId(name)] = model::NodeState::ready;
  }

  // What it says of what it was asked about.
  void paths(const std::string& name, const model::StringMap& there) {
    model::NodeFacts facts = *view.facts.get("g/" + name);
    for (const auto& [path, what] : there) facts.paths[path] = what;
    view.facts.put("g/" + name, facts);
  }

  void availability(const std::string& name, model::Availability availability) {
    model::Node node = *view.nodes.get("g/" + name);
    node.availability = availability;
    view.nodes.put("g/" + name, node);
  }

  // As a deploy writes it: a change of spec asks for new instances unless `in_place`.
  void service(const std::string& stack, model::ServiceSpec spec, bool in_place = false) {
    const auto at = path(stack, spec.name);
    if (!view.stacks.get(at.stack_path().text()))
      view.stacks.put(at.stack_path().text(), {.grid = "g", .project = "default", .name = stack, .revision = 1});
    const auto* before = view.services.get(at.text());
    model::Service service = before ? *before : model::Service{.grid = "g", .project = "default", .stack = stack};
    ++service.revision;
    service.removed = false;
    if (!before || !in_place) service.instance_revision = service.revision;
    service.spec = std::move(spec);
    if (service.instance_revision == service.revision)
      view.revisions.put(model::revision_key(at, service.revision), {service.spec});
    view.services.put(at.text(), std::move(service));
  }

  model::Instance instance(const std::string& stack, const std::string& service, const std::string& id,
                           const std::string& node, std::int64_t slot = 1,
                           model::Desired desired = model::Desired::running) {
    const auto* of = view.services.get(path(stack, service).text());
    model::Instance instance{.id = InstanceId(id),
                             .grid = "g",
                             .project = "default",
                             .stack = stack,
                             .service = service,
                             .slot = slot,
                             .node = NodeId(node),
                             .instance_revision = of ? of->instance_revision : 1,
                             .restarts = of ? of->restarts : 0,
                             .desired = desired};
    put(instance);
    return instance;
  }

  void put(const model::Instance& instance) { view.instances.put(model::instance_key(instance), instance); }
  void status(const model::Instance& instance, model::InstanceStatus status) {
    view.statuses.put(model::instance_key(instance), std::move(status));
  }
};

}  // namespace kontena::support
