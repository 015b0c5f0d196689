#include "kontena/crypto/digest.h"

#include <cryptopp/misc.h>
#include <cryptopp/sha.h>

#include "kontena/base/text.h"

namespace kontena::crypto {
namespace {

const CryptoPP::byte* bytes_of(std::string_view text) { return reinterpret_cast<const CryptoPP::byte*>(text.data()); }

}  // namespace

std::string sha256(std::string_view text) {
  std::string digest(CryptoPP::SHA256::DIGESTSIZE, '\0');
  CryptoPP::SHA256().CalculateDigest(reinterpret_cast<CryptoPP::byte*>(digest.data()), bytes_of(text), text.size());
  return digest;
}

std::string sha256_hex(std::string_view text) { return text::hex(sha256(text)); }

bool equal_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CryptoPP::VerifyBufsEqual(bytes_of(a), bytes_of(b), a.size()));
}

}  // namespace kontena::crypto
