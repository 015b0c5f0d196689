#pragma once

#include <string>

#include "kontena/rollout/rollout.h"
#include "kontena/store/store.h"

namespace kontena::server {

// The steps as one commit that rests on every record they were decided on.
store::Commit write_plan(const model::ClusterView&, const std::string& stack, const rollout::Plan&, Time now);

}  // namespace kontena::server
