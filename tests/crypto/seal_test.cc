#include "kontena/crypto/seal.h"

#include <doctest/doctest.h>

#include "kontena/base/text.h"

using namespace kontena;
using namespace kontena::crypto;

TEST_CASE("HMAC-SHA256 is that of RFC 4231") {
  CHECK(text::hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// NIST's GCM test case 16 without its additional data would be case 15: the key, nonce and text of 14.
TEST_CASE("AES-256-GCM is NIST's") {
  const std::string sealed = seal(std::string(32, '\0'), std::string(12, '\0'), Redacted(std::string(16, '\0')), "");
  CHECK(text::hex(sealed.substr(12)) ==
        "cea7403d4d606b6e074ec5d3baf39d18"
        "d0d1c8a799996bf0265b98b5d48ab919");
}

TEST_CASE("what was sealed opens with its key and about the same, and not when altered") {
  const std::string key(32, 'k'), nonce(12, 'n');
  for (const std::string& text : {std::string(), std::string("hush"), std::string(100'000, 'x')}) {
    const std::string sealed = seal(key, nonce, Redacted(text), "a/b");
    CHECK((text.empty() || sealed.find(text) == std::string::npos));
    const auto opened = open_seal(key, sealed, "a/b");
    REQUIRE(opened);
    CHECK(opened->reveal() == text);
    CHECK(open_seal(key, sealed, "a/c").error().code == Code::corrupt);
    CHECK(open_seal(std::string(32, 'l'), sealed, "a/b").error().code == Code::corrupt);
    for (const std::size_t at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
      std::string altered = sealed;
      altered[at] = static_cast<char>(altered[at] ^ 1);
      CHECK(open_seal(key, altered, "a/b").error().code == Code::corrupt);
    }
    CHECK(open_seal(key, sealed.substr(0, 20), "a/b").error().code == Code::corrupt);
  }
}
