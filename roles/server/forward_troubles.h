#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/api/forwards.h"
#include "kontena/base/synced.h"

namespace kontena::server {

// What nodes have trouble with as they send logs on, as they told it last. In memory only. Safe from any thread.
class ForwardTroubles {
 public:
  static constexpr std::size_t most_nodes = 20'000;

  // `node`: GRID/ID, of a node that has shown who it is; the route bounds what it tells.
  void put(const std::string& node, std::vector<api::AgentForwardTrouble> troubles) {
    nodes_.with([&](auto& nodes) {
      if (troubles.empty()) nodes.erase(node);
      else if (nodes.size() < most_nodes || nodes.contains(node)) nodes[node] = std::move(troubles);
    });
  }
  std::vector<api::AgentForwardTrouble> of(const std::string& node) const {
    return nodes_.with([&](const auto& nodes) {
      const auto found = nodes.find(node);
      return found == nodes.end() ? std::vector<api::AgentForwardTrouble>() : found->second;
    });
  }

 private:
  mutable Synced<std::map<std::string, std::vector<api::AgentForwardTrouble>>> nodes_;
};

}  // namespace kontena::server
