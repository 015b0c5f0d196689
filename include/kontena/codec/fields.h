#pragma once

#include "kontena/codec/json.h"
#include "kontena/model/assignment.h"
#include "kontena/model/service.h"
#include "kontena/model/stack.h"
#include "kontena/model/node.h"
#include "kontena/model/instance.h"
#include "kontena/model/deployment.h"
#include "kontena/model/grid.h"

// The one list of each struct's fields. JSON writing, JSON reading, and the diff
// that decides between replacing and leaving an instance all walk it, so a new
// field is a new line here and nowhere else. The names are the wire's and the
// store's: one is never renamed or given another meaning.
namespace kontena::codec {

template <>
struct Fields<model::Port> {
  static void visit(auto& v, auto& s) {
    v("target", s.target);
    v("published", s.published);
    v("protocol", s.protocol);
    v("host_ip", s.host_ip);
  }
};

template <>
struct Fields<model::Mount> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("source", s.source);
    v("target", s.target);
    v("read_only", s.read_only);
    v("no_copy", s.no_copy);
  }
};

template <>
struct Fields<model::Attachment> {
  static void visit(auto& v, auto& s) {
    v("network", s.network);
    v("aliases", s.aliases);
  }
};

template <>
struct Fields<model::HealthCheck> {
  static void visit(auto& v, auto& s) {
    v("test", s.test);
    v("interval_ms", s.interval_ms);
    v("timeout_ms", s.timeout_ms);
    v("start_period_ms", s.start_period_ms);
    v("start_interval_ms", s.start_interval_ms);
    v("retries", s.retries);
  }
};

template <>
struct Fields<model::Dependency> {
  static void visit(auto& v, auto& s) {
    v("condition", s.condition);
    v("required", s.required);
    v("restart", s.restart);
  }
};

template <>
struct Fields<model::Restart> {
  static void visit(auto& v, auto& s) {
    v("when", s.when);
    v("max_attempts", s.max_attempts);
  }
};

template <>
struct Fields<model::Resources> {
  static void visit(auto& v, auto& s) {
    v("nano_cpus", s.nano_cpus);
    v("memory_bytes", s.memory_bytes);
    v("pids", s.pids);
  }
};

template <>
struct Fields<model::Constraint> {
  static void visit(auto& v, auto& s) {
    v("attribute", s.attribute);
    v("equal", s.equal);
    v("value", s.value);
  }
};

template <>
struct Fields<model::Placing> {
  static void visit(auto& v, auto& s) {
    v("constraints", s.constraints);
    v("spread", s.spread);
    v("max_replicas_per_node", s.max_replicas_per_node);
  }
};

template <>
struct Fields<model::ServiceSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("image", s.image);
    v("pull_policy", s.pull_policy);
    v("command", s.command);
    v("entrypoint", s.entrypoint);
    v("environment", s.environment);
    v("labels", s.labels);
    v("user", s.user);
    v("working_dir", s.working_dir);
    v("hostname", s.hostname);
    v("stop_signal", s.stop_signal);
    v("stop_grace_period_ms", s.stop_grace_period_ms);
    v("ports", s.ports);
    v("mounts", s.mounts);
    v("networks", s.networks);
    v("health_check", s.health_check);
    v("restart", s.restart);
    v("limits", s.limits);
    v("reservations", s.reservations);
    v("depends_on", s.depends_on);
    v("mode", s.mode);
    v("replicas", s.replicas);
    v("placing", s.placing);
  }
};

template <>
struct Fields<model::VolumeSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("driver", s.driver);
    v("driver_options", s.driver_options);
    v("labels", s.labels);
    v("external", s.external);
  }
};

template <>
struct Fields<model::NetworkSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("internal", s.internal);
    v("labels", s.labels);
  }
};

template <>
struct Fields<model::StackSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("services", s.services);
    v("networks", s.networks);
    v("volumes", s.volumes);
  }
};

template <>
struct Fields<model::Stack> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("revision", s.revision);
    v("wanted", s.wanted);
    v("networks", s.networks);
    v("volumes", s.volumes);
    v("created_ms", s.created_ms);
    v("updated_ms", s.updated_ms);
  }
};

