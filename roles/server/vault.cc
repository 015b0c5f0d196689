#include "vault.h"

#include "kontena/base/text.h"
#include "kontena/crypto/seal.h"

namespace kontena::server {
namespace {

constexpr std::string_view prefix = "sha256:";

std::string about(const std::string& tail, const std::string& name) { return name.empty() ? tail : tail + '\0' + name; }
std::string about_key(const std::string& tail, const std::string& name) { return "kontena data key: " + about(tail, name); }

// Of deploys, as ever; names have a key of their own, so that what comes with a deploy says nothing of them.
std::string digest_by(const Redacted& naming, const std::string& scope, const std::string& name, const Redacted& text) {
  const std::string key = name.empty() ? naming.reveal() : crypto::hmac_sha256(naming.reveal(), "kontena secrets: of the store");
  const std::string whose = name.empty() ? scope : scope + '\0' + name;
  return std::string(prefix) + text::hex(crypto::hmac_sha256(key, whose + '\0' + text.reveal()));
}

Error another_key(const std::string& id) {
  return {Code::failed_precondition, "it is sealed under the master key " + id + ", which the server does not have",
          "if that key is lost, set the secret again"};
}

// The data key of a record.
Result<Redacted> data_key(const Vault::Keys& keys, const std::string& tail, const SealedSecret& secret) {
  const auto master = keys.masters.find(secret.master);
  if (master == keys.masters.end()) return another_key(secret.master);
  return open_key(master->second, secret.key, about_key(tail, secret.name));
}

}  // namespace

std::string secret_tail(const std::string& scope, const std::string& digest) {
  return scope + '/' + digest.substr(std::min(prefix.size(), digest.size()));
}

std::string master_id(const Redacted& master) {
  return text::hex(crypto::hmac_sha256(master.reveal(), "kontena secrets: id")).substr(0, 16);
}

std::string seal_key(const Redacted& by, const Redacted& key, std::string_view about, IdSource& ids) {
  return text::base64(crypto::seal(by.reveal(), ids.bytes(crypto::seal_nonce_bytes), key, about));
}

Result<Redacted> open_key(const Redacted& by, const std::string& sealed, std::string_view about) {
  const auto bytes = text::unbase64(sealed);
  if (!bytes) return Error{Code::corrupt, "the sealed key is damaged"};
  KTN_TRY(Redacted key, crypto::open_seal(by.reveal(), *bytes, about));
  if (key.reveal().size() != crypto::seal_key_bytes) return Error{Code::corrupt, "the sealed key is damaged"};
  return key;
}

Vault::Vault(Keys keys) : state_(std::make_unique<Synced<State>>(State{.keys = std::move(keys), .locked = {}})) {}
Vault::Vault(Error locked) : state_(std::make_unique<Synced<State>>(State{.keys = {}, .locked = std::move(locked)})) {}

Result<Vault> Vault::open(const std::string&, IdSource& ids) {
  const Redacted master(ids.bytes(crypto::seal_key_bytes));
  const std::string id = master_id(master);
  return Vault(Keys{.kind = "file",
                    .id = id,
                    .masters = {{id, master}},
                    .naming = Redacted(ids.bytes(crypto::seal_key_bytes))});
}

std::optional<Error> Vault::trouble() const {
  return state_->with([](State& s) { return s.keys ? std::nullopt : std::optional(s.locked); });
}

Result<Vault::Keys> Vault::keys() const {
  return state_->with([](State& s) -> Result<Keys> {
    if (!s.keys) return s.locked;
    return *s.keys;
  });
}

void Vault::use(Keys keys) const {
  state_->with([&](State& s) { s.keys = std::move(keys); });
}

bool Vault::begin_reseal() const {
  return state_->with([](State& s) { return !std::exchange(s.resealing, true); });
}
void Vault::end_reseal() const {
  state_->with([](State& s) { s.resealing = false; });
}
bool Vault::resealing() const {
  return state_->with([](State& s) { return s.resealing; });
}

Result<std::string> Vault::digest(const std::string& scope, const std::string& name, const Redacted& text) const {
  KTN_TRY(const Keys keys, this->keys());
  return digest_by(keys.naming, scope, name, text);
}

Result<Sealing> Vault::seal(const std::string& scope, const std::string& name, const Redacted& text, Time now,
                            IdSource& ids) const {
  KTN_TRY(const Keys keys, this->keys());
  const std::string digest = digest_by(keys.naming, scope, name, text), tail = secret_tail(scope, digest);
  const Redacted data(ids.bytes(crypto::seal_key_bytes));
  const SealedSecret secret{
      .sealed = text::base64(crypto::seal(data.reveal(), ids.bytes(crypto::seal_nonce_bytes), text, about(tail, name))),
      .put_ms = to_ms(now),
      .key = seal_key(keys.masters.at(keys.id), data, about_key(tail, name), ids),
      .master = keys.id,
      .name = name};
  return Sealing{digest, sealed_secrets.put(tail, secret), {keyrings.key(keyring_tail), keys.revision}};
}

Result<Redacted> Vault::open(const std::string& scope, const std::string& digest, const SealedSecret& secret) const {
  KTN_TRY(const Keys keys, this->keys());
  const std::string tail = secret_tail(scope, digest);
  const auto sealed = text::unbase64(secret.sealed);
  if (!sealed) return Error{Code::corrupt, "the sealed secret is damaged"};
  if (!secret.key.empty()) {
    KTN_TRY(const Redacted data, data_key(keys, tail, secret));
    return crypto::open_seal(data.reveal(), *sealed, about(tail, secret.name));
  }
  for (const auto& [id, master] : keys.masters)
    if (auto text = crypto::open_seal(crypto::hmac_sha256(master.reveal(), "kontena secrets: seal"), *sealed, tail))
      return text;
  return Error{Code::corrupt, "what was sealed does not open: it was altered, or sealed under another master key"};
}

Result<SealedSecret> Vault::sealed_anew(const std::string& tail, const SealedSecret& secret, IdSource& ids) const {
  KTN_TRY(const Keys keys, this->keys());
  SealedSecret anew = secret;
  Redacted data;
  if (secret.key.empty()) {
    const auto cut = tail.rfind('/');
    KTN_TRY(const Redacted text, open(tail.substr(0, cut), std::string(prefix) + tail.substr(cut + 1), secret));
    data = Redacted(ids.bytes(crypto::seal_key_bytes));
    anew.sealed = text::base64(
        crypto::seal(data.reveal(), ids.bytes(crypto::seal_nonce_bytes), text, about(tail, secret.name)));
  } else {
    KTN_TRY(data, data_key(keys, tail, secret));
  }
  anew.key = seal_key(keys.masters.at(keys.id), data, about_key(tail, secret.name), ids);
  anew.master = keys.id;
  return anew;
}

}  // namespace kontena::server
