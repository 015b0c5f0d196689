#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "assignments.h"
#include "kontena/base/clock.h"
#include "kontena/base/random.h"
#include "kontena/base/synced.h"
#include "kontena/reconcile/reconcile.h"
#include "memory.h"
#include "seen.h"

namespace kontena::agent {

enum class Doing {
  nothing,
  pull,
  prepare,  // its pre_start hooks
  create,
  start,
  hook,  // its post_start hooks
  stop,
  remove,
  replace
};

// What this agent does for one instance, and remembers of it.
struct Work {
  reconcile::History history;
  Doing doing = Doing::nothing;
  bool pulled = false;                // for this instance; what pull policy `always` asks for
  std::string progress;               // of a pull
  std::string message;                // why the last thing we did for it failed; "" after a success
  Doing failed_at = Doing::nothing;   // what that was
  bool hopeless = false;              // and that only somebody's hand can mend it
  std::string waits;                  // for what, where nothing is wrong
  std::int64_t cleanup_failures = 0;  // in a row, of stop and remove
  std::int64_t unfit_since_ms = 0;    // of its container that runs; 0 = it is fit
  bool prepared = false;              // its pre_start hooks have ended well
  std::int64_t hooked_ms = 0;         // the start after which its post_start hooks ended well
  std::int64_t ended_ms = 0;          // the end that was counted last
  std::optional<model::Failure> failure;
};

// All that the agent's threads share. Whoever changes what an instance's plan or
// status is made from says so by touch().
struct State {
  std::shared_ptr<const Kept> kept = std::make_shared<const Kept>();
  bool unsaved = false;              // `kept` is not on disk yet; the planning thread writes it before it acts on it
  bool remember_now = false;         // what is remembered is to be on disk before long
  bool told = false;                 // the server has answered, or kept assignments were found
  std::map<std::string, Work> work;  // by InstanceId, of kept->instances only
  std::set<std::string> images;      // that were seen on this node
  std::map<std::string, std::int64_t> pulls_ms;  // by name: when it was pulled last, where some spec asks for its age
  std::map<std::string, PulledImage> pulled_images;  // by the engine's id: those that are ours to remove
  std::set<std::string> being_removed;               // names of kept->…_unused that a job is at

  // The engine.
  Seen seen;
  bool listed = false;  // `seen` is whole
  bool engine_away = true;
  std::optional<engine::EngineFacts> engine;
  bool list_again = false;        // what observe is to do next …
  std::set<std::string> look_at;  // … containers to inspect

  // What the server asks about; where that is told from is `report_facts`.
  model::Strings asked;
  std::uint64_t times_asked = 0;
  model::StringMap things;  // the answers: see NodeFacts::paths

  // The server.
  std::uint64_t server_epoch = 1;  // counts its coming back: then everything is told anew
  std::optional<Duration> heard;   // steady; when it last answered a beat
  bool server_away = false;
  Duration stats_interval{0};  // as the server says; 0 = it has not
  Duration certificate_lifetime{0};  // of those the server makes now; 0 = it has not said
  bool renew = false;                // it says that ours has expired

  // What is to be done.
  bool replan = false;
  std::set<std::string> report;  // InstanceIds
  bool report_facts = false;
  bool facts_again = false;  // also what the server has acknowledged
  bool stopping = false;
  std::optional<int> exit;   // with which status to end, and that it is time to
  bool removed = false;      // people removed this node: it is to leave nothing behind
  bool told_to_end = false;  // by a signal

  void touch(const std::string& instance) {
    replan = true;
    report.insert(instance);
  }
  void touch_all() {
    replan = true;
    for (const auto& [instance, assignment] : kept->instances) report.insert(instance);
  }
};

Memory memory_of(const State&);
void take_over(const Memory&, State&);  // of assignments that are kept, at the start

// What the parts of the agent work with. Outlives them all.
struct Context {
  engine::Engine& engine;
  const Clock& clock;
  IdSource& ids;
  Synced<State>& state;
  std::string node;  // id
  std::string grid;
};

}  // namespace kontena::agent
