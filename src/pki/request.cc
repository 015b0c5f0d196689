// Certificate signing requests: making one, and what a CA does with one.
#include <array>
#include <string_view>

#include "issue.h"
#include "kontena/base/text.h"
#include "kontena/pki/authority.h"

namespace kontena::pki {
namespace {

constexpr std::size_t largest_request = 64u << 10;

// Refuses keys that are too weak, and those whose size costs us more to check
// than their sender to make.
Status check_key(EVP_PKEY* key) {
  const auto refuse = [] {
    return Error{Code::invalid_argument, "the key of the request is not one we accept",
                 "use ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 8192 bits"};
  };
  if (EVP_PKEY_is_a(key, "ED25519")) return Done{};
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "RSA")) return bits >= 2048 && bits <= 8192 ? Status(Done{}) : refuse();
  if (!EVP_PKEY_is_a(key, "EC")) return refuse();
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return refuse();
  for (const std::string_view known : {"prime256v1", "secp384r1", "secp521r1"})
    if (known == group.data()) return Done{};
  return refuse();
}

}  // namespace

Result<Request> make_request(const std::string& common_name) {
  KTN_TRY(const Key key, make_key());
  KTN_TRY(Redacted key_pem, pem_of(key.get()));
  return make_request(common_name, key_pem);
}

Result<Request> make_request(const std::string& common_name, const Redacted& key_pem) {
  KTN_TRY(const Key key, parse_key(key_pem));
  const CertificateRequest made(X509_REQ_new());
  if (!made || X509_REQ_set_version(made.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(made.get(), key.get()) != 1)
    return openssl_error(Code::internal, "making a certificate request");
  KTN_OK(set_common_name(X509_REQ_get_subject_name(made.get()), common_name));
  if (X509_REQ_sign(made.get(), key.get(), EVP_sha256()) <= 0)
    return openssl_error(Code::internal, "signing a certificate request");
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509_REQ(bio.get(), made.get()) != 1)
    return openssl_error(Code::internal, "writing a certificate request");
  KTN_TRY(std::string csr, written(bio));
  return Request{std::move(csr), key_pem};
}

Result<CertificateRequest> read_request(const std::string& csr_pem) {
  init();
  if (csr_pem.size() > largest_request) return Error{Code::invalid_argument, "the certificate request is too long"};
  const Bio bio = reader(csr_pem);
  CertificateRequest request(bio ? PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!request) return openssl_error(Code::invalid_argument, "this is not a certificate request in PEM");
  EVP_PKEY* const key = X509_REQ_get0_pubkey(request.get());
  if (!key) return openssl_error(Code::invalid_argument, "the certificate request has no key that we understand");
  KTN_OK(check_key(key));
  if (X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return Error{Code::invalid_argument, "the certificate request is not signed by its own key"};
  }
  return request;
}

// Only the key is taken from the request: its subject and the extensions that it
// asks for are the sender's wishes, and we grant none.
Result<Certificate> sign(const std::string& csr_pem, const Wanted& wanted, X509* issuer, EVP_PKEY* issuer_key) {
  KTN_TRY(const CertificateRequest request, read_request(csr_pem));
  return issue(wanted, X509_REQ_get0_pubkey(request.get()), issuer, issuer_key);
}

Result<std::string> key_of_request(const std::string& csr_pem) {
  KTN_TRY(const CertificateRequest request, read_request(csr_pem));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(X509_REQ_get0_pubkey(request.get()), &der);
  if (size <= 0) return openssl_error(Code::internal, "reading a certificate request");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const int summed = EVP_Digest(der, static_cast<std::size_t>(size), digest, &length, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (summed != 1) return openssl_error(Code::internal, "reading a certificate request");
  return text::hex({reinterpret_cast<const char*>(digest), length});
}

}  // namespace kontena::pki
