#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "log_source.h"
#include "log_spool.h"
#include "log_watch.h"
#include "state.h"

namespace kontena::agent {

struct LogLimits {
  std::uint64_t rate = 20'000;      // lines a second and service; 0 = any
  std::uint64_t burst_s = 100;      // so many seconds' lines at once: a program that says a million, and is quiet then, is heard
  std::size_t batch = 1u << 20;     // bytes of log files
  std::size_t turn = 128u << 10;    // likewise of one container, before others have their turn
};

// Reads the logs of all containers of this node into the spool. One thread; drain() and note() from any.
class LogCollector {
 public:
  LogCollector(Context context, LogSpool& spool, LogLimits limits)
      : context_(std::move(context)), spool_(spool), limits_(limits), rate_(limits.rate, limits.rate * limits.burst_s) {}

  // One pass over all of them, and the wait until the next.
  void step();
  Duration pass();  // tells how long to wait

  // Waits until all that the container has written is in the spool, or for the limit; tells whether it is.
  bool drain(const std::string& container, Duration limit);
  // A word of the agent's own in the logs of these containers.
  std::uint64_t dropped() const { return dropped_; }  // lines over the rate, since the start; any thread
  void note(const std::set<std::string>& containers, const std::string& text);

 private:
  struct Followed {
    LogOwner owner;
    std::unique_ptr<LogSource> source;  // none: where it is, is not known yet
    LogPosition position;
    bool started = false;
    bool running = false;
    bool gone = false;         // from the engine
    bool at_end = false;       // as of the last pass
    std::string path;          // of the file that is watched; "" = it is looked at in each pass
    Duration active_until{0};  // steady; likewise until then
    Duration look_at{0};       // and at that time
    bool unreadable = false;   // for good
    bool failing = false;      // and that was logged
    Duration look_again{0};    // steady; when its place is asked for again
    std::int64_t last_ns = 0;  // of its last line
    std::int64_t told_ns = 0;  // when drops were told
  };
  struct Asked {
    std::map<std::string, bool> drains;  // → done
    std::map<std::string, std::vector<std::string>> notes;
    bool held_back = false;  // nothing can be read: drains are not waited for
  };
  // What was read and is not in the spool yet.
  struct Made {
    std::map<std::string, logs::Section> sections;  // by container
    LogMoves moves;
    std::size_t bytes = 0;
    Duration since{0};
  };
  using Each = std::pair<const std::string, Followed>;

  void find_containers();
  void watch(Each&);
  bool is_quiet(const Followed&, Duration now) const;  // nothing tells of anything new in it
  bool place(Each&);  // finds out where its log is; false where there is none to be read
  std::size_t read(Each&);
  void keep(Each&, std::vector<logs::Line>&&);
  void tell_dropped(Followed&, std::int64_t time_ns, std::vector<logs::Line>& to);
  void say(Each&, const std::string& text);
  void moved(Each&);
  void forget_gone();
  void add_notes();
  bool spool(bool at_once);
  bool held_back();

  Context context_;
  LogSpool& spool_;
  const LogLimits limits_;
  LogRate rate_;
  LogWatch watch_;
  std::map<std::string, Followed> followed_;  // by container
  std::string turn_;                          // the container that is first in the next pass
  Made made_;
  Duration looked_{-1'000'000};  // steady; when containers were looked for
  Duration spooled_{-1'000'000};
  Duration write_again_{0};
  Duration busy_{-1'000'000};  // when lines were seen last
  std::atomic<std::uint64_t> dropped_ = 0;
  bool told_full_ = false, told_disk_ = false, told_write_ = false;
  Synced<Asked> asked_;
};

}  // namespace kontena::agent
