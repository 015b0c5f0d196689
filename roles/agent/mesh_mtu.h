#pragma once

#include <map>
#include <string>

#include "kontena/netlink/links.h"
#include "kontena/overlay/wanted.h"

// How long packets between nodes may be.
namespace kontena::agent {

inline constexpr int usual_mtu = 1420;  // never more: what is behind the first router nobody tells
inline constexpr int least_mtu = 1280;  // a way that takes less has WireGuard's packets in pieces

// In a way that takes packets of so many bytes: WireGuard takes 80 of them over IPv6, and
// over IPv4 20 fewer, which are left so that a peer can be called by either.
int room_in(int path_mtu);

// Of the ways to peers, by where they are called; asked of the kernel once each.
class Ways {
 public:
  int room(netlink::Links&, const std::string& endpoint);
  void forget() { rooms_.clear(); }

 private:
  std::map<std::string, int> rooms_;  // by address
};

struct Mtus {
  int device = usual_mtu;            // the most that any way has room for
  std::map<std::string, int> peers;  // by node, where it is less: of the routes to its members
  std::string mismatch;              // for people: whose packets have to be shorter for our way's sake
};
// Pure. `rooms`: by node, of our ways to those that have one.
Mtus choose_mtus(const overlay::Wanted&, const std::map<std::string, int>& rooms, int without_peers = usual_mtu);

}  // namespace kontena::agent
