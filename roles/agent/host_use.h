#pragma once

#include <string>
#include <vector>

#include "kontena/base/synced.h"
#include "kontena/engine/engine.h"
#include "kontena/overlay/overlap.h"
#include "mesh_state.h"
#include "state.h"

// What this host uses addresses for, and whether the grid's pool is in the way of that.
namespace kontena::agent {

// Its routes and addresses, and Docker's networks and pools; not what is ours.
Result<std::vector<overlay::Used>> host_use(engine::Engine&);

// Code::failed_precondition where the host has a use for addresses of the pool. What
// cannot be looked at is no reason.
Status check_pool(const std::string& pool, engine::Engine&);

// Looks now and then whether an overlap has come about, or IPv6 was switched on or off, and
// tells of it: nothing is stopped.
class PoolWatch {
 public:
  PoolWatch(Context, Synced<MeshState>&);
  void step();

 private:
  Context context_;
  Synced<MeshState>& mesh_;
  std::string pool_;  // that was looked at last
  bool ipv6_;
};

}  // namespace kontena::agent
