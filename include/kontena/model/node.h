#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kontena/model/ids.h"
#include "kontena/model/service.h"

namespace kontena::model {

enum class Availability { active, pause, drain };

// What the cluster decided about a node. Written by users and by the join.
struct Node {
  NodeId id;
  std::string grid;
  std::string name;  // unique in its grid
  Availability availability = Availability::active;
  StringMap labels;
  std::string certificate;  // SHA-256 of the newest certificate that was made for it, hex
  std::string former;       // of the one it asked with: it holds that one still if the answer was lost
  std::string key;          // SHA-256 of the public key of the newest
  std::int64_t created_ms = 0;
  std::int64_t number = 0;  // in its grid: of its address in the mesh; 0 = none yet
};

// A node that people removed, kept for a while, so that its agent can be told for
// certain to clean up: one that is merely unknown (to a restored server) must not.
struct RemovedNode {
  NodeId id;
  std::string grid;
  std::string name;
  std::string certificate;  // as Node's
  std::int64_t removed_ms = 0;
};

// What its agent says of it. Written by that agent only, and only on change.
struct NodeFacts {
  std::string hostname;
  std::string os;            // "linux"
  std::string architecture;  // "amd64", as Docker and Go name them
  std::int64_t nano_cpus = 0;
  std::int64_t memory_bytes = 0;
  std::string engine_version;
  std::string engine_api;
  std::string kontena_version;
  std::string kernel;
  bool live_restore = false;  // containers outlive a restart of the engine
  std::string address;  // the agent's own idea of where its published ports answer
  std::string mesh_key;      // WireGuard's public key, base64: in use, or about to be; "" = it has no mesh
  Strings mesh_endpoints;    // where its WireGuard may be reached, best first
  std::string mesh_way;      // "kernel", "userspace"
  std::string mesh_problem;  // why it has no mesh, or a poor one
  std::int64_t mesh_mtu = 0;       // bytes that a packet of a container may have on its way from here; 0 = not known
  std::int64_t mesh_rotation = 0;  // of the key in use: Grid::key_rotation, when it was made
  std::string seen_address;        // that its requests come from; written by the server
  Strings runtimes;        // that its engine knows
  Strings volume_drivers;  // likewise
  StringMap paths;         // of those it was asked about: what is there ("file", "directory", "device", "socket"; "" = nothing)
  bool ipv6 = false;       // its containers can have IPv6: by its kernel, and by its agent
  friend bool operator==(const NodeFacts&, const NodeFacts&) = default;
};

// Kept in the server's memory only: who was heard when.
enum class NodeState {
  joining,  // not heard yet, since it joined or since the server started
  ready,
  silent,   // not heard of late, but in a time of grace: no new work, and what it has is left as it is
  lost,     // what can run elsewhere does
};

}  // namespace kontena::model
