#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kontena/model/stack.h"

// Services that share namespaces or volumes with others, and so are where those are.
namespace kontena::model {

// "service:NAME" → "NAME"; "" of any other mode.
std::string service_in(std::string_view mode);

// One entry of volumes_from: "NAME" or "NAME:ro".
struct VolumesFrom {
  std::string service;
  bool read_only = false;
};
VolumesFrom volumes_from(std::string_view entry);

// The services that it is beside, in order of name: its container cannot be made without theirs.
Strings beside(const ServiceSpec&);
// Whether it shares a namespace with that one: such dies with its owner's container.
bool shares_namespace(const ServiceSpec&, const std::string& with);

// The slot of `other` whose instance one in `slot` is beside: the only one's, or the same.
std::int64_t slot_beside(const ServiceSpec& other, std::int64_t slot);

struct WrongTogether {
  std::string service;
  std::string field;  // of Compose: "network_mode", "ipc", "pid" or "volumes_from"; or one that does not go with these
  std::string with;   // "" where the field itself is wrong
  std::string what;
};
std::vector<WrongTogether> wrong_together(const StackSpec&);  // part of validate

}  // namespace kontena::model
