#pragma once

#include <cstdint>
#include <string>

#include "kontena/model/ids.h"

namespace kontena::model {

// Something that happened or was decided, told once: as what there was changed, in the
// same commit. Who asked for what is in the audit trail. Kept for each grid, the newest ones.
struct Event {
  std::int64_t at_ms = 0;    // the first time
  std::int64_t last_ms = 0;  // the last one of `count`
  std::int64_t count = 1;
  std::string kind;       // "network.drift", of model/event_kinds.h
  NodeId node;            // "" = it is of no node
  std::string node_name;  // as it was called then
  std::string text;       // for people: what, and why
  std::string project;    // "" = it is of the grid: a node's
  std::string stack;
  std::string service;
  std::int64_t slot = 0;  // of the instance; 0 = of none
  std::string instance;   // id
  std::string by;         // who brought it about: "server", "node n1", "ann (token 4be1c0ffee00)"
};

// How long a grid's events are kept, and how many. Of what is over the number, those go
// first whose service or node has the most.
struct EventKeeping {
  std::int64_t kept_ms = 7ll * 24 * 3'600'000;  // 0 = however old
  std::int64_t most = 10'000;
};

// A node that was told to be lost, and not yet to be back: nobody is told so again, a
// server that starts anew neither.
struct LostNode {
  std::int64_t since_ms = 0;
};

}  // namespace kontena::model
