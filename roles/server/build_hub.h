#pragma once

#include <map>
#include <optional>
#include <string>

#include "kontena/base/result.h"
#include "kontena/base/synced.h"

namespace kontena::server {

// The builds that nodes are at for somebody. In memory only: who waits for one waits with a request. Safe from any
// thread.
class BuildHub {
 public:
  struct Build {
    std::string by_node;  // GRID/NODE
    std::string scope;    // GRID/PROJECT, of its blobs
    std::string context;  // digest; "" = none
  };
  static constexpr int most_of_node = 2;
  static constexpr std::size_t most = 32;

  // Code::exhausted where there are enough.
  Status begin(const std::string& id, Build build);
  void end(const std::string& id);
  // One that this node is at; none for all others.
  std::optional<Build> of(const std::string& id, const std::string& by_node) const;

 private:
  mutable Synced<std::map<std::string, Build>> builds_;
};

}  // namespace kontena::server
