#pragma once

#include <string>
#include <vector>

#include "kontena/api/events.h"
#include "routes.h"

// Events of a grid: the newest are kept. They are in the store and in no view, like
// the audit trail.
namespace kontena::server {

inline constexpr std::size_t most_events = 1'000;  // of a grid

struct EventFilter {
  std::string node;  // id; "" = of all
  std::string kind;  // likewise
  std::int64_t since_ms = 0;
  std::size_t most = 100;
};
// Newest first.
Result<std::vector<model::Event>> events_of(store::Store&, const std::string& grid, const EventFilter&);

// Adds what a node tells to the commit, and drops what is too much: the oldest of the
// node that has the most, so that one that tells much drives out its own.
// REQUIRES: the request was checked.
Status add_events(store::Store&, const model::Node&, Time now, const api::EventsRequest&, store::Commit&);

}  // namespace kontena::server
