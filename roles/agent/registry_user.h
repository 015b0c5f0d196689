#pragma once

#include <optional>
#include <string>

#include "kontena/engine/engine.h"
#include "uplink.h"

namespace kontena::agent {

// As whom the registry of this image is to be asked for an instance of this node: none = as nobody. Held for
// one pull, and on no disk.
Result<std::optional<engine::RegistryUser>> registry_user(Uplink&, const std::string& instance, const std::string& image);

}  // namespace kontena::agent
