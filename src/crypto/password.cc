#include "kontena/crypto/password.h"

#include <cryptopp/scrypt.h>

#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"

namespace kontena::crypto {
namespace {

constexpr std::int64_t usual_log_n = 15, usual_r = 8, usual_p = 1;
constexpr std::size_t hash_bytes = 32;
constexpr std::int64_t most_work = 8;  // times the usual

struct Parts {
  std::int64_t log_n, r, p;
  std::string salt, hash;
};

std::optional<Parts> read(std::string_view text) {
  const auto parts = text::split(text, '$');
  if (parts.size() != 6 || parts[0] != "scrypt") return std::nullopt;
  const auto log_n = text::integer(parts[1]), r = text::integer(parts[2]), p = text::integer(parts[3]);
  const auto salt = text::unbase64(parts[4]), hash = text::unbase64(parts[5]);
  if (!log_n || !r || !p || !salt || !hash || hash->size() != hash_bytes) return std::nullopt;
  if (*log_n < 1 || *log_n > 24 || *r < 1 || *r > 64 || *p < 1 || *p > 64) return std::nullopt;
  if ((std::int64_t{1} << *log_n) * *r * *p > most_work * (std::int64_t{1} << usual_log_n) * usual_r * usual_p)
    return std::nullopt;
  return Parts{*log_n, *r, *p, *salt, *hash};
}

const CryptoPP::byte* bytes_of(std::string_view text) { return reinterpret_cast<const CryptoPP::byte*>(text.data()); }

std::string derive(const Redacted& password, const Parts& parts) {
  std::string hash(hash_bytes, '\0');
  const std::string& text = password.reveal();
  CryptoPP::Scrypt().DeriveKey(reinterpret_cast<CryptoPP::byte*>(hash.data()), hash.size(), bytes_of(text), text.size(),
                               bytes_of(parts.salt), parts.salt.size(), CryptoPP::word64{1} << parts.log_n,
                               static_cast<CryptoPP::word64>(parts.r), static_cast<CryptoPP::word64>(parts.p));
  return hash;
}

}  // namespace

std::string hash_password(const Redacted& password, std::string_view salt) {
  const Parts parts{usual_log_n, usual_r, usual_p, std::string(salt), {}};
  return "scrypt$" + std::to_string(parts.log_n) + '$' + std::to_string(parts.r) + '$' + std::to_string(parts.p) + '$' +
         text::base64(salt) + '$' + text::base64(derive(password, parts));
}

std::string derive_key(const Redacted& passphrase, std::string_view salt) {
  return derive(passphrase, {16, 8, 1, std::string(salt), {}});
}

bool verify_password(const Redacted& password, std::string_view text) {
  const auto parts = read(text);
  return parts && equal_secret(derive(password, *parts), parts->hash);
}

bool needs_rehash(std::string_view text) {
  const auto parts = read(text);
  return !parts || parts->log_n != usual_log_n || parts->r != usual_r || parts->p != usual_p ||
         parts->salt.size() != password_salt_bytes;
}

}  // namespace kontena::crypto
