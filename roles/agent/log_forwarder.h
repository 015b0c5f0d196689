#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "kontena/api/forwards.h"
#include "kontena/base/synced.h"
#include "kontena/forward/sender.h"
#include "kontena/logs/batch.h"
#include "log_collector.h"

namespace kontena::agent {

struct ForwardState {
  std::string error;  // why nothing is sent now; "" = it is
  std::uint64_t dropped_lines = 0;  // since this agent started to send there
};

// Sends the batches of the spool on to one target, each until it has taken it; how far it is, is kept in a file.
// One thread, its own; end() from any.
class LogForwarder {
 public:
  struct Needs {
    Context context;
    LogSpool& spool;
    LogCollector& collector;
    std::string node_name;
    forward::Seams seams;
    Duration longest_pause{15'000};
  };
  // Goes on from where the file says, if that is of this spool; else with what comes from now on. The spool keeps what it
  // has not sent, by the file's name, until it is told to let go of that.
  static Result<std::unique_ptr<LogForwarder>> make(Needs, const api::AgentForward&, std::string position_file);

  const api::AgentForward& what() const { return what_; }
  void step();  // one batch, or a wait of at most half a second
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  std::uint64_t position() const { return position_; }  // any thread
  ForwardState state() const { return state_.with([](const ForwardState& s) { return s; }); }  // likewise

 private:
  LogForwarder(Needs needs, api::AgentForward what, forward::Target target, std::string file)
      : needs_(std::move(needs)), what_(std::move(what)), target_(std::move(target)), file_(std::move(file)),
        sender_(forward::open(target_, needs_.seams)) {}

  // What of a batch is still to be sent.
  struct Pending {
    std::uint64_t number = 0;
    logs::Batch batch;
    std::size_t section = 0, line = 0;
  };
  bool ours(const logs::Section& section) const { return what_.project.empty() || section.project == what_.project; }
  void take(LogSpool::Waiting);
  std::vector<forward::Record> chunk(Pending& at) const;
  Status send_pending();
  void give_up(Pending& from);
  void shed();
  void move(std::uint64_t number);
  void save();
  void lose(const std::string& container, std::uint64_t lines);
  void tell_lost();
  void pause(Duration);
  bool lacks_headers() const;

  Needs needs_;
  const api::AgentForward what_;
  const forward::Target target_;
  const std::string file_;
  std::unique_ptr<forward::Sender> sender_;
  std::atomic<bool> ended_ = false;
  std::atomic<std::uint64_t> position_ = 0;  // all up to it was taken
  std::uint64_t saved_ = 0;
  std::optional<Pending> pending_;
  std::map<std::string, std::uint64_t> lost_;  // lines that it was not sent, by container
  std::optional<Duration> told_lost_;
  int failures_ = 0;  // in a row
  mutable Synced<ForwardState> state_;
  bool told_save_ = false;
};

}  // namespace kontena::agent
