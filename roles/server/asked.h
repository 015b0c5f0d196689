#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kontena/base/synced.h"
#include "kontena/model/view.h"

namespace kontena::server {

// What the nodes of a grid are asked about, since its services need it there: paths, volumes and images by
// name. Kept until a service or a stack is written. Safe from any thread.
class Asked {
 public:
  // On the feed's thread, before anyone sees the view.
  void note(const model::ClusterView&, const std::vector<std::string>& keys);
  // Sorted, each once; at most `most` of them.
  std::shared_ptr<const model::Strings> of(const model::ClusterView&, const std::string& grid);

  static constexpr std::size_t most = 1'000;

 private:
  struct State {
    std::int64_t changed = 0;  // at this revision of the store
    std::map<std::string, std::pair<std::int64_t, std::shared_ptr<const model::Strings>>> known;  // by grid
  };
  Synced<State> state_;
};

}  // namespace kontena::server
