#include "kontena/crypto/x25519.h"

#include <doctest/doctest.h>

#include "kontena/base/text.h"

using namespace kontena;

TEST_CASE("X25519 gives the public key of RFC 7748, section 6.1") {
  const auto bob = text::unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  CHECK(text::hex(crypto::x25519_public(*bob)) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

TEST_CASE("a private key has the bits that the curve asks for") {
  const std::string key = crypto::x25519_private(std::string(32, '\xff'));
  CHECK(text::hex(key) == "f8" + std::string(60, 'f') + "7f");
  CHECK(text::hex(crypto::x25519_private(std::string(32, '\0'))) == std::string(62, '0') + "40");
  CHECK(crypto::x25519_public(std::string(32, '\xff')) == crypto::x25519_public(key));
}
