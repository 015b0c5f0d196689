#pragma once

#include <string>

#include "log_shipping.h"
#include "state.h"

namespace kontena::agent {

// What Prometheus reads of this node: what it and its instances have used since they began, read from the kernel's
// files as it is asked, and how the agent itself is. `logs` may be null. Any thread.
std::string metrics_text(const Context&, const std::string& node_name, LogShipping* logs);

}  // namespace kontena::agent
