#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/model/instance.h"
#include "kontena/model/network.h"
#include "kontena/model/stack.h"

namespace kontena::engine {

// Labels on everything we make. What lacks the first with our own node's id is
// not ours: it is never listed, stopped or removed.
inline constexpr std::string_view node_label = "io.kontena.node";
inline constexpr std::string_view instance_label = "io.kontena.instance";
inline constexpr std::string_view grid_label = "io.kontena.grid";
inline constexpr std::string_view project_label = "io.kontena.project";
inline constexpr std::string_view stack_label = "io.kontena.stack";
inline constexpr std::string_view service_label = "io.kontena.service";
inline constexpr std::string_view slot_label = "io.kontena.slot";
inline constexpr std::string_view revision_label = "io.kontena.revision";

struct EngineFacts {
  std::string version;      // "20.10.24"
  std::string api_version;  // the one we speak with it: "1.41"
  std::string os;
  std::string architecture;  // "amd64"
  std::string kernel;
  std::string hostname;
  std::int64_t nano_cpus = 0;
  std::int64_t memory_bytes = 0;
  bool live_restore = false;  // containers outlive a restart of the engine
  model::Strings runtimes;        // that it knows; "cdi" where it has devices by that name
  model::Strings volume_drivers;
  std::string data_dir;       // where it keeps images and containers
};

// A subnet that the engine uses, or takes from for networks that name none.
struct EngineSubnet {
  std::string subnet;
  std::string by;  // "Docker's network 'bridge'", "Docker's address pools"
};

enum class ContainerState { created, running, paused, restarting, removing, exited, dead };

struct Container {
  std::string id;
  std::string name;
  model::StringMap labels;
  ContainerState state = ContainerState::created;
  model::Health health = model::Health::none;
  std::string health_output;  // of the last probe; at most 4 KiB
  std::int64_t exit_code = 0;
  bool out_of_memory = false;
  std::string error;  // the engine's own, of the last start
  std::int64_t created_ms = 0;
  std::int64_t started_ms = 0;              // 0 = never
  std::int64_t finished_ms = 0;             // 0 = never
  std::int64_t pid = 0;                     // of its first process, while it runs
  std::vector<model::PublishedPort> ports;  // while it runs; host_ip "" = every address of the node
  std::string image;                        // the engine's id of it
  model::Strings networks;                  // that it is in, sorted
  model::Resources limits;
  friend bool operator==(const Container&, const Container&) = default;
};

struct ContainerSpec {
  std::string name;
  model::StringMap labels;  // ours and the user's
  model::ServiceSpec service;
  std::map<std::string, Redacted> secret_environment;  // besides the service's, whose `env_secrets` they are the values of
  std::string hostname;
  // Where service.mounts' and service.networks' keys lead, as the engine names them.
  std::map<std::string, std::string> volumes;
  std::map<std::string, std::string> networks;
  std::map<std::string, std::string> addresses;  // by the same keys, where it is to have one of its own there
  std::map<std::string, std::string> addresses6;  // … of IPv6
  std::map<std::string, std::string> beside;  // services that it shares with → ids of their containers
  std::string resolv_conf;  // a file of the host that is to be its /etc/resolv.conf; "" = the engine's
};

// As whom a registry is asked. Goes to the engine with the pull, and is kept nowhere.
struct RegistryUser {
  std::string registry;
  std::string name;
  Redacted password;
};

struct PullProgress {
  std::int64_t done_bytes = 0;
  std::int64_t total_bytes = 0;  // of the layers known so far
};

struct LogOptions {
  bool follow = false;
  std::int64_t tail = -1;     // -1 = all
  std::int64_t since_ms = 0;  // 0 = from the start
  // With follow: after a silence this long the sink gets a LogLine without a time,
  // so that it can end what nobody reads any more. 0 = never.
  Duration beat{0};
};

struct LogLine {
  std::string time;       // RFC 3339 with nanoseconds, as the engine wrote it
  bool is_error = false;  // stderr
  std::string text;       // without the line's end; longer lines than 64 KiB come in parts
};

// Where a container's log is.
struct LogPlace {
  std::string driver;  // "json-file", "local", …
  std::string path;    // the file that is written now; "" = it has not begun yet, or the engine alone can read it
};

// A command in a container that runs, beside its own.
struct ExecSpec {
  model::Strings command;
  model::StringMap environment;  // besides the container's
  std::string user;              // "" = the container's
  std::string working_dir;       // likewise
  bool privileged = false;
  bool terminal = false;  // its output is one stream then
};

struct ExecOutput {
  bool is_error = false;   // stderr
  std::string_view bytes;  // as they came, however cut; empty each second while nothing comes
};

using ExecEnd = std::optional<std::int64_t>;  // its exit status

enum class Happened {
  started,
  died,
  out_of_memory,
  health,
  destroyed,
  changed,  // renamed, or given other limits, by somebody
  other,
};
struct Event {
  Happened happened = Happened::other;
  std::string container;  // id
};

// What runs containers. Calls block; safe from any thread. More methods than a
// seam should have, since each is one thing that the engine itself tells apart.
//
// Code::unavailable always means that no engine answers. What the engine itself
// could not do (a port taken, a registry away) is Code::failed_precondition, in
// the engine's own words.
class Engine {
 public:
  virtual ~Engine() = default;

