#pragma once

#include <string>
#include <string_view>

namespace kontena::crypto {

std::string sha256(std::string_view);  // 32 bytes
std::string sha256_hex(std::string_view);

// Takes the same time wherever they differ. Texts of unequal length are unequal.
bool equal_secret(std::string_view, std::string_view);

}  // namespace kontena::crypto
