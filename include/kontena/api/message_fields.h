#pragma once

#include "kontena/api/agent_fields.h"
#include "kontena/api/messages.h"

// The fields of each message, listed once; see codec/fields.h.
namespace kontena::codec {

template <>
struct Fields<api::Hello> {
  static void visit(auto& v, auto& s) {
    v("product", s.product);
    v("version", s.version);
    v("time_ms", s.time_ms);
    v("problems", s.problems);
  }
};

template <>
struct Fields<api::Problem> {
  static void visit(auto& v, auto& s) {
    v("key", s.key);
    v("what", s.what);
    v("hint", s.hint);
  }
};

template <>
struct Fields<api::ProblemList> {
  static void visit(auto& v, auto& s) {
    v("problems", s.problems);
  }
};

template <>
struct Fields<api::AuthorityAnswer> {
  static void visit(auto& v, auto& s) {
    v("certificate_pem", s.certificate_pem);
  }
};

template <>
struct Fields<api::ErrorBody> {
  static void visit(auto& v, auto& s) {
    v("code", s.code);
    v("message", s.message);
    v("hint", s.hint);
    v("request", s.request);
  }
};

template <>
struct Fields<api::AskAnswer> {
  static void visit(auto& v, auto& s) {
    v("body", s.body);
    v("error", s.error);
  }
};

template <>
struct Fields<api::ErrorAnswer> {
  static void visit(auto& v, auto& s) {
    v("error", s.error);
  }
};

template <>
struct Fields<api::Who> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("id", s.id);
    v("name", s.name);
    v("grid", s.grid);
  }
};

template <>
struct Fields<api::GridSummary> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("pool", s.pool);
    v("nodes", s.nodes);
    v("nodes_ready", s.nodes_ready);
    v("stacks", s.stacks);
    v("instances", s.instances);
    v("created_ms", s.created_ms);
    v("stats_interval_ms", s.stats_interval_ms);
  }
};

template <>
struct Fields<api::GridSettings> {
  static void visit(auto& v, auto& s) {
    v("lost_after_ms", s.lost_after_ms);
    v("pool", s.pool);
    v("stats_interval_ms", s.stats_interval_ms);
  }
};

template <>
struct Fields<api::JoinTerms> {
  static void visit(auto& v, auto& s) {
    v("grid", s.grid);
    v("pool", s.pool);
  }
};

template <>
struct Fields<api::Move> {
  static void visit(auto& v, auto& s) {
    v("instance", s.instance);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("from", s.from);
    v("to", s.to);
  }
};

template <>
struct Fields<api::Rebalance> {
  static void visit(auto& v, auto& s) {
    v("moves", s.moves);
  }
};

template <>
struct Fields<api::GridList> {
  static void visit(auto& v, auto& s) {
    v("grids", s.grids);
  }
};

template <>
struct Fields<api::NodeSummary> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("name", s.name);
    v("state", s.state);
    v("availability", s.availability);
    v("labels", s.labels);
    v("facts", s.facts);
    v("instances", s.instances);
    v("memory_reserved", s.memory_reserved);
    v("nano_cpus_reserved", s.nano_cpus_reserved);
    v("last_heard_ms", s.last_heard_ms);
    v("created_ms", s.created_ms);
    v("use", s.use);
  }
};

template <>
struct Fields<api::NodeChange> {
  static void visit(auto& v, auto& s) {
    v("node", s.node);
    v("leaving", s.leaving);
    v("staying", s.staying);
  }
};

template <>
struct Fields<api::NodeList> {
  static void visit(auto& v, auto& s) {
    v("nodes", s.nodes);
  }
};

template <>
struct Fields<api::LabelChange> {
  static void visit(auto& v, auto& s) {
    v("set", s.set);
    v("remove", s.remove);
  }
};

template <>
struct Fields<api::TokenRequest> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("description", s.description);
    v("grid", s.grid);
    v("labels", s.labels);
    v("uses", s.uses);
    v("lifetime_ms", s.lifetime_ms);
    v("owner", s.owner);
    v("scope", s.scope);
    v("verbs", s.verbs);
  }
};

