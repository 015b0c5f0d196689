#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "uplink.h"
#include "use_files.h"

namespace kontena::agent {

struct RunningContainer {
  std::string instance;
  std::string id;  // the engine's
  std::int64_t pid = 0;
};
std::vector<RunningContainer> running_containers(const State&);

// Tells the server what this node and its instances use, as often as the grid wants, on a thread of its own. What is not
// told while the server is away waits in memory, the newest 15 minutes of it.
class NodeStats {
 public:
  NodeStats(Context, Uplink&);

  void step();  // waits until a sample is due, takes it, and tells

  static constexpr std::size_t most_waiting = 80;            // batches: less than stats::longest_ago_ms of them
  static constexpr std::size_t most_waiting_samples = 40'000;  // in all of them

 private:
  struct Waiting {
    Duration at{};  // steady
    stats::Batch batch;
  };
  struct Container {
    std::string id;  // the engine's
    std::int64_t pid = 0;
    std::unique_ptr<UseFiles> files;
    std::optional<Used> before;
  };
  stats::Batch sample(Duration at);
  void tell();

  Context context_;
  Uplink& uplink_;
  UseFiles host_;
  std::optional<Used> host_before_;
  std::map<std::string, Container> containers_;  // by instance
  std::deque<Waiting> waiting_;                  // the oldest first
  Duration due_{};
  bool refused_ = false;  // the server takes none, and the log says so
};

}  // namespace kontena::agent
