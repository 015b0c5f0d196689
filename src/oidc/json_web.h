#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kontena::oidc {

// Base64url without padding, as JSON Web tokens and keys have it; nothing else is.
std::optional<std::string> decoded(std::string_view);

}  // namespace kontena::oidc
