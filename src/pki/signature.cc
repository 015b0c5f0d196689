#include "signature.h"
#include "kontena/pki/authority.h"

namespace kontena::pki {
namespace {

using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

Result<std::string> sign_with(EVP_PKEY* key, std::string_view text) {
  const Digest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(text), text.size()) != 1)
    return openssl_error(Code::internal, "signing");
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text),
                     text.size()) != 1)
    return openssl_error(Code::internal, "signing");
  signature.resize(size);
  return signature;
}

Status check_signature(const std::string& certificate_pem, std::string_view text, std::string_view signature) {
  KTN_TRY(const Certificate certificate, parse_certificate(certificate_pem));
  const Digest digest(EVP_MD_CTX_new());
  const bool right =
      digest &&
      EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, X509_get0_pubkey(certificate.get())) == 1 &&
      EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  return right ? Status(Done{}) : Status(Error{Code::corrupt, "the signature is not by the key of this certificate"});
}

}  // namespace kontena::pki
