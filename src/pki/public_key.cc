#include "kontena/pki/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>

#include "kontena/pki/authority.h"
#include "openssl_types.h"

namespace kontena::pki {

struct PublicKey::State {
  Kind kind;
  Key key;
};

namespace {

constexpr std::size_t number_bytes = 32;  // of P-256 and Ed25519
constexpr std::size_t least_rsa = 2048 / 8, most_rsa = 8192 / 8, most_exponent = 8;

using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Build = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Error wrong_key(const char* what) {
  ERR_clear_error();
  return {Code::invalid_argument, what};
}

std::string_view without_zeros(std::string_view number) {
  while (!number.empty() && number.front() == '\0') number.remove_prefix(1);
  return number;
}

Number number_of(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// The key of these parameters, once OpenSSL has found that it can be one.
Key key_of(const char* type, OSSL_PARAM_BLD* build) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(build));
  const KeyContext making(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !making || EVP_PKEY_fromdata_init(making.get()) != 1 ||
      EVP_PKEY_fromdata(making.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  Key key(made);
  const KeyContext checking(EVP_PKEY_CTX_new(key.get(), nullptr));
  return checking && EVP_PKEY_public_check_quick(checking.get()) == 1 ? std::move(key) : nullptr;
}

// JWS writes the two numbers of a signature side by side, OpenSSL wants them as DER.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * number_bytes) return {};
  Number r = number_of(signature.substr(0, number_bytes)), s = number_of(signature.substr(number_bytes));
  const std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>> both(ECDSA_SIG_new());
  if (!r || !s || !both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release()), static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(both.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(both.get(), &to);
  return der;
}

}  // namespace

PublicKey::PublicKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

Result<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
  init();
  modulus = without_zeros(modulus);
  exponent = without_zeros(exponent);
  const bool short_of_it = modulus.size() == least_rsa && static_cast<unsigned char>(modulus.front()) < 0x80;
  if (modulus.size() < least_rsa || modulus.size() > most_rsa || short_of_it)
    return Error{Code::invalid_argument, "an RSA key has 2048 to 8192 bits"};
  if (exponent.empty() || exponent.size() > most_exponent || (exponent.back() & 1) == 0 || exponent == "\x01")
    return Error{Code::invalid_argument, "this is not an RSA key's exponent"};
  const Number n = number_of(modulus), e = number_of(exponent);
  const Build build(OSSL_PARAM_BLD_new());
  if (!n || !e || !build || OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return openssl_error(Code::internal, "reading a key");
  Key key = key_of("RSA", build.get());
  if (!key) return wrong_key("this is not an RSA key");
  return PublicKey(std::make_unique<State>(State{Kind::rsa, std::move(key)}));
}

Result<PublicKey> PublicKey::p256(std::string_view x, std::string_view y) {
  init();
  if (x.size() != number_bytes || y.size() != number_bytes) return wrong_key("this is not a key of P-256");
  const std::string point = '\x04' + std::string(x) + std::string(y);
  const Build build(OSSL_PARAM_BLD_new());
  if (!build || OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return openssl_error(Code::internal, "reading a key");
  Key key = key_of("EC", build.get());  // refuses a point that is not on the curve
  if (!key) return wrong_key("this is not a key of P-256");
  return PublicKey(std::make_unique<State>(State{Kind::p256, std::move(key)}));
}

Result<PublicKey> PublicKey::ed25519(std::string_view x) {
  init();
  if (x.size() != number_bytes) return wrong_key("this is not an Ed25519 key");
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
  if (!key) return wrong_key("this is not an Ed25519 key");
  return PublicKey(std::make_unique<State>(State{Kind::ed25519, std::move(key)}));
}

PublicKey::Kind PublicKey::kind() const { return state_->kind; }

Status PublicKey::verify(std::string_view text, std::string_view signature) const {
  const std::string der = kind() == Kind::p256 ? der_of(signature) : std::string(signature);
  const EVP_MD* hash = kind() == Kind::ed25519 ? nullptr : EVP_sha256();
  const Digest digest(EVP_MD_CTX_new());
  const bool right = digest && !der.empty() &&
                     EVP_DigestVerifyInit(digest.get(), nullptr, hash, nullptr, state_->key.get()) == 1 &&
                     EVP_DigestVerify(digest.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return right ? Status(Done{}) : Status(Error{Code::corrupt, "the signature is not by this key"});
}

}  // namespace kontena::pki
