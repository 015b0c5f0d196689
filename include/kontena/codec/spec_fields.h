#pragma once

#include "kontena/codec/container_fields.h"
#include "kontena/codec/json.h"
#include "kontena/model/stack.h"

// The fields of what users want: specs and their parts. See codec/fields.h.
namespace kontena::codec {

template <>
struct Fields<model::Port> {
  static void visit(auto& v, auto& s) {
    v("target", s.target);
    v("published", s.published);
    v("protocol", s.protocol);
    v("host_ip", s.host_ip);
    v("published_last", s.published_last);
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
    v("subpath", s.subpath);
    v("labels", s.labels);
    v("must_exist", s.must_exist);
    v("propagation", s.propagation);
    v("selinux", s.selinux);
    v("recursive", s.recursive);
    v("tmpfs_bytes", s.tmpfs_bytes);
    v("tmpfs_mode", s.tmpfs_mode);
    v("digest", s.digest);
  }
};

template <>
struct Fields<model::Attachment> {
  static void visit(auto& v, auto& s) {
    v("network", s.network);
    v("aliases", s.aliases);
    v("ipv4_address", s.ipv4_address);
    v("ipv6_address", s.ipv6_address);
    v("mac_address", s.mac_address);
    v("driver_options", s.driver_options);
    v("interface_name", s.interface_name);
    v("priority", s.priority);
    v("gateway_priority", s.gateway_priority);
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
    v("delay_ms", s.delay_ms);
    v("window_ms", s.window_ms);
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
struct Fields<model::Update> {
  static void visit(auto& v, auto& s) {
    v("parallelism", s.parallelism);
    v("delay_ms", s.delay_ms);
    v("monitor_ms", s.monitor_ms);
    v("order", s.order);
    v("failure_action", s.failure_action);
    v("max_failure_ppm", s.max_failure_ppm);
  }
};

template <>
struct Fields<model::FileUse> {
  static void visit(auto& v, auto& s) {
    v("secret", s.secret);
    v("source", s.source);
    v("digest", s.digest);
    v("target", s.target);
    v("uid", s.uid);
    v("gid", s.gid);
    v("mode", s.mode);
  }
};

template <>
struct Fields<model::SecretVariable> {
  static void visit(auto& v, auto& s) {
    v("variable", s.variable);
    v("secret", s.secret);
    v("digest", s.digest);
  }
};

template <>
struct Fields<model::ServiceSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("image", s.image);
    v("image_digest", s.image_digest);
    v("pull_policy", s.pull_policy);
    v("pull_every_ms", s.pull_every_ms);
    v("platform", s.platform);
    v("command", s.command);
    v("entrypoint", s.entrypoint);
    v("environment", s.environment);
    v("env_secrets", s.env_secrets);
    v("labels", s.labels);
    v("user", s.user);
    v("working_dir", s.working_dir);
    v("hostname", s.hostname);
    v("stop_signal", s.stop_signal);
    v("stop_grace_period_ms", s.stop_grace_period_ms);
    v("ports", s.ports);
    v("mounts", s.mounts);
    v("networks", s.networks);
    v("links", s.links);
    v("container_name", s.container_name);
    v("network_mode", s.network_mode);
    v("volumes_from", s.volumes_from);
    v("files", s.files);
    v("options", s.options);
    v("pre_start", s.pre_start);
    v("post_start", s.post_start);
    v("pre_stop", s.pre_stop);
    v("own_labels", s.own_labels);
    v("health_check", s.health_check);
    v("restart", s.restart);
    v("limits", s.limits);
    v("reservations", s.reservations);
    v("depends_on", s.depends_on);
    v("mode", s.mode);
    v("job", s.job);
    v("replicas", s.replicas);
    v("placing", s.placing);
    v("update", s.update);
    v("pinned", s.pinned);
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
    v("seed", s.seed);
  }
};

template <>
struct Fields<model::NetworkSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("internal", s.internal);
    v("external", s.external);
    v("labels", s.labels);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("ip_range", s.ip_range);
    v("reserved", s.reserved);
    v("ipv6", s.ipv6);
    v("subnet6", s.subnet6);
    v("gateway6", s.gateway6);
    v("ip_range6", s.ip_range6);
  }
};

template <>
struct Fields<model::FileSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("digest", s.digest);
    v("external", s.external);
    v("labels", s.labels);
  }
};

template <>
struct Fields<model::AlertSpec> {
  static void visit(auto& v, auto& s) {
    v("kind", s.kind);
    v("service", s.service);
    v("for_ms", s.for_ms);
    v("limit", s.limit);
    v("pattern", s.pattern);
    v("webhooks", s.webhooks);
  }
};
template <>
struct Fields<model::StackSpec> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("services", s.services);
    v("networks", s.networks);
    v("volumes", s.volumes);
    v("exposed", s.exposed);
    v("configs", s.configs);
    v("secrets", s.secrets);
    v("alerts", s.alerts);
  }
};
}  // namespace kontena::codec
