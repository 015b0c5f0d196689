#pragma once

#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "openssl_types.h"

namespace kontena::pki {

enum class Use { authority, server, client };

struct Wanted {
  Use use = Use::client;
  std::string common_name;
  std::vector<std::string> names;  // of a server: DNS names and addresses
  Time now{};
  Duration lifetime{};
};

// A certificate of `subject_key`, signed by the issuer; issuer_certificate is
// nullptr for one that signs itself.
Result<Certificate> issue(const Wanted&, EVP_PKEY* subject_key, X509* issuer_certificate, EVP_PKEY* issuer_key);

// The key of a request that has proved that its sender holds it, and that is none
// that we refuse.
Result<CertificateRequest> read_request(const std::string& csr_pem);

// As issue(), of the key in a certificate request once it has proved that its
// sender holds it.
Result<Certificate> sign(const std::string& csr_pem, const Wanted&, X509* issuer_certificate, EVP_PKEY* issuer_key);

}  // namespace kontena::pki
