#include "kontena/netlink/keys.h"

#include "kontena/base/panic.h"
#include "kontena/base/text.h"
#include "kontena/crypto/x25519.h"

namespace kontena::netlink {
namespace {

constexpr std::size_t key_size = 32;

}  // namespace

Redacted make_private_key(IdSource& ids) { return Redacted(key_text(crypto::x25519_private(ids.bytes(key_size)))); }

Result<std::string> public_key(const Redacted& private_key) {
  const auto bytes = key_bytes(private_key.reveal());
  if (!bytes) return Error{Code::invalid_argument, "the private key is not 32 bytes in base64"};
  return key_text(crypto::x25519_public(*bytes));
}

bool is_key(std::string_view text) { return key_bytes(text).has_value(); }

std::optional<std::string> key_bytes(std::string_view text) {
  auto bytes = text::unbase64(text);
  // Written again it has to be the same: no other alphabet, no missing '=', no bits left over.
  if (!bytes || bytes->size() != key_size || text::base64(*bytes) != text) return std::nullopt;
  return bytes;
}

std::string key_text(std::string_view bytes) {
  KTN_ASSERT(bytes.size() == key_size, "a key has 32 bytes");
  return text::base64(bytes);
}

}  // namespace kontena::netlink
