#include "mesh_mtu.h"

#include <algorithm>

#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

constexpr int overhead = 80;
constexpr std::size_t most_named = 3;

}  // namespace

int room_in(int path_mtu) { return std::clamp(path_mtu - overhead, least_mtu, usual_mtu); }

int Ways::room(netlink::Links& links, const std::string& endpoint) {
  std::string address = endpoint.substr(0, endpoint.rfind(':'));
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  const auto known = rooms_.find(address);
  if (known != rooms_.end()) return known->second;
  // Where there is no way now there may be one later, and a look forgets often.
  const auto path = links.path_mtu(address);
  return rooms_[address] = path ? room_in(*path) : usual_mtu;
}

Mtus choose_mtus(const overlay::Wanted& wanted, const std::map<std::string, int>& rooms, int without_peers) {
  Mtus mtus{.device = without_peers};
  if (!rooms.empty()) {
    mtus.device = least_mtu;
    for (const auto& [node, room] : rooms) mtus.device = std::max(mtus.device, room);
  }
  model::Strings narrow;
  int shortest = mtus.device, theirs = 0;
  for (const auto& [node, peer] : wanted.peers) {
    const auto way = rooms.find(node);
    const int ours = way == rooms.end() ? mtus.device : way->second;
    const int its = peer.mtu > 0 ? static_cast<int>(std::clamp<std::int64_t>(peer.mtu, least_mtu, usual_mtu)) : ours;
    const int both = std::min({mtus.device, ours, its});
    if (both < mtus.device) mtus.peers[node] = both;
    if (ours >= its) continue;
    narrow.push_back(peer.name);
    shortest = std::min(shortest, ours);
    theirs = std::max(theirs, its);
  }
  if (narrow.empty()) return mtus;
  const std::size_t named = std::min(narrow.size(), most_named);
  std::string names = text::join(std::span(narrow).first(named), ", ");
  if (named < narrow.size()) names += " and " + std::to_string(narrow.size() - named) + " more";
  mtus.mismatch = "the way to node " + names + " has room for packets of " + std::to_string(shortest) + " bytes, where the other side has " +
                  std::to_string(theirs) + ": both send the shorter ones; if that is not meant, see the MTU of this host's uplink";
  return mtus;
}

}  // namespace kontena::agent
