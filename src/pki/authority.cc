#include "kontena/pki/authority.h"

#include "issue.h"
#include "signature.h"

namespace kontena::pki {

struct Authority::State {
  KeyPair own;
  Certificate certificate;
  Key key;
};

Authority::Authority(std::unique_ptr<State> state) : state_(std::move(state)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

const KeyPair& Authority::own() const { return state_->own; }
std::string Authority::fingerprint() const { return fingerprint_of(state_->certificate.get()); }

Result<Authority> Authority::create(const std::string& name, Time now, Duration lifetime) {
  auto state = std::make_unique<State>();
  KTN_TRY(state->key, make_key());
  const Wanted wanted{Use::authority, name, {}, now, lifetime};
  KTN_TRY(state->certificate, issue(wanted, state->key.get(), nullptr, state->key.get()));
  KTN_TRY(state->own.certificate_pem, pem_of(state->certificate.get()));
  KTN_TRY(state->own.key_pem, pem_of(state->key.get()));
  return Authority(std::move(state));
}

Result<Authority> Authority::load(const KeyPair& pair) {
  auto state = std::make_unique<State>();
  KTN_TRY(state->certificate, parse_certificate(pair.certificate_pem));
  KTN_TRY(state->key, parse_key(pair.key_pem));
  if (X509_check_ca(state->certificate.get()) != 1)
    return Error{Code::invalid_argument, "this is not the certificate of a certificate authority"};
  if (X509_check_private_key(state->certificate.get(), state->key.get()) != 1) {
    ERR_clear_error();
    return Error{Code::invalid_argument, "the private key is not that of the certificate authority's certificate"};
  }
  state->own = pair;
  return Authority(std::move(state));
}

Result<KeyPair> Authority::issue_server(const std::vector<std::string>& names, Time now, Duration lifetime) const {
  if (names.empty()) return Error{Code::invalid_argument, "a server's certificate needs a name"};
  KTN_TRY(const Key key, make_key());
  const Wanted wanted{Use::server, "kontena server", names, now, lifetime};
  KTN_TRY(const Certificate made, issue(wanted, key.get(), state_->certificate.get(), state_->key.get()));
  KTN_TRY(std::string leaf, pem_of(made.get()));
  KTN_TRY(const std::string authority, pem_of(state_->certificate.get()));
  KTN_TRY(Redacted key_pem, pem_of(key.get()));
  return KeyPair{leaf + authority, std::move(key_pem)};
}

Result<std::string> Authority::sign_client(const std::string& csr_pem, const std::string& common_name, Time now,
                                           Duration lifetime) const {
  const Wanted wanted{Use::client, common_name, {}, now, lifetime};
  KTN_TRY(const Certificate made, sign(csr_pem, wanted, state_->certificate.get(), state_->key.get()));
  return pem_of(made.get());
}

Result<std::string> Authority::sign_text(std::string_view text) const { return sign_with(state_->key.get(), text); }

}  // namespace kontena::pki
