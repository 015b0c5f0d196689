#include "kontena/crypto/seal.h"

#include <cryptopp/aes.h>
#include <cryptopp/gcm.h>
#include <cryptopp/hmac.h>
#include <cryptopp/sha.h>

#include "kontena/base/panic.h"

namespace kontena::crypto {
namespace {

constexpr std::size_t tag_bytes = 16;

const CryptoPP::byte* bytes_of(std::string_view text) { return reinterpret_cast<const CryptoPP::byte*>(text.data()); }
CryptoPP::byte* bytes_of(std::string& text) { return reinterpret_cast<CryptoPP::byte*>(text.data()); }

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  CryptoPP::HMAC<CryptoPP::SHA256> sum(bytes_of(key), key.size());
  std::string digest(CryptoPP::SHA256::DIGESTSIZE, '\0');
  sum.CalculateDigest(bytes_of(digest), bytes_of(text), text.size());
  return digest;
}

// NONCE TEXT TAG.
std::string seal(std::string_view key, std::string_view nonce, const Redacted& text, std::string_view about) {
  KTN_ASSERT(key.size() == seal_key_bytes && nonce.size() == seal_nonce_bytes, "a key has 32 bytes, a nonce 12");
  const std::string& plain = text.reveal();
  std::string sealed(nonce);
  sealed.resize(nonce.size() + plain.size() + tag_bytes);
  CryptoPP::GCM<CryptoPP::AES>::Encryption cipher;
  cipher.SetKeyWithIV(bytes_of(key), key.size(), bytes_of(nonce), nonce.size());
  CryptoPP::byte* out = bytes_of(sealed) + nonce.size();
  cipher.EncryptAndAuthenticate(out, out + plain.size(), tag_bytes, bytes_of(nonce), static_cast<int>(nonce.size()),
                                bytes_of(about), about.size(), bytes_of(std::string_view(plain)), plain.size());
  return sealed;
}

Result<Redacted> open_seal(std::string_view key, std::string_view sealed, std::string_view about) {
  KTN_ASSERT(key.size() == seal_key_bytes, "a key has 32 bytes");
  const Error wrong{Code::corrupt, "what was sealed does not open: it was altered, or sealed with another key"};
  if (sealed.size() < seal_nonce_bytes + tag_bytes) return wrong;
  const std::string_view nonce = sealed.substr(0, seal_nonce_bytes);
  const std::string_view inner = sealed.substr(nonce.size(), sealed.size() - nonce.size() - tag_bytes);
  const std::string_view tag = sealed.substr(sealed.size() - tag_bytes);
  std::string plain(inner.size(), '\0');
  CryptoPP::GCM<CryptoPP::AES>::Decryption cipher;
  cipher.SetKeyWithIV(bytes_of(key), key.size(), bytes_of(nonce), nonce.size());
  if (!cipher.DecryptAndVerify(bytes_of(plain), bytes_of(tag), tag.size(), bytes_of(nonce),
                               static_cast<int>(nonce.size()), bytes_of(about), about.size(), bytes_of(inner),
                               inner.size()))
    return wrong;
  return Redacted(std::move(plain));
}

}  // namespace kontena::crypto
