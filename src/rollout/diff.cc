#include "kontena/rollout/diff.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>

#include "kontena/codec/fields.h"

namespace kontena::rollout {
namespace {

// The fields that only we read; the engine never hears of them. Names are answered anew at once.
constexpr std::array<std::string_view, 8> in_place{"container_name", "depends_on", "links",    "own_labels",
                                                  "pinned",         "placing",    "replicas", "update"};

}  // namespace

Difference diff(const model::ServiceSpec& was, const model::ServiceSpec& is) {
  if (was == is) return Difference::nothing;
  // Both are walked in the same order, so the nth field of one is that of the other.
  std::map<std::string_view, const void*> before;
  auto note = [&](std::string_view name, const auto& field) { before[name] = &field; };
  codec::Fields<model::ServiceSpec>::visit(note, was);
  bool recreate = false;
  auto compare = [&](std::string_view name, const auto& field) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if (std::ranges::find(in_place, name) != in_place.end()) return;
    recreate |= !(*static_cast<const Field*>(before.at(name)) == field);
  };
  codec::Fields<model::ServiceSpec>::visit(compare, is);
  return recreate ? Difference::recreate : Difference::in_place;
}

std::set<std::string> restarted_along(const std::map<std::string, model::ServiceSpec>& services,
                                      const std::set<std::string>& replaced) {
  std::set<std::string> along;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [name, spec] : services) {
      if (replaced.contains(name) || along.contains(name)) continue;
      for (const auto& [on, dependency] : spec.depends_on)
        if (dependency.restart && (replaced.contains(on) || along.contains(on))) grew |= along.insert(name).second;
    }
  }
  return along;
}

}  // namespace kontena::rollout
