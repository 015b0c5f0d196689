#pragma once

#include <string>
#include <string_view>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/model/ids.h"

namespace kontena::access {

// What the holder of a token has: "ktn1.FINGERPRINT.ID.SECRET". The fingerprint
// is that of the server's CA (SHA-256, hex), so whoever holds a token can tell
// the right server from another before sending anything.
struct TokenText {
  std::string fingerprint;  // 64 hex digits
  TokenId id;
  Redacted secret;  // 43 characters: 32 random bytes as base64url without padding
};

std::string format(const TokenText&);
Result<TokenText> parse_token(std::string_view);  // blanks around it are taken off

// A fresh secret from 32 random bytes.
Redacted make_secret(std::string_view random_bytes);

}  // namespace kontena::access
