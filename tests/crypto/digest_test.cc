#include "kontena/crypto/digest.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

using namespace kontena;

TEST_CASE("SHA-256 gives the values of FIPS 180-4") {
  CHECK(crypto::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(crypto::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(crypto::sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(crypto::sha256("abc").size() == 32);
}

TEST_CASE("a digest of pieces is that of the whole, at any point") {
  const std::string text(100'000, 'k');
  crypto::Sha256 sum;
  CHECK(sum.hex() == crypto::sha256_hex(""));
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 3 + 1) {
    sum.add(std::string_view(text).substr(at, size));
    CHECK(sum.hex() == crypto::sha256_hex(std::string_view(text).substr(0, at + size)));
  }
}

TEST_CASE("secrets are equal only where every byte is") {
  CHECK(crypto::equal_secret("", ""));
  CHECK(crypto::equal_secret("same", "same"));
  CHECK_FALSE(crypto::equal_secret("same", "samE"));
  CHECK_FALSE(crypto::equal_secret("same", "sam"));
  CHECK_FALSE(crypto::equal_secret("", "x"));
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string a(1 + random() % 80, '\0');
    for (char& c : a) c = static_cast<char>(random());
    std::string b = a;
    REQUIRE(crypto::equal_secret(a, b));
    b[random() % b.size()] ^= static_cast<char>(1 << random() % 8);
    REQUIRE_FALSE(crypto::equal_secret(a, b));
  }
}
