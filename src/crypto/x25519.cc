#include "kontena/crypto/x25519.h"

#include <cryptopp/osrng.h>
#include <cryptopp/xed25519.h>

#include "kontena/base/panic.h"

namespace kontena::crypto {

std::string x25519_private(std::string random) {
  KTN_ASSERT(random.size() == CryptoPP::x25519::SECRET_KEYLENGTH, "a private key has 32 bytes");
  random.front() = static_cast<char>(random.front() & 0xf8);
  random.back() = static_cast<char>((random.back() & 0x7f) | 0x40);
  return random;
}

std::string x25519_public(std::string_view private_key) {
  const std::string secret = x25519_private(std::string(private_key));
  std::string result(CryptoPP::x25519::PUBLIC_KEYLENGTH, '\0');
  // Of a given private key nothing is left to chance, so no random numbers are drawn.
  CryptoPP::x25519().GeneratePublicKey(CryptoPP::NullRNG(), reinterpret_cast<const CryptoPP::byte*>(secret.data()),
                                       reinterpret_cast<CryptoPP::byte*>(result.data()));
  return result;
}

}  // namespace kontena::crypto
