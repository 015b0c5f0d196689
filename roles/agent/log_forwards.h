#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "log_forwarder.h"
#include "uplink.h"

namespace kontena::agent {

// Where logs are sent on to: asked of the server, kept on disk so that it goes on without it, and done by a thread for
// each target, so that none waits for another.
class LogForwards {
 public:
  struct Options {
    std::string folder;
    std::string node_name;
    forward::Seams seams;
  };
  LogForwards(Context context, Uplink& uplink, LogSpool& spool, LogCollector& collector, Options options)
      : context_(std::move(context)), uplink_(uplink), spool_(spool), collector_(collector), options_(std::move(options)) {}
  ~LogForwards();

  void load();  // once, before anything of the spool is acknowledged: what was told last
  void step();  // asks, waits for news
  void tell();  // a step of another thread: tells the server what there is trouble with, when that has changed

  struct Numbers {
    std::string project, name;
    ForwardState state;
    std::uint64_t position = 0;
  };
  std::vector<Numbers> numbers() const;  // any thread

 private:
  struct Running {
    std::shared_ptr<LogForwarder> forwarder;
    std::thread thread;
  };
  void apply(const std::vector<api::AgentForward>&);
  std::string position_file(const api::AgentForward&) const;
  void start(const api::AgentForward&);

  Context context_;
  Uplink& uplink_;
  LogSpool& spool_;
  LogCollector& collector_;
  const Options options_;
  api::AgentForwards told_;
  std::vector<Running> running_;
  mutable Synced<std::vector<std::shared_ptr<const LogForwarder>>> shown_;  // of running_, for other threads
  // What tell() has told.
  std::optional<std::vector<api::AgentForwardTrouble>> told_troubles_;  // none: nothing since the agent started
  std::uint64_t told_epoch_ = 0;
  Duration told_at_{0};  // steady
  int failures_ = 0;  // in a row
};

}  // namespace kontena::agent
