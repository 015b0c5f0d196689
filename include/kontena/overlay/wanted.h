#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kontena/base/ipv4.h"
#include "kontena/base/ipv6.h"
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
  std::int64_t key_rotation = 0;  // of the grid: keys of an earlier one are to be made anew
  std::string digest;   // to ask the server with
  std::vector<model::NodeNetwork> networks;         // that it has instances on
  std::map<std::string, model::Member> members;     // of those, by member_id()
  std::map<std::string, model::Peer> peers;         // by node
  model::StringMap former_keys;                     // by node: the one before its present one, as far as it was told
  model::Strings lost;                              // nodes, sorted
  std::string pool6;                                // "" where no network has IPv6
};
std::string member_id(std::string_view instance, std::string_view network);  // INSTANCE@NETWORK
std::string member_id(const model::Member&);

struct Bridge {
  std::string name;
  Subnet subnet;
  Ipv4 gateway;
  bool internal = false;
  std::optional<Subnet6> subnet6 = {};  // none: IPv4 only
  friend bool operator==(const Bridge&, const Bridge&) = default;
};

struct WantedPeer {
  std::string name;
  std::string public_key;
  std::string former_key;       // which it has until the present one shakes hands; "" = none
  model::Strings endpoints;
  std::vector<Subnet> allowed;  // sorted; each has a route by the mesh device
  Ipv4 address;                 // its own in the mesh, one of these
  std::int64_t mtu = 0;         // of its own mesh device; 0 = not known
  bool lost = false;
  std::vector<Subnet6> allowed6 = {};  // as `allowed`, of members that have IPv6
  friend bool operator==(const WantedPeer&, const WantedPeer&) = default;
};

using Addresses = std::set<std::pair<std::string, Ipv4>>;  // on bridges
using Addresses6 = std::set<std::pair<std::string, Ipv6>>;

// The node's rules. What they hold: from a bridge of ours comes only what has the
// address of an instance of that network on this node as its source, wherever it goes,
// and nothing for an address of the pool or of another network, be it one of the host's
// own; nor are such addresses answered for. Between bridge and mesh goes only what has
// the address of one member as its source and of another of the same network as its
// destination; no bridge of ours reaches another; what leaves the host bears its address,
// but for internal networks, which Docker keeps in. Packets of the mesh for the host
// itself: echo alone. Where no network has IPv6 the rules are without a word of it but that
// nothing of it comes from a bridge. Where one has, the same holds for it, and what Docker
// does for IPv4 alone: nobody comes in from elsewhere but to published ports and with
// answers, and an internal network has no way out.
struct Who {
  Addresses own;     // of all instances of this node
  Addresses local;   // of those of them that hold their address
  Addresses remote;  // of those on other nodes that do
  Addresses6 own6, local6, remote6;
  friend bool operator==(const Who&, const Who&) = default;
};
struct Rules {
  std::string tables;  // for nft, without the elements of the sets for:
  Who who;
  std::set<std::string> apart = {};  // bridges of others, which no container of ours is to reach by the way out
  bool ipv6 = false;   // some network has it
  friend bool operator==(const Rules&, const Rules&) = default;
};
Rules rules(const Subnet& pool, const std::vector<Bridge>&, const Who&, const std::optional<Subnet6>& pool6 = {});

// As `nft -f -` takes it, all at once:
std::string whole(const Rules&);                          // in place of whatever is there
std::string change(const Rules& had, const Rules& wanted);  // only the elements, where that is all that differs
std::string no_rules();                                   // takes the tables away

struct Wanted {
  std::optional<Ipv4> address;  // of the mesh device; none: there is to be no mesh yet
  Subnet pool;
  std::vector<Bridge> bridges;
  std::map<std::string, WantedPeer> peers;  // by node
  std::set<Ipv4> routes;                    // each by the mesh device: all that peers are allowed
  Rules rules;
};

Wanted wanted(const Snapshot&, const NodeId& self);

// Who has an address: of two who may (one takes the other's place) the one that is up.
std::map<std::pair<std::string, Ipv4>, const model::Member*> holders(const Snapshot&);  // by network and address

// The same of their IPv6 addresses, of those who have one.
std::map<std::pair<std::string, Ipv6>, const model::Member*> holders6(const Snapshot&);

// The mark of packets that our table lets pass: from one bridge to the mesh or back, and
// to the names on the host. What other tables let pass by it is ours to answer for.
inline constexpr std::uint32_t mark = 0x4b000000;
inline constexpr std::uint32_t mark_mask = 0xff000000;
inline constexpr std::string_view table = "kontena";
std::string mark_match();      // as iptables takes it: "0x4b000000/0xff000000"

// The mark of what Docker's own rules let pass for bridges, too: the way out of those that are
// not internal and the answers, what was sent to a published port, and neighbours on one bridge.
inline constexpr std::uint32_t way_mark = 0x4a000000;
std::string any_mark_match();  // either: "0x4a000000/0xfe000000"
std::string nft_way_mark_match();
std::string nft_mark_match();  // "meta mark & 0xff000000 == 0x4b000000"

// The addresses for one of a peer: after `tries` without a handshake, the next one.
std::string endpoint(const model::Strings& endpoints, std::int64_t tries);

}  // namespace kontena::overlay
