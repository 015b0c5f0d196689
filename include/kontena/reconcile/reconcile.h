#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/model/assignment.h"

// What an agent has to do next: desired × observed → actions. Pure.
namespace kontena::reconcile {

// What the engine has of one instance.
struct Found {
  std::string container;  // the engine's id
  bool running = false;
  bool ever_started = false;
  std::int64_t exit_code = 0;
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;
  bool stale = false;               // what it shares with another container is of one that went, or ended
  bool proven = true;               // its health check, where it has one, says so
  bool hooked = true;               // its post_start hooks have ended well in this run, where it has any
  std::int64_t unfit_since_ms = 0;  // runs, but cannot do its work: unhealthy, or taken off a network; 0 = it can
};

// What this agent remembers of an instance's runs, for restart policy and back-off.
struct History {
  std::int64_t restarts = 0;      // since the instance came to this node
  std::int64_t attempts = 0;      // restarts in a row, without a stable run between
  std::int64_t failures = 0;      // bad ends in a row, likewise: of runs, starts, pulls, and of health
  std::int64_t tries = 0;         // failed pulls, creates and starts in a row
  std::int64_t retry_at_ms = 0;   // of a failed pull, create or start
  std::int64_t jitter = 0;        // 0..999, drawn anew for each wait: how much shorter than usual it is
  bool stopped = false;           // its last end was our Stop, as desired: wanted again, it is started whatever its policy
  std::string condemned;          // a container whose replacement has begun: it goes, in whatever state it is
  std::int64_t cleanup_at_ms = 0; // of a failed stop or remove: not before
};

struct Observed {
  std::map<std::string, Found> containers;  // by InstanceId; ours only
  std::set<std::string> images;             // names known to be there
  std::set<std::string> in_flight;          // InstanceIds being worked on: nothing new for them
  std::map<std::string, History> history;   // by InstanceId
};

struct Pull { std::string instance; std::string image; friend bool operator==(const Pull&, const Pull&) = default; };
// Makes networks and volumes where missing, then the container, and starts it.
struct Create { std::string instance; friend bool operator==(const Create&, const Create&) = default; };
struct Start { std::string instance; std::string container; bool again = false; friend bool operator==(const Start&, const Start&) = default; };
struct Stop { std::string instance; std::string container; friend bool operator==(const Stop&, const Stop&) = default; };
struct Remove { std::string instance; std::string container; friend bool operator==(const Remove&, const Remove&) = default; };
// Stops and removes a container that is still wanted, to be made anew: along with the one that it shares with, or
// since it is unfit.
struct Replace { std::string instance; std::string container; bool along = false; friend bool operator==(const Replace&, const Replace&) = default; };
// Of a container that runs: its post_start hooks, all of them.
struct RunHooks { std::string instance; std::string container; friend bool operator==(const RunHooks&, const RunHooks&) = default; };
using Action = std::variant<Pull, Create, Start, RunHooks, Stop, Remove, Replace>;

struct Plan {
  std::vector<Action> actions;   // at most one an instance
  std::int64_t wake_ms = 0;      // when a back-off ends and there will be more to do; 0 = none pending
  std::map<std::string, std::string> blocked;  // InstanceId → why nothing can be done for it, one line
  std::vector<std::string> stable;  // whose run has become stable: attempts, failures and tries are counted anew
};

// Carry out, observe again, call again; no actions and no wake means the node has
// converged. Containers that no assignment names are left alone: only an
// assignment that says `removed` removes. `images` is what may be used without a
// pull: the agent leaves an image of pull policy `always` out of it until it was
// pulled for that instance.
Plan actions(const std::map<std::string, model::Assignment>& desired, const Observed&, Time now);

// Whether an ended container is to be started again, and when: after the policy's
// delay exactly, or after a back-off from 100 ms to 1 min, up to a quarter of which
// the jitter takes off. After a stable run all is counted anew.
struct Verdict {
  bool restart = false;
  std::int64_t at_ms = 0;
};
Verdict after_exit(const model::Restart&, const Found&, const History&);
// The same for one that runs and is unfit: is it to be replaced, and when?
Verdict when_unfit(const model::Restart&, const Found&, const History&);

std::int64_t stable_after_ms(const model::Restart&);   // how long a run is to be, to be stable
bool was_stable(const model::Restart&, const Found&);  // of a run that has ended

// Of pulls, creates and starts, and of stops and removes: 1 s doubling to 1 min, less the jitter.
std::int64_t retry_delay_ms(std::int64_t failures, std::int64_t jitter = 0);

// A wait that began before the clock was set back would be as much longer: no wait is longer than this.
inline constexpr std::int64_t longest_retry_ms = 60'000;

}  // namespace kontena::reconcile
