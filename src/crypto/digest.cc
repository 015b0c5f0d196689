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

struct Sha256::State {
  CryptoPP::SHA256 sum;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) { state_->sum.Update(bytes_of(bytes), bytes.size()); }

std::string Sha256::hex() const {
  CryptoPP::SHA256 copy = state_->sum;  // to ask for the digest ends the sum
  std::string digest(CryptoPP::SHA256::DIGESTSIZE, '\0');
  copy.Final(reinterpret_cast<CryptoPP::byte*>(digest.data()));
  return text::hex(digest);
}

bool equal_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CryptoPP::VerifyBufsEqual(bytes_of(a), bytes_of(b), a.size()));
}

}  // namespace kontena::crypto
