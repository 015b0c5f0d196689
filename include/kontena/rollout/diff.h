#pragma once

#include <map>
#include <set>
#include <string>

#include "kontena/model/stack.h"

namespace kontena::rollout {

enum class Difference { nothing, in_place, recreate };

// What a change of spec asks of the running instances: `replicas`, `depends_on`, `update`, `pinned`,
// `links`, `container_name` and placing change nothing in a container (in_place); all else needs new ones.
Difference diff(const model::ServiceSpec& was, const model::ServiceSpec& is);

// The services that are to be restarted since one they depend on with `restart:
// true` is replaced; those that depend on them likewise, and so on.
std::set<std::string> restarted_along(const std::map<std::string, model::ServiceSpec>&,
                                      const std::set<std::string>& replaced);

}  // namespace kontena::rollout