template <>
struct Fields<api::TokenSummary> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("kind", s.kind);
    v("description", s.description);
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
    v("used_ms", s.used_ms);
    v("used_from", s.used_from);
  }
};

template <>
struct Fields<api::TokenList> {
  static void visit(auto& v, auto& s) {
    v("tokens", s.tokens);
  }
};

template <>
struct Fields<api::TokenAnswer> {
  static void visit(auto& v, auto& s) {
    v("token", s.token);
    v("text", s.text);
  }
};

template <>
struct Fields<api::DeployRequest> {
  static void visit(auto& v, auto& s) {
    v("spec", s.spec);
    v("expected_revision", s.expected_revision);
  }
};

template <>
struct Fields<api::SecretAnswer> {
  static void visit(auto& v, auto& s) { v("digest", s.digest); }
};

template <>
struct Fields<api::DeployAnswer> {
  static void visit(auto& v, auto& s) {
    v("deployment", s.deployment);
    v("created", s.created);
    v("changed", s.changed);
    v("removed", s.removed);
    v("unchanged", s.unchanged);
    v("warnings", s.warnings);
  }
};

template <>
struct Fields<api::ServiceSummary> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("stack", s.stack);
    v("name", s.name);
    v("image", s.image);
    v("mode", s.mode);
    v("wanted", s.wanted);
    v("running", s.running);
    v("healthy", s.healthy);
    v("revision", s.revision);
    v("state", s.state);
    v("reason", s.reason);
    v("ports", s.ports);
  }
};

template <>
struct Fields<api::ServiceList> {
  static void visit(auto& v, auto& s) {
    v("services", s.services);
  }
};

template <>
struct Fields<api::StackSummary> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("name", s.name);
    v("revision", s.revision);
    v("state", s.state);
    v("services", s.services);
    v("instances", s.instances);
    v("running", s.running);
    v("created_ms", s.created_ms);
    v("updated_ms", s.updated_ms);
  }
};

template <>
struct Fields<api::StackList> {
  static void visit(auto& v, auto& s) {
    v("stacks", s.stacks);
  }
};

template <>
struct Fields<api::StackDetail> {
  static void visit(auto& v, auto& s) {
    v("summary", s.summary);
    v("services", s.services);
    v("networks", s.networks);
    v("volumes", s.volumes);
    v("deployment", s.deployment);
    v("notes", s.notes);
  }
};

template <>
struct Fields<api::InstanceSummary> {
  static void visit(auto& v, auto& s) {
    v("id", s.id);
    v("project", s.project);
    v("stack", s.stack);
    v("service", s.service);
    v("slot", s.slot);
    v("node", s.node);
    v("node_state", s.node_state);
    v("address", s.address);
    v("desired", s.desired);
    v("instance_revision", s.instance_revision);
    v("outdated", s.outdated);
    v("status", s.status);
    v("why_not", s.why_not);
    v("created_ms", s.created_ms);
  }
};

template <>
struct Fields<api::InstanceList> {
  static void visit(auto& v, auto& s) {
    v("revision", s.revision);
    v("instances", s.instances);
  }
};

template <>
struct Fields<api::ServiceDetail> {
  static void visit(auto& v, auto& s) {
    v("summary", s.summary);
    v("spec", s.spec);
    v("instances", s.instances);
    v("use", s.use);
  }
};

template <>
struct Fields<api::ScaleRequest> {
  static void visit(auto& v, auto& s) {
    v("replicas", s.replicas);
  }
};

template <>
struct Fields<api::DeploymentDetail> {
  static void visit(auto& v, auto& s) {
    v("revision", s.revision);
    v("deployment", s.deployment);
    v("services", s.services);
    v("instances", s.instances);
  }
};

template <>
struct Fields<api::DeploymentList> {
  static void visit(auto& v, auto& s) {
    v("deployments", s.deployments);
  }
};

template <>
struct Fields<api::HistoryEntry> {
  static void visit(auto& v, auto& s) {
    v("revision", s.revision);
    v("action", s.action);
    v("by", s.by);
    v("created_ms", s.created_ms);
    v("services", s.services);
  }
};

template <>
struct Fields<api::History> {
  static void visit(auto& v, auto& s) {
    v("revisions", s.revisions);
  }
};

}  // namespace kontena::codec
