#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;

struct Ulimit {  // -1 = unlimited
  std::string name;
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  friend bool operator==(const Ulimit&, const Ulimit&) = default;
};

// A device of the node; or, where `source` is "VENDOR/CLASS=NAME", one of CDI, without the rest.
struct Device {
  std::string source;
  std::string target;
  std::string permissions;  // of "rwm"
  friend bool operator==(const Device&, const Device&) = default;
};

// What a device driver of the engine is asked for: GPUs.
struct DeviceRequest {
  std::string driver;
  std::int64_t count = 0;  // -1 = all; 0 with device_ids
  Strings device_ids;
  Strings capabilities;
  StringMap options;
  friend bool operator==(const DeviceRequest&, const DeviceRequest&) = default;
};

struct BlockDevice {
  std::string path;
  std::int64_t value = 0;  // a weight, bytes a second or operations a second
  friend bool operator==(const BlockDevice&, const BlockDevice&) = default;
};

struct BlockIo {
  std::int64_t weight = 0;  // 10..1000; 0 = the engine's
  std::vector<BlockDevice> weights;
  std::vector<BlockDevice> read_bytes;
  std::vector<BlockDevice> read_operations;
  std::vector<BlockDevice> write_bytes;
  std::vector<BlockDevice> write_operations;
  friend bool operator==(const BlockIo&, const BlockIo&) = default;
};

// What the engine is told of a container besides what decisions look at. Empty,
// 0, false and absent are the engine's own default.
struct ContainerOptions {
  StringMap annotations;  // needs engine API 1.43
  BlockIo block_io;
  Strings cap_add;
  Strings cap_drop;
  std::string cgroup;  // "host" or "private"
  std::string cgroup_parent;
  std::int64_t cpu_period = 0;            // µs
  std::int64_t cpu_quota = 0;             // µs
  std::int64_t cpu_realtime_period = 0;   // µs
  std::int64_t cpu_realtime_runtime = 0;  // µs
  std::int64_t cpu_shares = 0;
  std::string cpuset;  // "0-3,5"
  Strings device_cgroup_rules;
  std::vector<Device> devices;
  std::vector<DeviceRequest> device_requests;
  Strings dns;  // asked for what is not the cluster's, in place of the node's own
  Strings dns_options;
  Strings dns_search;
  std::string domainname;
  Strings exposed_ports;  // "80/tcp": said to the engine, and no more
  Strings extra_hosts;    // "NAME:ADDRESS"; ADDRESS may be "host-gateway"
  Strings group_add;
  std::optional<bool> init;
  std::string ipc;  // "host", "private", "shareable", "none" or "service:NAME"
  std::string log_driver;
  StringMap log_options;
  std::string mac_address;                        // of its first network
  std::optional<std::int64_t> memory_swap_bytes;  // memory and swap together; -1 = unlimited
  std::optional<std::int64_t> memory_swappiness;  // 0..100
  bool oom_kill_disable = false;
  std::int64_t oom_score_adj = 0;  // -1000..1000
  std::string pid;                 // "host" or "service:NAME"
  bool privileged = false;
  bool read_only = false;
  std::string runtime;   // one that the node's engine knows
  Strings security_opt;  // a seccomp profile is inline: "seccomp={…}"
  std::int64_t shm_bytes = 0;
  bool stdin_open = false;
  StringMap storage_options;
  StringMap sysctls;
  StringMap tmpfs;  // target → options
  bool tty = false;
  std::vector<Ulimit> ulimits;
  std::string userns;  // "host"
  std::string uts;     // "host"
  friend bool operator==(const ContainerOptions&, const ContainerOptions&) = default;
};

// A command beside a container's own.
struct Hook {
  Strings command;
  StringMap environment;
  std::string user;
  std::string working_dir;
  std::string image;  // pre_start only; "" = the service's
  bool privileged = false;
  bool per_replica = false;  // pre_start only
  friend bool operator==(const Hook&, const Hook&) = default;
};

}  // namespace kontena::model
