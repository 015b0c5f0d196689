#include "node_index.h"

#include <algorithm>
#include <utility>

namespace kontena::server {

void NodeIndex::follow(View view, const std::vector<std::string>& keys) {
  if (std::ranges::find(keys, "") != keys.end()) grids_.clear();
  std::erase_if(grids_, [&](const auto& entry) { return !view->grids.get(entry.first); });
  for (auto& [grid, nodes] : grids_) nodes.follow(*view, keys);
  view_ = std::move(view);  // the one before is let go only now
}

void NodeIndex::hear(const model::Liveness& all) {
  auto was = heard_.begin();
  const auto forget_before = [&](const NodeId* node) {
    for (; was != heard_.end() && (!node || was->first < *node); ++was)
      for (auto& [grid, nodes] : grids_) nodes.forget(was->first);
  };
  for (const auto& [node, state] : all) {
    forget_before(&node);
    const bool is_known = was != heard_.end() && was->first == node;
    const bool is_same = is_known && was->second == state;
    if (is_known) ++was;
    if (is_same) continue;
    for (auto& [grid, nodes] : grids_) nodes.hear(node, state);
  }
  forget_before(nullptr);
  heard_ = all;
}

schedule::Nodes& NodeIndex::of(const std::string& grid) {
  const auto [at, is_new] = grids_.try_emplace(grid, *view_, heard_, grid);
  if (is_new && peaks_) at->second.expect(peaks_);
  return at->second;
}

void NodeIndex::expect(std::shared_ptr<const schedule::Peaks> peaks) {
  if (peaks_ == peaks || (peaks_ && peaks && *peaks_ == *peaks)) return;
  peaks_ = std::move(peaks);
  for (auto& [grid, nodes] : grids_) nodes.expect(peaks_);
}

void NodeIndex::keep() {
  for (auto& [grid, nodes] : grids_) nodes.keep();
}

void NodeIndex::undo() {
  for (auto& [grid, nodes] : grids_) nodes.undo();
}

}  // namespace kontena::server