  // Also agrees on the API version; call again after the engine was away.
  // Code::unavailable where none answers, Code::unsupported where it is too old.
  virtual Result<EngineFacts> facts() = 0;

  // Ours only: those with node_label = node. Without what inspect() alone tells:
  // health_output, out_of_memory, error, started_ms, finished_ms, pid and limits.
  virtual Result<std::vector<Container>> list(const std::string& node) = 0;
  virtual Result<Container> inspect(const std::string& id) = 0;  // Code::not_found

  virtual Result<bool> has_image(const std::string& image) = 0;
  // As that user, where there is one.
  virtual Status pull(const std::string& image, const RegistryUser* user, const std::function<void(const PullProgress&)>&) = 0;
  // The engine's id of what has that name now. Code::not_found.
  virtual Result<std::string> image_id(const std::string& image) = 0;
  // Unless any container uses it, or it has several names; tells whether it is gone.
  virtual Result<bool> remove_image(const std::string& id) = 0;

  // Idempotent: what is there with the same name is taken as it is.
  // Code::failed_precondition where one of that name has another subnet, or the subnet is taken.
  // `mtu` is of its interfaces; 0 = the engine's own.
  virtual Status ensure_network(const model::AssignedNetwork&, const model::StringMap& labels, int mtu) = 0;
  virtual Status ensure_volume(const std::string& name, const model::VolumeSpec&, const model::StringMap& labels) = 0;
  // Where a volume's data lies on the host. Code::not_found, or Code::unsupported where a driver keeps it elsewhere.
  virtual Result<std::string> volume_path(const std::string& name) {
    return Error{Code::unsupported, "where the volume '" + name + "' lies is not known"};
  }
  virtual Result<model::Strings> networks(const std::string& node) = 0;  // names of ours
  virtual Result<model::Strings> volumes(const std::string& node) = 0;   // likewise
  virtual Result<std::vector<EngineSubnet>> subnets() = 0;               // but those of networks of ours; IPv4
  // Removes it if it is ours (node_label) and unused; otherwise leaves it and says nothing.
  virtual Status remove_network(const std::string& name, const std::string& node) = 0;
  virtual Status remove_volume(const std::string& name, const std::string& node) = 0;

  // Code::already_exists where the name is taken, Code::not_found where the image or a
  // network is missing, Code::invalid_argument where the engine refuses the spec.
  virtual Result<std::string> create(const ContainerSpec&) = 0;
  virtual Status start(const std::string& id) = 0;
  virtual Status stop(const std::string& id, Duration grace) = 0;  // done already is Done
  virtual Status remove(const std::string& id) = 0;                // with its anonymous volumes; gone already is Done

  // Calls sink for each line, until the end or until it returns false.
  virtual Status logs(const std::string& id, const LogOptions&, const std::function<bool(const LogLine&)>& sink) = 0;

  // Code::not_found; Code::unsupported where there are no such files.
  virtual Result<LogPlace> log_place(const std::string& id) {
    return Error{Code::unsupported, "where the log of '" + id + "' lies is not known"};
  }

  // Runs a command to its end, with nothing to read, and tells its exit status: 126 or 127 where
  // it cannot be run, with the engine's words as output. None: the sink returned false before its
  // end; engines cannot end a command, so that it goes on until it or the container ends.
  // Code::not_found, or Code::conflict where the container does not run.
  virtual Result<ExecEnd> exec(const std::string& id, const ExecSpec&,
                               const std::function<bool(const ExecOutput&)>& sink) = 0;

  // Calls sink for each event of our containers (and with Happened::other, no
  // container, at once and then about every 10 s when there is none) until it
  // returns false or the engine ends the stream. What happens after the first call
  // is heard, so list then. Events may be lost: list again now and then.
  virtual Status watch(const std::string& node, const std::function<bool(const Event&)>& sink) = 0;
};

}  // namespace kontena::engine
