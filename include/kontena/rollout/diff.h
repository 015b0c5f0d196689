#pragma once

#include "kontena/model/stack.h"

namespace kontena::rollout {

enum class Difference { nothing, in_place, recreate };

// What a change of spec asks of the running instances: `replicas`, `depends_on`
// and placing change nothing in a container (in_place); all else needs new ones.
Difference diff(const model::ServiceSpec& was, const model::ServiceSpec& is);

}  // namespace kontena::rollout
