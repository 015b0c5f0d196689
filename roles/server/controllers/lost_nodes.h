#pragma once

#include <optional>
#include <set>
#include <string>

#include "kontena/model/view.h"
#include "kontena/store/store.h"

namespace kontena::server {

// Tells once that a node is lost, and once that it is back: what was told is a record
// beside the event, so that a server that starts anew does not tell it again. Used by
// one thread.
class LostNodes {
 public:
  explicit LostNodes(store::Store& store) : store_(store) {}

  Status tell(const model::ClusterView&, const model::Liveness&, Time now);

 private:
  store::Store& store_;
  std::optional<std::set<std::string>> told_;  // GRID/ID; read at the first look
};

}  // namespace kontena::server
