#pragma once

#include <cstdint>
#include <string>

#include "kontena/model/ids.h"
#include "kontena/model/service.h"

namespace kontena::model {

// A network of a project: one subnet, which is the same on every node. Written by
// the deploy that first names it, or by `network create`. Addresses are text, as
// base/ipv4.h reads them.
struct Network {
  std::string grid;
  std::string project;
  std::string name;      // unique in its project
  std::string stack;     // that declared it, and takes it along; "" = made by `network create`
  std::string subnet;    // "10.80.16.0/22"
  std::string gateway;   // the nodes' own address in it
  std::string ip_range;  // where instances get their addresses from; "" = the whole subnet
  Strings reserved;      // addresses that no instance gets, of both families
  bool declared = false; // people chose the subnet
  bool internal = false; // no way out of it
  StringMap labels;
  std::int64_t created_ms = 0;
  std::string subnet6;    // "fd3c:91a2:be07:1c::/64"; "" = IPv4 only
  std::string gateway6;
  std::string ip_range6;  // as ip_range
  bool declared6 = false;
};

// What a node is told about a network that it is to have.
struct AssignedNetwork {
  std::string name;    // as the engine has it
  std::string path;    // PROJECT/NAME
  std::string bridge;  // the interface
  std::string subnet;
  std::string gateway;
  std::string address; // the instance's
  bool internal = false;
  StringMap labels;
  std::string subnet6;   // "" = IPv4 only
  std::string gateway6;
  std::string address6;  // the instance's
  friend bool operator==(const AssignedNetwork&, const AssignedNetwork&) = default;
};

// A network that the node has instances on.
struct NodeNetwork {
  std::string path;  // PROJECT/NAME
  std::string bridge;
  std::string subnet;
  std::string gateway;
  bool internal = false;
  std::string subnet6;  // "" = IPv4 only
  friend bool operator==(const NodeNetwork&, const NodeNetwork&) = default;
};

// An instance on a network, as other nodes have to know it.
struct Member {
  std::string network;  // PROJECT/NAME
  std::string address;
  NodeId node;
  InstanceId instance;
  Strings names;    // lower case: "web", "web.shop", "web-1.shop"; relative, or in full
  std::string full; // the one for its address: "web-1.shop.default.GRID.kontena.local"
  bool up = false;  // it runs, and is not unhealthy
  StringMap links;  // names that it alone is answered → the full ones they stand for; told to its own node
  std::string address6;  // "" = none
  friend bool operator==(const Member&, const Member&) = default;
};

// Another node of the mesh.
struct Peer {
  NodeId node;
  std::string name;
  std::string address;     // its own in the grid's pool
  std::string public_key;  // WireGuard's, base64
  Strings endpoints;       // "192.0.2.7:51820", best first; none: it is hidden, and calls itself
  std::int64_t mtu = 0;    // as NodeFacts::mesh_mtu
  friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace kontena::model
