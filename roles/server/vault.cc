#include "vault.h"

#include "kontena/base/files.h"
#include "kontena/base/text.h"
#include "kontena/crypto/seal.h"

namespace kontena::server {
namespace {

constexpr std::string_view prefix = "sha256:";

}  // namespace

std::string secret_tail(const std::string& scope, const std::string& digest) {
  return scope + '/' + digest.substr(std::min(prefix.size(), digest.size()));
}

// One key on disk, another for each use.
Vault::Vault(const std::string& key)
    : sealing_(crypto::hmac_sha256(key, "kontena secrets: seal")),
      naming_(crypto::hmac_sha256(key, "kontena secrets: name")) {}

Result<Vault> Vault::open(const std::string& data_dir, IdSource& ids) {
  if (data_dir.empty()) return Vault(ids.bytes(crypto::seal_key_bytes));
  const std::string path = data_dir + "/secrets.key";
  auto known = files::read(path, 1'024);
  if (!known && known.error().code != Code::not_found) return std::move(known).error();
  if (!known) {
    const std::string key = ids.bytes(crypto::seal_key_bytes);
    KTN_OK(files::write(path, text::base64(key) + '\n', 0600));
    return Vault(key);
  }
  KTN_OK(files::check_private(path, "the key of secrets"));
  const auto key = text::unbase64(text::trim(*known));
  if (!key || key->size() != crypto::seal_key_bytes)
    return Error{Code::corrupt, "the key of secrets '" + path + "' is damaged", "put back the one of a backup"};
  return Vault(*key);
}

std::string Vault::digest(const std::string& scope, const Redacted& text) const {
  return std::string(prefix) + text::hex(crypto::hmac_sha256(naming_.reveal(), scope + '\0' + text.reveal()));
}

std::string Vault::seal(const std::string& scope, const std::string& digest, const Redacted& text,
                        IdSource& ids) const {
  return text::base64(
      crypto::seal(sealing_.reveal(), ids.bytes(crypto::seal_nonce_bytes), text, secret_tail(scope, digest)));
}

Result<Redacted> Vault::open(const std::string& scope, const std::string& digest, const SealedSecret& secret) const {
  const auto sealed = text::unbase64(secret.sealed);
  if (!sealed) return Error{Code::corrupt, "the sealed secret is damaged"};
  return crypto::open_seal(sealing_.reveal(), *sealed, secret_tail(scope, digest));
}

}  // namespace kontena::server
