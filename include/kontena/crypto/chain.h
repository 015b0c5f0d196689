#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kontena::crypto {

// Where a chain of texts has come to: each hash is over the one before, the number and
// the text, so that none can be changed, left out or put in without all later ones showing it.
struct Link {
  std::int64_t number = 0;                 // of the text; 0 = before the first
  std::string hash = std::string(64, '0');  // SHA-256, hex
  friend bool operator==(const Link&, const Link&) = default;
};

// The link of the text that comes next: SHA-256 of "HASH\nNUMBER\nTEXT", with the hash before.
Link link(const Link& before, std::string_view text);

}  // namespace kontena::crypto
