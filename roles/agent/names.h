#pragma once

#include <map>
#include <memory>
#include <string>

#include "kontena/dns/resolv.h"
#include "kontena/dns/server.h"
#include "mesh_state.h"
#include "state.h"

namespace kontena::agent {

// InstanceId → the servers that it has for names that are not the cluster's, in place of the host's.
using Upstreams = std::map<std::string, model::Strings>;

// What containers of this node are told about names. Pure.
std::shared_ptr<const dns::Zone> zone_of(const overlay::Snapshot&, const NodeId& self, const Upstreams& = {});

// /etc/resolv.conf of an instance: the node's addresses in its networks, and what its
// service, else the host's file, says of search domains. Pure.
std::string resolver_text(const model::Assignment&, const dns::Resolv& host);

// Answers on the gateways of the networks that the node has, from the wanted network:
// with the server away, from what was told last.
class Names {
 public:
  Names(Context, Synced<MeshState>&);

  void step();  // waits for a change of the network or of the host's resolvers
  dns::Counters counters() const { return server_.counters(); }

 private:
  Context context_;
  Synced<MeshState>& mesh_;
  dns::Server server_;
  dns::ResolvFile host_;
  std::int64_t version_ = -1;
  Upstreams upstreams_;
  bool started_ = false;
  std::string problem_;
};

}  // namespace kontena::agent
