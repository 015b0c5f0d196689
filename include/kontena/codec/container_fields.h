#pragma once

#include "kontena/codec/json.h"
#include "kontena/model/container.h"

// The fields of what the engine alone looks at. See codec/fields.h.
namespace kontena::codec {

template <>
struct Fields<model::Ulimit> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("soft", s.soft);
    v("hard", s.hard);
  }
};

template <>
struct Fields<model::Device> {
  static void visit(auto& v, auto& s) {
    v("source", s.source);
    v("target", s.target);
    v("permissions", s.permissions);
  }
};

template <>
struct Fields<model::DeviceRequest> {
  static void visit(auto& v, auto& s) {
    v("driver", s.driver);
    v("count", s.count);
    v("device_ids", s.device_ids);
    v("capabilities", s.capabilities);
    v("options", s.options);
  }
};

template <>
struct Fields<model::BlockDevice> {
  static void visit(auto& v, auto& s) {
    v("path", s.path);
    v("value", s.value);
  }
};

template <>
struct Fields<model::BlockIo> {
  static void visit(auto& v, auto& s) {
    v("weight", s.weight);
    v("weights", s.weights);
    v("read_bytes", s.read_bytes);
    v("read_operations", s.read_operations);
    v("write_bytes", s.write_bytes);
    v("write_operations", s.write_operations);
  }
};

template <>
struct Fields<model::ContainerOptions> {
  static void visit(auto& v, auto& s) {
    v("annotations", s.annotations);
    v("block_io", s.block_io);
    v("cap_add", s.cap_add);
    v("cap_drop", s.cap_drop);
    v("cgroup", s.cgroup);
    v("cgroup_parent", s.cgroup_parent);
    v("cpu_period", s.cpu_period);
    v("cpu_quota", s.cpu_quota);
    v("cpu_realtime_period", s.cpu_realtime_period);
    v("cpu_realtime_runtime", s.cpu_realtime_runtime);
    v("cpu_shares", s.cpu_shares);
    v("cpuset", s.cpuset);
    v("device_cgroup_rules", s.device_cgroup_rules);
    v("devices", s.devices);
    v("device_requests", s.device_requests);
    v("dns", s.dns);
    v("dns_options", s.dns_options);
    v("dns_search", s.dns_search);
    v("domainname", s.domainname);
    v("exposed_ports", s.exposed_ports);
    v("extra_hosts", s.extra_hosts);
    v("group_add", s.group_add);
    v("init", s.init);
    v("ipc", s.ipc);
    v("log_driver", s.log_driver);
    v("log_options", s.log_options);
    v("mac_address", s.mac_address);
    v("memory_swap_bytes", s.memory_swap_bytes);
    v("memory_swappiness", s.memory_swappiness);
    v("oom_kill_disable", s.oom_kill_disable);
    v("oom_score_adj", s.oom_score_adj);
    v("pid", s.pid);
    v("privileged", s.privileged);
    v("read_only", s.read_only);
    v("runtime", s.runtime);
    v("security_opt", s.security_opt);
    v("shm_bytes", s.shm_bytes);
    v("stdin_open", s.stdin_open);
    v("storage_options", s.storage_options);
    v("sysctls", s.sysctls);
    v("tmpfs", s.tmpfs);
    v("tty", s.tty);
    v("ulimits", s.ulimits);
    v("userns", s.userns);
    v("uts", s.uts);
  }
};

template <>
struct Fields<model::Hook> {
  static void visit(auto& v, auto& s) {
    v("command", s.command);
    v("environment", s.environment);
    v("user", s.user);
    v("working_dir", s.working_dir);
    v("image", s.image);
    v("privileged", s.privileged);
    v("per_replica", s.per_replica);
  }
};

}  // namespace kontena::codec
