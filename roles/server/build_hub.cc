#include "build_hub.h"

#include <algorithm>

namespace kontena::server {

Status BuildHub::begin(const std::string& id, Build build) {
  return builds_.with([&](auto& builds) -> Status {
    const auto here =
        std::ranges::count_if(builds, [&](const auto& one) { return one.second.by_node == build.by_node; });
    if (here >= most_of_node)
      return Error{Code::exhausted, "the node builds " + std::to_string(here) + " images already",
                   "try again when they are done, or build on another node"};
    if (builds.size() >= most)
      return Error{Code::exhausted, "nodes build " + std::to_string(builds.size()) + " images already",
                   "try again when some are done"};
    builds[id] = std::move(build);
    return Done{};
  });
}

void BuildHub::end(const std::string& id) {
  builds_.with([&](auto& builds) { builds.erase(id); });
}

std::optional<BuildHub::Build> BuildHub::of(const std::string& id, const std::string& by_node) const {
  return builds_.with([&](const auto& builds) -> std::optional<Build> {
    const auto found = builds.find(id);
    if (found == builds.end() || found->second.by_node != by_node) return std::nullopt;
    return found->second;
  });
}

}  // namespace kontena::server
