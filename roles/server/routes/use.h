#pragma once

#include "../routes.h"

namespace kontena::server {

// use.cc
Result<Answer> list_stats(const Context&, const model::ClusterView&, const Call&);
Result<Answer> list_node_stats(const Context&, const model::ClusterView&, const Call&);
Result<http::Response> take_stats(Context&, const View&, const Call&, http::Upload*);

}  // namespace kontena::server
