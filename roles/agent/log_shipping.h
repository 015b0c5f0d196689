#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "log_forwards.h"
#include "log_sender.h"

namespace kontena::agent {

struct LogOptions {
  std::string folder;  // of the spool
  std::uint64_t spool_bytes = 256u << 20;
  LogLimits limits = {};
  std::string forwards_folder = {};  // "" = nothing is forwarded
  std::string node_name = {};
  forward::Seams seams = {};
};

// The logs of this node's containers, on their way to the server. Where its folder cannot be used, the node
// works on without, and tries again.
class LogShipping {
 public:
  LogShipping(Context context, Uplink& uplink, LogOptions options)
      : context_(std::move(context)), uplink_(uplink), options_(std::move(options)) {}

  void collect();  // a step of the one thread
  void send();     // a step of the other
  void hear_forwards();  // a step of the third
  void tell_forwards();  // a step of the fourth
  // Before a container is removed: waits, within bounds, until its log was read. From any thread.
  void before_removal(const std::string& container);

  struct Numbers {
    std::uint64_t waiting_bytes = 0, room_bytes = 0;  // of the spool, for the server
    std::uint64_t dropped_lines = 0;                  // over a service's rate, since the start
    struct Forward {
      std::string project, name;  // project "" = of the grid
      ForwardState state;
      std::uint64_t waiting_bytes = 0;  // for all targets they are in the room of the spool together
    };
    std::vector<Forward> forwards;
  };
  std::optional<Numbers> numbers();  // none: nothing is shipped now. Any thread

 private:
  struct Parts {
    std::unique_ptr<LogSpool> spool;
    std::unique_ptr<LogCollector> collector;
    std::unique_ptr<LogSender> sender;
    std::unique_ptr<LogForwards> forwards;
  };
  bool open();

  Context context_;
  Uplink& uplink_;
  const LogOptions options_;
  Parts parts_;  // whole once open_ says so, and then for good
  Synced<bool> open_{false};
  bool told_ = false;
};

Status forget_logs(const std::string& folder);  // of a node that was removed: the spool is that identity's

}  // namespace kontena::agent
