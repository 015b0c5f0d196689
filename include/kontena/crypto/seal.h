#pragma once

#include <string>
#include <string_view>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// Keeping a text from whoever has no key, and telling whether it was altered.
namespace kontena::crypto {

inline constexpr std::size_t seal_key_bytes = 32;
inline constexpr std::size_t seal_nonce_bytes = 12;

// HMAC-SHA256, 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

// AES-256-GCM. `about` is what it is the seal of: it opens for the same only. A nonce serves once.
// REQUIRES: the lengths above.
std::string seal(std::string_view key, std::string_view nonce, const Redacted& text, std::string_view about);

// Code::corrupt where it is not as it was sealed, or was with another key or about something else.
Result<Redacted> open_seal(std::string_view key, std::string_view sealed, std::string_view about);

}  // namespace kontena::crypto
