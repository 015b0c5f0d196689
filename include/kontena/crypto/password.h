#pragma once

#include <string>
#include <string_view>

#include "kontena/base/redacted.h"

// What is kept of a password: scrypt of RFC 7914, which takes 32 MB and a tenth of a second
// for each guess.
namespace kontena::crypto {

inline constexpr std::size_t password_salt_bytes = 16;

// "scrypt$15$8$1$SALT$HASH", N being 2^15; salt and hash are base64. REQUIRES: the salt's length.
std::string hash_password(const Redacted& password, std::string_view salt);

// 32 bytes for a key, of a passphrase: scrypt with N = 2^16, r = 8, p = 1, for ever, since what is sealed by it
// stays. REQUIRES: the salt's length.
std::string derive_key(const Redacted& passphrase, std::string_view salt);

// Whether the text is of that password. A text that cannot be read, or would take more than 8
// times the usual work, is of none. Takes the same time whatever differs.
bool verify_password(const Redacted& password, std::string_view text);

// Made with other settings than are usual now: to be made anew at the next login.
bool needs_rehash(std::string_view text);

}  // namespace kontena::crypto
