#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kontena/model/container.h"

namespace kontena::model {

// What the user wants of one service. Stored as given, never edited by us but
// for `replicas`, which `service scale` sets.

// A published port: `published` of 0 lets the engine pick a free one. A range in
// the Compose file has become one Port each before it comes here.
struct Port {
  std::int64_t target = 0;      // in the container, 1..65535
  std::int64_t published = 0;   // on the node, 0..65535
  std::string protocol = "tcp"; // tcp, udp, sctp
  std::string host_ip;          // "" = every address of the node
  std::int64_t published_last = 0;  // above `published`: any free port from there to here; 0 = no range
  friend bool operator==(const Port&, const Port&) = default;
};

enum class MountKind {
  volume,
  bind,
  tmpfs,
  image,    // the files of another image; needs engine API 1.48
  content,  // of a blob that came with the deploy
};

struct Mount {
  MountKind kind = MountKind::volume;
  // A key of StackSpec::volumes ("" = a volume of the container's own), an absolute path of
  // the node, an image, or where content came from in the project, for people.
  std::string source;
  std::string target;  // absolute, in the container
  bool read_only = false;
  bool no_copy = false;   // a new volume is not filled from the image
  std::string subpath;    // of the volume (needs engine API 1.45) or of the image
  StringMap labels;       // of a volume of the container's own
  bool must_exist = false;  // a bind's source is not made where it is missing
  std::string propagation;  // of a bind: "rprivate", "rslave", …
  std::string selinux;      // of a bind: "z" or "Z"
  std::string recursive;    // of a bind: "enabled", "disabled", "writable" or "readonly"
  std::int64_t tmpfs_bytes = 0;
  std::int64_t tmpfs_mode = 0;
  std::string digest;  // of content: the blob, "sha256:…"; a writable one is the instance's own copy
  friend bool operator==(const Mount&, const Mount&) = default;
};

struct Attachment {  // to a network
  std::string network;  // a key of StackSpec::networks
  Strings aliases;      // besides the service's own name
  std::string ipv4_address;  // "" = the grid gives one
  std::string ipv6_address;  // likewise, where the network has IPv6
  std::string mac_address;   // needs engine API 1.44, but for the first network
  StringMap driver_options;
  std::string interface_name;     // needs engine API 1.49
  std::int64_t priority = 0;      // the highest is connected first
  std::int64_t gateway_priority = 0;  // needs engine API 1.48
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

// A config or secret as a file in the container.
struct FileUse {
  bool secret = false;
  std::string source;  // a key of StackSpec::configs or ::secrets
  std::string digest;  // of that FileSpec, as a deploy fills it in: other content is another revision
  std::string target;  // absolute
  std::string uid;     // "" = 0
  std::string gid;
  std::int64_t mode = 0444;
  friend bool operator==(const FileUse&, const FileUse&) = default;
};

// A secret of the project's as a variable of the container's environment. Its value is nowhere but there.
struct SecretVariable {
  std::string variable;
  std::string secret;  // its name in the project
  std::string digest;  // of its version, as a deploy fills it in
  friend bool operator==(const SecretVariable&, const SecretVariable&) = default;
};

// Absent members are inherited from the image.
struct HealthCheck {
  Strings test;  // {"CMD", …}, {"CMD-SHELL", line} or {"NONE"}
  std::optional<std::int64_t> interval_ms;
  std::optional<std::int64_t> timeout_ms;
  std::optional<std::int64_t> start_period_ms;
  std::optional<std::int64_t> start_interval_ms;  // needs engine API 1.44
  std::optional<std::int64_t> retries;
  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

enum class Condition { started, healthy, completed };

struct Dependency {
  Condition condition = Condition::started;
  bool required = true;  // false: a service that is not in the stack is no error
  bool restart = false;  // replace the dependents when the dependency was replaced
  friend bool operator==(const Dependency&, const Dependency&) = default;
};

enum class RestartWhen { no, on_failure, always, unless_stopped };

struct Restart {
  RestartWhen when = RestartWhen::no;
  std::int64_t max_attempts = 0;  // 0 = without end; a stable run has them counted anew
  std::int64_t delay_ms = 0;      // before each start; 0 = the agent's back-off: 100 ms, doubling to 1 min
  std::int64_t window_ms = 0;     // a run of so long is stable; 0 = 10 s
  friend bool operator==(const Restart&, const Restart&) = default;
};

struct Resources {
  std::int64_t nano_cpus = 0;     // 1e9 = one core; 0 = unlimited
  std::int64_t memory_bytes = 0;  // 0 = unlimited
  std::int64_t pids = 0;          // 0 = unlimited
  friend bool operator==(const Resources&, const Resources&) = default;
};

// "node.labels.zone == eu-1". What attributes there are is schedule's table.
struct Constraint {
  std::string attribute;
  bool equal = true;
  std::string value;
  friend bool operator==(const Constraint&, const Constraint&) = default;
};

struct Placing {
  std::vector<Constraint> constraints;
  Strings spread;                        // attributes, "node.labels.zone"; first is outermost
  std::int64_t max_replicas_per_node = 0;  // 0 = any number
  friend bool operator==(const Placing&, const Placing&) = default;
};

enum class Order { stop_first, start_first };
enum class OnFailure { pause, go_on };

// How a changed service replaces its instances: `deploy.update_config`.
struct Update {
  std::int64_t parallelism = 1;            // instances at a time; 0 = all at once
  std::int64_t delay_ms = 0;               // after each, once it is good
  std::optional<std::int64_t> monitor_ms;  // a new one is good when it ran for so long; absent: 1 s, or healthy
  Order order = Order::stop_first;
  OnFailure failure_action = OnFailure::pause;
  std::int64_t max_failure_ppm = 0;        // of the instances, in millionths, that may fail before it counts as failed
  friend bool operator==(const Update&, const Update&) = default;
};

enum class Mode { replicated, global };
enum class PullPolicy { missing, always, never };

struct ServiceSpec {
  std::string name;
  std::string image;
  std::string image_digest;  // of the blob that lists the image's parts, where it came with the deploy; "" = from a registry
  PullPolicy pull_policy = PullPolicy::missing;
  std::int64_t pull_every_ms = 0;  // pulled again when the node's is older; 0 = as pull_policy says
  std::string platform;            // "OS[/ARCH[/VARIANT]]", also of the node; "" = the node's
  std::optional<Strings> command;     // absent: the image's
  std::optional<Strings> entrypoint;  // absent: the image's; empty: none
  StringMap environment;
  std::vector<SecretVariable> env_secrets;  // in order of their variables
  StringMap labels;
  std::string user;
  std::string working_dir;
  std::string hostname;
  std::string stop_signal;                           // "": the image's
  std::optional<std::int64_t> stop_grace_period_ms;  // absent: 10 s
  std::vector<Port> ports;
  std::vector<Mount> mounts;
  std::vector<Attachment> networks;
  StringMap links;             // alias → a service of the same stack: a name that this service's instances alone are answered
  std::string container_name;  // one more name of its one instance, in its networks; unique in its project; "" = none
  std::string network_mode;  // "" = its networks; "host", "none", or "bridge": the engine's own; "service:NAME"
  Strings volumes_from;      // "NAME[:ro]", services of the stack
  std::vector<FileUse> files;
  std::optional<ContainerOptions> options;  // absent where all are the engine's
  std::vector<Hook> pre_start;   // each to a good end, before the first instance of a revision
  std::vector<Hook> post_start;  // in the container, after each start
  std::vector<Hook> pre_stop;    // likewise, before the cluster stops it
  StringMap own_labels;          // of the service, not of its containers
  std::optional<HealthCheck> health_check;
  Restart restart;
  Resources limits;
  Resources reservations;
  std::map<std::string, Dependency> depends_on;
  Mode mode = Mode::replicated;
  bool job = false;  // its instances run to a good end, once for each revision
  std::int64_t replicas = 1;
  Placing placing;
  Update update;
  bool pinned = false;  // declared: its instances stay on their nodes, though those be lost or drained
  friend bool operator==(const ServiceSpec&, const ServiceSpec&) = default;
};

}  // namespace kontena::model