template <>
struct Fields<model::Service> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("stack", s.stack);
    v("spec", s.spec);
    v("revision", s.revision);
    v("instance_revision", s.instance_revision);
    v("restarts", s.restarts);
    v("removed", s.removed);
    v("created_ms", s.created_ms);
    v("updated_ms", s.updated_ms);
  }
};

template <>
struct Fields<model::ServiceRevision> {
  static void visit(auto& v, auto& s) {
    v("spec", s.spec);
  }
};

template <>
struct Fields<model::Volume> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("project", s.project);
    v("name", s.name);
    v("stack", s.stack);
    v("node", s.node);
    v("created_ms", s.created_ms);
  }
};

template <>
struct Fields<model::Node> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("grid", s.grid);
    v("name", s.name);
    v("availability", s.availability);
    v("labels", s.labels);
    v("certificate", s.certificate);
    v("created_ms", s.created_ms);
  }
};

template <>
struct Fields<model::NodeFacts> {
  static void visit(auto& v, auto& s) {
    v("hostname", s.hostname);
    v("os", s.os);
    v("architecture", s.architecture);
    v("nano_cpus", s.nano_cpus);
    v("memory_bytes", s.memory_bytes);
    v("engine_version", s.engine_version);
    v("engine_api", s.engine_api);
    v("kontena_version", s.kontena_version);
    v("kernel", s.kernel);
    v("address", s.address);
  }
};

template <>
struct Fields<model::Instance> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("grid", s.grid);
    v("project", s.project);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("node", s.node);
    v("instance_revision", s.instance_revision);
    v("restarts", s.restarts);
    v("desired", s.desired);
    v("why_not", s.why_not);
    v("created_ms", s.created_ms);
  }
};

template <>
struct Fields<model::PublishedPort> {
  static void visit(auto& v, auto& s) {
    v("target", s.target);
    v("published", s.published);
    v("protocol", s.protocol);
    v("host_ip", s.host_ip);
  }
};

template <>
struct Fields<model::InstanceStatus> {
  static void visit(auto& v, auto& s) {
    v("state", s.state);
    v("health", s.health);
    v("container", s.container);
    v("exit_code", s.exit_code);
    v("out_of_memory", s.out_of_memory);
    v("restarts", s.restarts);
    v("started_ms", s.started_ms);
    v("finished_ms", s.finished_ms);
    v("message", s.message);
    v("progress", s.progress);
    v("last_lines", s.last_lines);
    v("ports", s.ports);
  }
};

template <>
struct Fields<model::Deployment> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("grid", s.grid);
    v("project", s.project);
    v("stack", s.stack);
    v("from", s.from);
    v("to", s.to);
    v("state", s.state);
    v("reason", s.reason);
    v("by", s.by);
    v("created_ms", s.created_ms);
    v("finished_ms", s.finished_ms);
  }
};

template <>
struct Fields<model::Grid> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("created_ms", s.created_ms);
  }
};

template <>
struct Fields<model::Project> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("name", s.name);
    v("created_ms", s.created_ms);
  }
};

template <>
struct Fields<model::Token> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("kind", s.kind);
    v("description", s.description);
    v("secret_digest", s.secret_digest);
    v("grid", s.grid);
    v("labels", s.labels);
    v("uses_left", s.uses_left);
    v("expires_ms", s.expires_ms);
    v("created_ms", s.created_ms);
    v("created_by", s.created_by);
  }
};

template <>
struct Fields<model::AuditRecord> {
  static void visit(auto& v, auto& s) {
    v("at_ms", s.at_ms);
    v("who", s.who);
    v("from", s.from);
    v("verb", s.verb);
    v("resource", s.resource);
    v("outcome", s.outcome);
    v("request", s.request);
  }
};

template <>
struct Fields<model::Assignment> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("project", s.project);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("instance_revision", s.instance_revision);
    v("desired", s.desired);
    v("container_name", s.container_name);
    v("spec", s.spec);
    v("networks", s.networks);
    v("volumes", s.volumes);
  }
};

template <>
struct Fields<model::Assignments> {
  static void visit(auto& v, auto& s) {
    v("revision", s.revision);
    v("instances", s.instances);
  }
};
}  // namespace kontena::codec
