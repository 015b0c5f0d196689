#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// What the files of this module share: OpenSSL's objects with their owners, PEM
// in and out, and its error queue as an Error.
namespace kontena::pki {

template <auto release>
struct Free {
  void operator()(auto* object) const { release(object); }
};

using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using CertificateRequest = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

// Empties OpenSSL's error queue of this thread into the message.
Error openssl_error(Code, std::string_view doing);

Bio reader(std::string_view pem);
Result<std::string> written(const Bio&);  // what was written to a memory BIO

Result<Certificate> parse_certificate(std::string_view pem);
Result<Key> parse_key(const Redacted& pem);
Result<std::string> pem_of(X509*);
Result<Redacted> pem_of(EVP_PKEY*);  // PKCS #8, not encrypted

Result<Key> make_key();                                       // ECDSA P-256
Status set_common_name(X509_NAME*, const std::string& name);  // replaces whatever is there
std::string fingerprint_of(X509*);

}  // namespace kontena::pki
