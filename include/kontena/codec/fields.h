#pragma once

#include "kontena/codec/network_fields.h"
#include "kontena/codec/people_fields.h"
#include "kontena/codec/spec_fields.h"
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
    v("exposed", s.exposed);
    v("configs", s.configs);
    v("secrets", s.secrets);
    v("alerts", s.alerts);
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
struct Fields<model::StackRevision> {
  static void visit(auto& v, auto& s) {
    v("spec", s.spec);
    v("action", s.action);
    v("by", s.by);
    v("created_ms", s.created_ms);
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
    v("former", s.former);
    v("key", s.key);
    v("created_ms", s.created_ms);
    v("number", s.number);
  }
};

template <>
struct Fields<model::RemovedNode> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("grid", s.grid);
    v("name", s.name);
    v("certificate", s.certificate);
    v("removed_ms", s.removed_ms);
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
    v("live_restore", s.live_restore);
    v("address", s.address);
    v("mesh_key", s.mesh_key);
    v("mesh_endpoints", s.mesh_endpoints);
    v("mesh_way", s.mesh_way);
    v("mesh_problem", s.mesh_problem);
    v("mesh_mtu", s.mesh_mtu);
    v("mesh_rotation", s.mesh_rotation);
    v("seen_address", s.seen_address);
    v("runtimes", s.runtimes);
    v("volume_drivers", s.volume_drivers);
    v("paths", s.paths);
    v("ipv6", s.ipv6);
  }
};

template <>
struct Fields<model::Avoided> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("until_ms", s.until_ms);
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
    v("beside", s.beside);
    v("move_why", s.move_why);
    v("move_to", s.move_to);
    v("failed_before", s.failed_before);
    v("avoid", s.avoid);
    v("addresses", s.addresses);
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
struct Fields<model::Failure> {
  static void visit(auto& v, auto& s) {
    v("at_ms", s.at_ms);
    v("exit_code", s.exit_code);
    v("out_of_memory", s.out_of_memory);
    v("memory_limit_bytes", s.memory_limit_bytes);
    v("message", s.message);
    v("last_lines", s.last_lines);
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
    v("failures", s.failures);
    v("started_ms", s.started_ms);
    v("finished_ms", s.finished_ms);
    v("message", s.message);
    v("progress", s.progress);
    v("last_lines", s.last_lines);
    v("last_failure", s.last_failure);
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
    v("action", s.action);
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
    v("lost_after_ms", s.lost_after_ms);
    v("pool", s.pool);
    v("key_rotation", s.key_rotation);
    v("stats_interval_ms", s.stats_interval_ms);
    v("networks_made", s.networks_made);
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
    v("owner", s.owner);
    v("scope", s.scope);
    v("verbs", s.verbs);
    v("from", s.from);
    v("groups", s.groups);
    v("used_ms", s.used_ms);
    v("used_from", s.used_from);
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
    v("user", s.user);
    v("token", s.token);
    v("place", s.place);
    v("record", s.record);
    v("before", s.before);
    v("after", s.after);
    v("count", s.count);
    v("last_ms", s.last_ms);
  }
};

template <>
struct Fields<model::Checkpoint> {
  static void visit(auto& v, auto& s) {
    v("number", s.number);
    v("hash", s.hash);
    v("at_ms", s.at_ms);
    v("signature", s.signature);
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
    v("beside", s.beside);
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
