#pragma once

#include <string>

#include "kontena/model/view.h"

namespace kontena::server {

// The running instances of services that carry model::scrape_label, as Prometheus discovers targets over HTTP: JSON, one
// for each instance and network that it is on (with network_mode host, one at its node's address). All grids.
std::string scrape_targets(const model::ClusterView&);

}  // namespace kontena::server
