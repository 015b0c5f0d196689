#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "kontena/base/ipv4.h"
#include "kontena/base/ipv6.h"
#include "kontena/base/result.h"

// Who gets which address. Pure: what is given already comes as an argument.
//
// A grid has a pool. Its first `node_block` addresses are the nodes', by their
// number; the rest is cut into blocks for networks that declare no subnet of their
// own. The subnet of a network is the same on every node, and an address in it
// belongs to one instance, wherever that runs.
namespace kontena::overlay {

inline constexpr std::string_view default_pool = "10.80.0.0/12";
inline constexpr int network_bits = 22;           // of a block: 1,021 instances
inline constexpr std::int64_t node_block = 4096;  // addresses for nodes
inline constexpr std::int64_t most_nodes = node_block - 1;
inline constexpr std::string_view device = "kontena0";  // a node's end of the mesh
inline constexpr std::string_view bridge_prefix = "kn";

// A pool has room for the nodes and at least one network: /19 or larger, and private
// (RFC 1918) or shared (RFC 6598) space, so that nothing public becomes unreachable.
Result<Subnet> read_pool(std::string_view text);

Ipv4 node_address(const Subnet& pool, std::int64_t number);  // REQUIRES: 1 <= number <= most_nodes

// The smallest number that none has; 0 where all are taken.
std::int64_t free_number(const std::set<std::int64_t>& taken);

// Subnets that are taken, and by whom, for people; "" = by whom is not for them.
using Taken = std::map<Subnet, std::string>;

// A block that overlaps none; Code::exhausted where there is none. Where the search
// begins is decided by the seed (the network's path), so that one that was given back, or
// that a restored server has forgotten, is not likely the next to be given.
Result<Subnet> free_block(const Subnet& pool, const Taken&, std::string_view seed);

// Whether a network may have this subnet, that its Compose file declares: large
// enough (/29), of private space, and free in the whole grid.
Status may_have(const Subnet&, const Subnet& pool, const Taken&);

// Where a network's instances get their addresses from.
struct Range {
  Subnet subnet;
  Subnet from;              // Compose's ip_range; the subnet itself where there is none
  Ipv4 gateway;             // the nodes' own address in it
  std::set<Ipv4> reserved;  // Compose's aux_addresses
};
Ipv4 default_gateway(const Subnet&);  // its first address

// Not the network's own, the broadcast, the gateway or a reserved one.
bool may_be_member(const Range&, Ipv4);

// A free address of the range, or none. Where the search begins is decided by the
// seed (the instance's id), so that one that was just given back is not likely the
// next to be given: who still has it in mind is to reach nobody, not a stranger.
std::optional<Ipv4> free_address(const Range&, std::string_view seed, const std::function<bool(Ipv4)>& is_taken);

// IPv6, which a network has besides where it is asked for. The address of an instance is
// that of its IPv4 address in the last 32 bits of a range that has room for all of them:
// nothing of it is kept, and no two are the same. Only who asks for one has another.
struct Range6 {
  Subnet6 subnet;
  Subnet6 from;  // Compose's ip_range; the subnet itself where there is none
  Ipv6 gateway;  // the nodes' own address in it
  Ipv6 beside(Ipv4 address) const { return {from.base.high, from.base.low | address.value}; }
  std::optional<Ipv4> behind(Ipv6) const;  // whose the address is by that; none: nobody's
};

// What a grid gives out, of the space for private networks (RFC 4193): its 40 bits of chance
// are a digest of what no two grids have in common.
Subnet6 grid_pool6(std::string_view grid, std::int64_t created_ms);

using Taken6 = std::map<Subnet6, std::string>;
// A /64 of the pool that overlaps none, by the same rule as free_block().
Result<Subnet6> free_block6(const Subnet6& pool, const Taken6&, std::string_view seed);
// As may_have(): room for the IPv4 addresses (/96), and no more of the internet than people
// are given (/48), which nodes would not reach any more.
Status may_have6(const Subnet6&, const Taken6&);
Result<Subnet6> read_subnet6(std::string_view text);  // the part of that which needs nobody else

// The bridge of a network on each of its nodes: "kn" and ten hex digits of a digest.
std::string bridge_name(std::string_view grid, std::string_view project, std::string_view network);

}  // namespace kontena::overlay
