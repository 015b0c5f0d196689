#pragma once

#include <string>
#include <string_view>

#include "openssl_types.h"

namespace kontena::pki {

Result<std::string> sign_with(EVP_PKEY*, std::string_view text);

}  // namespace kontena::pki
