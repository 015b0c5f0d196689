#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/codec/fields.h"
#include "kontena/model/network.h"

// What agents are told of the overlay network, and people of networks.
namespace kontena::api {

inline constexpr std::size_t most_endpoints = 16;  // that a node names

// GET agent_network ?after=REV&has=DIGEST (waits). Everything there is where
// `complete`, otherwise what changed since: members of the same networks, and peers.
struct NetworkAnswer {
  std::int64_t revision = 0;
  bool complete = false;
  std::string grid;
  std::string pool;
  std::string address;  // the node's own in the mesh; "" = it has none yet
  std::int64_t key_rotation = 0;  // Grid::key_rotation
  std::string digest;   // of `networks` and `lost`, to be asked with
  std::vector<model::NodeNetwork> networks;  // always all
  std::vector<std::string> lost;    // likewise: ids of nodes
  std::vector<model::Member> members;
  std::vector<model::Peer> peers;
  std::vector<std::string> gone;    // instances that are no members any more
  std::string pool6;                // where one of `networks` has IPv6: all that the grid gives out are of it
};

// The answer to POST grid_keys. A node has done its part when its facts have the rotation.
struct KeyRotation {
  std::int64_t rotation = 0;
  std::vector<std::string> nodes;  // names of those that make new keys now
  std::vector<std::string> away;   // … when they are back
};

struct NetworkSummary {
  std::string project;
  std::string name;
  std::string stack;
  std::string subnet;
  std::string gateway;
  bool internal = false;
  bool declared = false;
  std::int64_t instances = 0;
  std::int64_t nodes = 0;
  std::int64_t free_addresses = 0;
  std::int64_t created_ms = 0;
  std::string subnet6;  // "" = IPv4 only
  std::string gateway6;
};
struct NetworkList { std::vector<NetworkSummary> networks; };

struct NetworkDetail {
  NetworkSummary summary;
  std::vector<model::Member> members;
};

struct NetworkRequest {  // POST networks
  std::string name;
  std::string subnet;  // "" = the grid gives one
  std::string gateway;
  std::string ip_range;
  bool internal = false;
  model::StringMap labels;
  bool ipv6 = false;
  std::string subnet6;  // "" = the grid gives one, where there is to be any
  std::string gateway6;
};

}  // namespace kontena::api

namespace kontena::codec {

template <>
struct Fields<api::NetworkAnswer> {
  static void visit(auto& v, auto& s) {
    v("revision", s.revision);
    v("complete", s.complete);
    v("grid", s.grid);
    v("pool", s.pool);
    v("address", s.address);
    v("key_rotation", s.key_rotation);
    v("digest", s.digest);
    v("networks", s.networks);
    v("lost", s.lost);
    v("members", s.members);
    v("peers", s.peers);
    v("gone", s.gone);
    v("pool6", s.pool6);
  }
};

template <>
struct Fields<api::KeyRotation> {
  static void visit(auto& v, auto& s) {
    v("rotation", s.rotation);
    v("nodes", s.nodes);
    v("away", s.away);
  }
};

template <>
struct Fields<api::NetworkSummary> {
  static void visit(auto& v, auto& s) {
    v("project", s.project);
    v("name", s.name);
    v("stack", s.stack);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("internal", s.internal);
    v("declared", s.declared);
    v("instances", s.instances);
    v("nodes", s.nodes);
    v("free_addresses", s.free_addresses);
    v("created_ms", s.created_ms);
    v("subnet6", s.subnet6);
    v("gateway6", s.gateway6);
  }
};

template <>
struct Fields<api::NetworkList> {
  static void visit(auto& v, auto& s) {
    v("networks", s.networks);
  }
};

template <>
struct Fields<api::NetworkDetail> {
  static void visit(auto& v, auto& s) {
    v("summary", s.summary);
    v("members", s.members);
  }
};

template <>
struct Fields<api::NetworkRequest> {
  static void visit(auto& v, auto& s) {
    v("name", s.name);
    v("subnet", s.subnet);
    v("gateway", s.gateway);
    v("ip_range", s.ip_range);
    v("internal", s.internal);
    v("labels", s.labels);
    v("ipv6", s.ipv6);
    v("subnet6", s.subnet6);
    v("gateway6", s.gateway6);
  }
};

}  // namespace kontena::codec
