#pragma once

#include <set>
#include <utility>

#include "asks.h"
#include "kontena/api/probe.h"
#include "mesh_state.h"

namespace kontena::agent {

// Tells what this node's network is like right now: reads the kernel and compares, and
// tries the way from inside of containers. Changes nothing. From any thread.
class Probe {
 public:
  Probe(Context context, Synced<MeshState>& mesh, int port) : context_(std::move(context)), mesh_(mesh), port_(port) {}

  Answerers answerers();  // which this outlives

  Result<api::NodeNetworkState> network() const;
  Result<api::Resolved> resolve(const api::ResolveAsk&) const;
  Result<api::Looked> look(const api::LookAsk&) const;
  Result<api::Reached> reach(const api::ReachAsk&) const;

 private:
  // The first process of its container. Code::failed_precondition where none runs.
  Result<std::int64_t> pid_of(const std::string& instance) const;
  // In the network of that container, and of no other.
  Status inside_of(const std::string& instance, const std::function<void()>& act) const;

  void look_for_listeners(const api::LookAsk&, api::Looked&) const;

  Context context_;
  Synced<MeshState>& mesh_;
  const int port_;  // of WireGuard
};

// The members (bridge, address) that a set of our tables has, from what `nft -j` prints: a
// table a line. Pure.
std::set<std::pair<std::string, std::string>> members_of_set(std::string_view tables, std::string_view set);

}  // namespace kontena::agent
