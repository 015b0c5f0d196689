#pragma once

#include <cstdint>
#include <string>

#include "kontena/model/ids.h"

namespace kontena::model {

// Something that happened by itself, told once: what people asked for is in the
// audit trail. Kept for each grid, the newest ones.
struct Event {
  std::int64_t at_ms = 0;    // the first time
  std::int64_t last_ms = 0;  // the last one of `count`
  std::int64_t count = 1;
  std::string kind;       // "network.drift"
  NodeId node;            // "" = it is of no node
  std::string node_name;  // as it was called then
  std::string text;       // for people
};

}  // namespace kontena::model
