#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kontena/base/random.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// WireGuard's keys: 32 bytes, as text in base64 of 44 characters.
namespace kontena::netlink {

Redacted make_private_key(IdSource&);
Result<std::string> public_key(const Redacted& private_key);

// Only what `wg` itself would print: padded, and no bit set that is not of the key.
bool is_key(std::string_view);
std::optional<std::string> key_bytes(std::string_view);  // the 32 bytes; none where is_key() is false
std::string key_text(std::string_view bytes);            // REQUIRES: 32 bytes

}  // namespace kontena::netlink
