#pragma once

#include "../routes.h"
#include "kontena/api/stats.h"

namespace kontena::server {

// use.cc
Result<Answer> list_stats(const Context&, const model::ClusterView&, const Call&);
Result<Answer> list_node_stats(const Context&, const model::ClusterView&, const Call&);
Result<http::Response> take_stats(Context&, const View&, const Call&, http::Upload*);

// What goes into other answers: the newest of a node; nothing where there is none, or it is too old.
std::optional<api::StatsPoint> use_of(const Context&, const model::ClusterView&, const model::Node&, Time now);
// Of all instances of the service that are known, together.
std::optional<api::StatsPoint> use_of(const Context&, const model::ClusterView&, const std::string& service, Time now);

}  // namespace kontena::server
