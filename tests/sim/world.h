#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fibers.h"
#include "invariants.h"
#include "process.h"

namespace kontena::sim {

struct Options {
  std::uint64_t seed = 1;
  int nodes = 4;
  Duration stormy{45'000};  // how long faults come
  bool faults = true;
  std::uint64_t kill_once_in = 1'000;  // calls through a seam; 0 = never there
  std::string kill;                    // this process …
  std::int64_t kill_at_call = 0;       // … dies at this call of its, once; 0 = it does not
  bool trace = false;
};

// What came of a request: no answer means that it may have been carried out or not.
struct Answered {
  int status = 0;  // 0 = none
  std::string body;
  std::string request;  // id
};

// A whole cluster on one thread: a server, its agents, their engines, the messages
// between them and who uses it, in virtual time.
class World {
 public:
  explicit World(Options);
  ~World();

  // Lets the storm rage, and then waits until all is as wanted. "" or what went wrong.
  std::string run();
  // The same without a storm: only this is done, by a fiber of the user's.
  std::string run(std::function<void()> acts);
  void run_for(Duration);
  std::string settle(Duration within);  // ends the faults, and waits until all is as wanted

  // ---- for seams
  enum class When { before, after };
  void call(Process&, const std::string& what, When);  // may throw Killed
  void kill(Process&);                                 // outside, or from a fiber of another
  void event(const std::string& who, const std::string& what);
  void fail(const std::string& what);
  bool failed() const { return !failure_.empty(); }

  // ---- for acts and faults
  // A message and its answer. `cut`: where the way may be cut.
  Result<http::Response> exchange(const std::string& who, const http::Request&, Duration timeout, const bool* cut);
  Answered ask(http::Method, const std::string& path, const std::string& body);  // as administrator
  void later(Duration, std::function<void()>);
  void user(std::string name, std::function<void()>);
  void start(Process&);
  void join(Machine&);  // by a fiber

  const Options options;
  Chance chance;
  Chance luck;  // of messages and calls
  Fibers fibers;
  std::unique_ptr<store::Store> store = nullptr;
  pki::Authority& authority;
  const server::Vault& vault;
  ManualClock server_clock;
  SeededIds ids;
  Process server;
  std::unique_ptr<ServerLife> life;  // of the server
  bool serving = false;
  std::vector<std::unique_ptr<Machine>> machines;
  Invariants invariants;
  bool calm = false;         // no faults any more
  std::uint64_t digest = 0;  // of all events: the same seed has the same

  Machine* machine_of(const std::string& node);  // by an id that it has or had, or its name

 private:
  void turn(Duration until);
  void reap();      // those that have left their code
  void bring_up();  // those whose time has come
  void storm();     // the next act or fault, and so on

  std::string admin_, join_token_;
  std::multimap<Duration, std::function<void()>> later_;
  std::string failure_;
  std::deque<std::string> events_;
};

}  // namespace kontena::sim
