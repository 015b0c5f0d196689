// What Compose leaves out of what it prints: text, lists and mappings that are empty, and
// what is false anyway. Keys that mean something when they are false stay.
#include <algorithm>
#include <array>

#include "normalise.h"

namespace kontena::compose {
namespace {

// Mappings whose keys are the user's: they go where they are empty, others stay.
constexpr std::array free_maps{"additional_contexts",
                               "annotations",
                               "args",
                               "aux_addresses",
                               "depends_on",
                               "driver_opts",
                               "environment",
                               "labels",
                               "models",
                               "networks",
                               "options",
                               "storage_opt",
                               "sysctls",
                               "ulimits"};
// False is a word of its own.
constexpr std::array telling{"attach", "create_host_path", "enable_ipv4", "enable_ipv6", "init", "required"};

bool among(const auto& words, std::string_view key) { return std::ranges::find(words, key) != words.end(); }

// Nothing is a number of its own.
constexpr std::array counted{"hard", "max_attempts", "parallelism", "replicas", "retries", "scale", "soft", "value"};
// Bytes, which are printed as text.
constexpr std::array measured{"mem_limit", "mem_reservation", "mem_swappiness", "memory", "memswap_limit", "shm_size",
                              "size"};

bool says_something(const Member& member) {
  if (member.value.doubt || member.key == "Path" || member.key == "Rate" || member.key == "Weight") return true;
  switch (member.value.kind) {
    case Kind::null:
      return member.key != "deploy" && member.key != "develop" && member.key != "pid";
    case Kind::integer:
    case Kind::real:
      return member.value.text != "0" || among(counted, member.key);
    case Kind::text:
      return !member.value.text.empty() && !(member.value.text == "0" && among(measured, member.key));
    case Kind::boolean:
      return member.value.text != "false" || among(telling, member.key);
    case Kind::list:
      return !member.value.items.empty() || member.key == "command" || member.key == "entrypoint";
    case Kind::map:
      return !member.value.members.empty() || !among(free_maps, member.key);
    default:
      return true;
  }
}

void omit(Node& map) {
  for (Member& member : map.members) {
    const bool free = among(free_maps, member.key) && member.key != "depends_on" && member.key != "networks";
    if (free || member.key.starts_with("x-")) continue;
    if (member.value.kind == Kind::map) omit(member.value);
    for (Node& item : member.value.items)
      if (item.kind == Kind::map) omit(item);
  }
  std::erase_if(map.members,
                [](const Member& member) { return !member.key.starts_with("x-") && !says_something(member); });
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
