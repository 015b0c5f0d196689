// What Compose leaves out of what it prints: text, lists and mappings that are empty, and
// what is false anyway. Keys that mean something when they are false stay.
#include <algorithm>
#include <array>

#include "normalise.h"

namespace kontena::compose {
namespace {

// Mappings whose keys are the user's.
constexpr std::array free_maps{"additional_contexts", "annotations",   "args",       "aux_addresses",
                               "driver_opts",         "environment",   "labels",     "options",
                               "storage_opt",         "sysctls",       "networks",   "ulimits"};
// False, or empty, is a word of its own.
constexpr std::array telling{"attach",  "context", "create_host_path", "device", "enable_ipv4", "enable_ipv6",
                             "exec",    "init",    "ipam",             "bind",   "command",     "entrypoint",
                             "placement", "required", "resources",     "tmpfs",  "volume",      "image"};

bool among(const auto& words, std::string_view key) { return std::ranges::find(words, key) != words.end(); }

bool empty(const Node& value) {
  switch (value.kind) {
    case Kind::text:
      return value.text.empty();
    case Kind::boolean:
      return value.text == "false";
    case Kind::list:
      return value.items.empty();
    case Kind::map:
      return value.members.empty();
    default:
      return false;
  }
}

void omit(Node& map) {
  for (Member& member : map.members) {
    if (among(free_maps, member.key) || member.key.starts_with("x-")) continue;
    if (member.value.kind == Kind::map) omit(member.value);
    for (Node& item : member.value.items)
      if (item.kind == Kind::map) omit(item);
  }
  std::erase_if(map.members, [](const Member& member) {
    return empty(member.value) && !(among(telling, member.key) && member.value.kind != Kind::text) &&
           !member.key.starts_with("x-");
  });
}

}  // namespace

void omit_empty(Node& root) {
  for (Member& part : root.members) {
    if (part.key == "name" || part.key.starts_with("x-")) continue;
    for (Member& named : part.value.members)
      if (named.value.kind == Kind::map) omit(named.value);
  }
}

}  // namespace kontena::compose
