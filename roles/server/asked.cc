#include "asked.h"

#include <algorithm>
#include <set>

#include "kontena/base/log.h"
#include "kontena/schedule/needs.h"

namespace kontena::server {
namespace {

model::Strings things(const model::ClusterView& view, const std::string& grid) {
  std::set<std::string> names;
  view.services.each(grid + '/', [&](const auto& item) {
    const model::Service& service = item.value;
    static const model::Stack none;
    const auto* stack = view.stacks.get(model::StackPath{service.grid, service.project, service.stack}.text());
    const schedule::Needs needs = schedule::needs_of(service.spec, (stack ? *stack : none).volumes);
    names.insert(needs.there.begin(), needs.there.end());
    names.insert(needs.wished.begin(), needs.wished.end());
  });
  if (names.size() > Asked::most)
    log::warn("services of a grid name more paths than nodes are asked about", {{"grid", grid}, {"paths", names.size()}});
  model::Strings list(names.begin(), names.end());
  list.resize(std::min(list.size(), Asked::most));
  return list;
}

}  // namespace

void Asked::note(const model::ClusterView& view, const std::vector<std::string>& keys) {
  const bool concerned = std::ranges::any_of(keys, [](const std::string& key) {
    return key.empty() || key.starts_with("services/") || key.starts_with("stacks/");
  });
  if (concerned) state_.with([&](State& s) { s.changed = view.revision; });
}

std::shared_ptr<const model::Strings> Asked::of(const model::ClusterView& view, const std::string& grid) {
  auto known = state_.with([&](State& s) {
    const auto& [revision, list] = s.known[grid];
    return revision >= s.changed ? list : nullptr;
  });
  if (known) return known;
  auto list = std::make_shared<const model::Strings>(things(view, grid));
  state_.with([&](State& s) { s.known[grid] = {view.revision, list}; });
  return list;
}

}  // namespace kontena::server
