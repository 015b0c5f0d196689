#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kontena/base/ipv4.h"
#include "kontena/model/network.h"

// What a node's kernel is to have, so that its containers reach those of other
// nodes, and no others. Pure.
namespace kontena::overlay {

// The wanted network of a node, as the server told it.
struct Snapshot {
  std::int64_t format = 1;
  std::int64_t revision = 0;
  std::string grid;
  std::string pool;
  std::string address;  // the node's own in the mesh; "" = none yet
  std::string digest;   // to ask the server with
  std::vector<model::NodeNetwork> networks;         // that it has instances on
  std::map<std::string, model::Member> members;     // of those, by member_id()
  std::map<std::string, model::Peer> peers;         // by node
  model::Strings lost;                              // nodes, sorted
};
std::string member_id(const model::Member&);  // INSTANCE@NETWORK

struct Bridge {
  std::string name;
  Subnet subnet;
  Ipv4 gateway;
  bool internal = false;
  friend bool operator==(const Bridge&, const Bridge&) = default;
};

struct WantedPeer {
  std::string public_key;
  model::Strings endpoints;
  std::vector<Subnet> allowed;  // sorted
  friend bool operator==(const WantedPeer&, const WantedPeer&) = default;
};

struct Wanted {
  std::optional<Ipv4> address;  // of the mesh device; none: there is to be no mesh yet
  Subnet pool;
  std::vector<Bridge> bridges;
  std::map<std::string, WantedPeer> peers;  // by node
  std::set<Ipv4> routes;                    // each by the mesh device
  std::string rules;                        // for `nft -f -`, the whole table
};

Wanted wanted(const Snapshot&, const NodeId& self);

// Who has an address: of two who may (one takes the other's place) the one that is up.
std::map<std::pair<std::string, Ipv4>, const model::Member*> holders(const Snapshot&);  // by network and address

// The mark of packets that our table lets pass from one bridge to the mesh or back:
// what other tables let pass by it is ours to answer for.
inline constexpr std::uint32_t mark = 0x4b000000;
inline constexpr std::uint32_t mark_mask = 0xff000000;
inline constexpr std::string_view table = "kontena";

// The node's rules. What they hold: between bridge and mesh goes only what has the
// address of one member as its source and of another of the same network as its
// destination, the local one on the bridge of that network; no bridge of ours reaches
// another; what leaves the host bears its address, but for internal networks, which
// Docker keeps in. Packets of the mesh for the host itself: echo alone.
std::string rules(const std::vector<Bridge>&, const std::set<std::pair<std::string, Ipv4>>& local,
                  const std::set<std::pair<std::string, Ipv4>>& remote);

// The addresses for one of a peer: after `tries` without a handshake, the next one.
std::string endpoint(const model::Strings& endpoints, std::int64_t tries);

}  // namespace kontena::overlay
