#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// X.509 by OpenSSL: the server's certificate authority, keys and requests. All
// keys are ECDSA P-256. PEM texts in and out.
namespace kontena::pki {

// Readies OpenSSL without its configuration file, which may name shared objects
// that a static program can't load. Whatever else uses OpenSSL (TLS) must come
// after it, so main calls it first; may be called again, from any thread.
void init();

// A certificate begins so long before it is made: machines whose clock is behind the
// server's by less accept it at once. It gives nothing away: the key didn't exist before.
inline constexpr Duration backdate = std::chrono::hours(1);

struct KeyPair {
  std::string certificate_pem;
  Redacted key_pem;
};

struct Request {
  std::string csr_pem;
  Redacted key_pem;
};

class Authority {
 public:
  static Result<Authority> create(const std::string& name, Time now, Duration lifetime);
  static Result<Authority> load(const KeyPair&);
  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  const KeyPair& own() const;
  std::string fingerprint() const;  // of its certificate: what tokens carry

  // For a TLS server; each name is a DNS name or an IP address. The certificate_pem
  // is the chain to send: its own, then the authority's.
  Result<KeyPair> issue_server(const std::vector<std::string>& names, Time now, Duration lifetime) const;
  // For a TLS client: whatever the request asks for, the certificate says `common_name`.
  // Code::invalid_argument for a broken request, one that does not prove its key, or a
  // weak key. No certificate outlives its authority.
  Result<std::string> sign_client(const std::string& csr_pem, const std::string& common_name, Time now,
                                  Duration lifetime) const;

  // Its signature of a text, ECDSA with SHA-256. The text begins with what it is for, in
  // words, so that no signature can pass for one of something else, a certificate's least.
  Result<std::string> sign_text(std::string_view text) const;

 private:
  struct State;
  explicit Authority(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

Result<Request> make_request(const std::string& common_name);
// For a key that is at hand: asking again with the same one is the same request.
Result<Request> make_request(const std::string& common_name, const Redacted& key_pem);

// SHA-256 of the public key of a request (hex), once the request has proved that
// whoever made it has the private one.
Result<std::string> key_of_request(const std::string& csr_pem);

// Whether the private key is that of the certificate.
bool belong_together(const KeyPair&);

// Whether the signature of the text is by the certificate's key: Code::corrupt where it is not.
Status check_signature(const std::string& certificate_pem, std::string_view text, std::string_view signature);

struct CertificateFacts {
  std::string common_name;
  std::string fingerprint;           // SHA-256 of the DER, hex
  std::vector<std::string> names;    // DNS names and addresses
  Time made{};       // by an Authority of ours, whose certificates begin an hour before that
  Time not_before{};
  Time not_after{};
};
// When to ask for the next one: after two thirds of its life, or of `lifetime`, which
// is what is given out now, where that is shorter. Pure.
Time renewal_due(const CertificateFacts&, Duration lifetime);

Result<CertificateFacts> read_certificate(const std::string& pem);  // of the first in the text

}  // namespace kontena::pki
