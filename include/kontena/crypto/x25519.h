#pragma once

#include <string>
#include <string_view>

namespace kontena::crypto {

// X25519 of RFC 7748, which WireGuard's keys are of. Keys are 32 bytes.

// The bits that every private key has, set: of any 32 random bytes.
std::string x25519_private(std::string random);
std::string x25519_public(std::string_view private_key);

}  // namespace kontena::crypto
