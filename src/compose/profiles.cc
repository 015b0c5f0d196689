// Services that are not asked for take no part.
#include <algorithm>

#include "normalise.h"

namespace kontena::compose {

std::set<std::string> drop_inactive(const std::vector<std::string>& active, Node& services) {
  std::set<std::string> dropped;
  if (std::ranges::find(active, "*") != active.end()) return dropped;
  for (const Member& service : services.members) {
    const Node* profiles = service.value.find("profiles");
    if (!profiles || profiles->items.empty()) continue;
    const auto asked = [&](const Node& profile) {
      return profile.text.empty() || std::ranges::find(active, profile.text) != active.end();
    };
    if (!std::ranges::any_of(profiles->items, asked)) dropped.insert(service.key);
  }
  std::erase_if(services.members, [&](const Member& member) { return dropped.contains(member.key); });
  return dropped;
}

}  // namespace kontena::compose
