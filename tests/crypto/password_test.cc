#include "kontena/crypto/password.h"

#include <doctest/doctest.h>

#include "kontena/base/text.h"

namespace kontena::crypto {

TEST_CASE("a password is known again by what is kept of it, another is not") {
  const std::string salt(password_salt_bytes, 's');
  const std::string kept = hash_password(Redacted("correct horse"), salt);
  CHECK(kept.starts_with("scrypt$15$8$1$"));
  CHECK(kept.find("correct") == std::string::npos);
  CHECK(verify_password(Redacted("correct horse"), kept));
  CHECK_FALSE(verify_password(Redacted("correct horsf"), kept));
  CHECK_FALSE(verify_password(Redacted(""), kept));
  CHECK_FALSE(needs_rehash(kept));
  CHECK(hash_password(Redacted("correct horse"), std::string(password_salt_bytes, 't')) != kept);
}

TEST_CASE("scrypt is that of RFC 7914") {
  // Its second vector: "password", "NaCl", N=1024, r=8, p=16; the first 32 of 64 bytes are the same.
  const auto hash = text::unhex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162");
  REQUIRE(hash);
  const std::string kept = "scrypt$10$8$16$" + text::base64("NaCl") + '$' + text::base64(*hash);
  CHECK(verify_password(Redacted("password"), kept));
  CHECK_FALSE(verify_password(Redacted("passwore"), kept));
  CHECK(needs_rehash(kept));
}

TEST_CASE("what cannot be read, or would take too long, is of no password") {
  for (const char* text : {"", "scrypt", "scrypt$15$8$1$$", "scrypt$-1$8$1$c2FsdA==$AAAA", "bcrypt$15$8$1$c2FsdA==$AAAA",
                           "scrypt$24$8$1$c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                           "scrypt$99999999999999999999$8$1$c2FsdA==$AAAA"}) {
    CAPTURE(text);
    CHECK_FALSE(verify_password(Redacted("x"), text));
    CHECK(needs_rehash(text));
  }
}

}  // namespace kontena::crypto
