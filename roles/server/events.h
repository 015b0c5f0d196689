#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kontena/api/events.h"
#include "routes.h"

// Events of a grid: the newest are kept. They are in the store and in no view, like
// the audit trail.
namespace kontena::server {

inline constexpr std::size_t most_events = 1'000;  // in one answer; and of what agents tell themselves, of a grid

struct EventFilter {
  std::string node;  // id; "" = of all
  std::vector<std::string> kinds;  // none = all
  std::string project, stack, service;
  std::int64_t slot = 0;  // of an instance; what is told of its service as a whole is shown with it
  std::int64_t since_ms = 0;
  std::int64_t until_ms = 0;  // 0 = no end
  std::int64_t after = -1;    // only what was written after this revision
  std::size_t most = 100;
  std::function<bool(const model::Event&)> may;  // whether who asks may see it; null = all
};
// Newest first; with `after` oldest first. `revision` is what to ask after next.
Result<api::EventList> find_events(store::Store&, const std::string& grid, const EventFilter&);

// The key of an event that the server tells, without its table.
std::string event_tail(const std::string& grid, std::int64_t at_ms, const std::string& id);

// Adds what a node tells to the commit, and drops what is too much: the oldest of the
// node that has the most, so that one that tells much drives out its own.
// REQUIRES: the request was checked.
Status add_events(store::Store&, const model::Node&, Time now, const api::EventsRequest&, store::Commit&);

// Which of these keys and events (oldest first) are kept no longer: what is too old, and
// then the oldest of the service or node that has the most. Pure.
struct KeptEvent {
  std::string key;
  std::int64_t last_ms = 0;
  std::string owner;  // "p/PROJECT/STACK/SERVICE", or "n/NODE"
};
std::vector<std::string> too_many(const std::vector<KeptEvent>&, const model::EventKeeping&, std::int64_t now_ms);

// What the grid's events are kept by.
Result<model::EventKeeping> keeping_of(store::Store&, const std::string& grid);

}  // namespace kontena::server
