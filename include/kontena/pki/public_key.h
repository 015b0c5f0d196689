#pragma once

#include <memory>
#include <string_view>

#include "kontena/base/result.h"

namespace kontena::pki {

// A key that somebody else signs with, from the numbers that a JSON Web Key has of it.
class PublicKey {
 public:
  enum class Kind { rsa, p256, ed25519 };

  // Code::invalid_argument for what is no such key, or too weak a one: RSA has 2048 to 8192 bits
  // and an odd exponent from 3 on. Numbers are big-endian; those of the others have 32 bytes.
  static Result<PublicKey> rsa(std::string_view modulus, std::string_view exponent);
  static Result<PublicKey> p256(std::string_view x, std::string_view y);
  static Result<PublicKey> ed25519(std::string_view x);
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;
  ~PublicKey();

  Kind kind() const;

  // Done where the signature is of the text, by this key: RSASSA-PKCS1-v1_5 with SHA-256, ECDSA with
  // SHA-256 (as JWS has it: two numbers of 32 bytes), or Ed25519. Code::corrupt where it is not.
  Status verify(std::string_view text, std::string_view signature) const;

 private:
  struct State;
  explicit PublicKey(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace kontena::pki
