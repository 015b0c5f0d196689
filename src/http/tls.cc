#include "tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <vector>

#include "kontena/base/text.h"

namespace kontena::http {
namespace {

using Certificate = std::unique_ptr<X509, SslFree<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, SslFree<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, SslFree<BIO_free>>;
using TrustStore = std::unique_ptr<X509_STORE, SslFree<X509_STORE_free>>;

Error failed(std::string_view doing) {
  const char* reason = nullptr;
  while (const unsigned long error = ERR_get_error()) reason = ERR_reason_error_string(error);
  return {Code::invalid_argument, std::string(doing) + (reason ? std::string(": ") + reason : "")};
}

int no_password(char*, int, int, void*) { return -1; }  // or it is asked for on the terminal

Bio reader(const std::string& pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

std::vector<Certificate> read_chain(const std::string& pem) {
  std::vector<Certificate> chain;
  const Bio bio = reader(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr))
    chain.emplace_back(certificate);
  ERR_clear_error();  // the end of the text is an error to OpenSSL
  return chain;
}

Status use_certificate(SSL_CTX* context, const ServerOptions& options) {
  const std::vector<Certificate> chain = read_chain(options.certificate_pem);
  const Bio bio = reader(options.key_pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (chain.empty() || !key || SSL_CTX_use_certificate(context, chain[0].get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return failed("the server's certificate and key are unusable");
  for (std::size_t i = 1; i < chain.size(); ++i) {
    bool sent = false;
    for (std::size_t k = 0; k < i; ++k) sent = sent || X509_cmp(chain[k].get(), chain[i].get()) == 0;
    if (!sent && SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return failed("the server's chain is unusable");
  }
  return Done{};
}

// Whoever was away for long comes back with an expired certificate, and has no other
// way of asking for a new one. All else about it must be right; what such a peer may
// do is for the handler to say, which sees the time in its Peer.
int pass_expired(int right, X509_STORE_CTX* checked) {
  const bool expired_leaf =
      X509_STORE_CTX_get_error(checked) == X509_V_ERR_CERT_HAS_EXPIRED && X509_STORE_CTX_get_error_depth(checked) == 0;
  return right != 0 || expired_leaf ? 1 : 0;
}

std::int64_t ms_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(timegm(&parts)) * 1000 : 0;
}

// A certificate of this CA is asked for, and one of another ends the handshake;
// who shows none may still come in. Purposes are checked: one made for a server
// does not do.
Status trust_clients_of(SSL_CTX* context, const std::string& ca_pem) {
  if (ca_pem.empty()) return Done{};
  const TrustStore store(X509_STORE_new());
  const std::vector<Certificate> authorities = read_chain(ca_pem);
  for (const Certificate& authority : authorities)
    if (X509_STORE_add_cert(store.get(), authority.get()) != 1 || SSL_CTX_add_client_CA(context, authority.get()) != 1)
      return failed("the CA of clients is unusable");
  if (authorities.empty() || SSL_CTX_set1_verify_cert_store(context, store.get()) != 1)
    return failed("the CA of clients is unusable");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, pass_expired);
  return Done{};
}

}  // namespace

Result<TlsContext> server_context(const ServerOptions& options) {
  ready_tls();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return failed("TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Sessions are resumed by what the client keeps; nothing is kept here.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  constexpr unsigned char session_context[] = "kontena";
  if (SSL_CTX_set_session_id_context(context.get(), session_context, sizeof session_context - 1) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    return failed("TLS");
  KTN_OK(use_certificate(context.get(), options));
  KTN_OK(trust_clients_of(context.get(), options.client_ca_pem));
  return context;
}

Peer peer_of(SSL* session) {
  Peer peer;
  X509* certificate = SSL_get0_peer_certificate(session);
  const long verified = SSL_get_verify_result(session);
  if (!certificate || (verified != X509_V_OK && verified != X509_V_ERR_CERT_HAS_EXPIRED)) return peer;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return peer;
  peer.fingerprint = text::hex({reinterpret_cast<const char*>(digest), size});
  peer.not_before_ms = ms_of(X509_get0_notBefore(certificate));
  peer.not_after_ms = ms_of(X509_get0_notAfter(certificate));
  const X509_NAME* subject = X509_get_subject_name(certificate);
  if (const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); at >= 0) {
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    peer.common_name.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                            static_cast<std::size_t>(ASN1_STRING_length(value)));
  }
  return peer;
}

}  // namespace kontena::http
