#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/http/client.h"
#include "kontena/http/server.h"

// Certificates for the tests of this module, which stands below pki and so makes
// its own; and a TLS connection for raw bytes.
namespace kontena::test {

struct Pair {
  std::string certificate;
  std::string key;
};

inline std::string pem_text(auto write) {
  BIO* bio = BIO_new(BIO_s_mem());
  REQUIRE(write(bio) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

struct CertificateWish {
  std::string name;
  std::string alternative_names;  // OpenSSL's text: "DNS:localhost,IP:127.0.0.1"
  std::string usage;              // "serverAuth", "clientAuth", "" for a CA
  long from = -3600, to = 3600;   // seconds from now
};

// Signed by `issuer`, or by itself where there is none.
inline Pair certificate(const CertificateWish& wish, const Pair* issuer) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = X509_new();
  X509* by = made;
  EVP_PKEY* by_key = key;
  if (issuer) {
    BIO* bio = BIO_new_mem_buf(issuer->certificate.data(), static_cast<int>(issuer->certificate.size()));
    by = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    bio = BIO_new_mem_buf(issuer->key.data(), static_cast<int>(issuer->key.size()));
    by_key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
  }
  X509_set_version(made, X509_VERSION_3);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), wish.from);
  X509_gmtime_adj(X509_getm_notAfter(made), wish.to);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(by));
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, by, made, nullptr, nullptr, 0);
  const auto extend = [&](int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    REQUIRE(extension != nullptr);
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
  extend(NID_key_usage, issuer ? "critical,digitalSignature" : "critical,keyCertSign");
  extend(NID_subject_key_identifier, "hash");
  if (!wish.usage.empty()) extend(NID_ext_key_usage, wish.usage);
  if (!wish.alternative_names.empty()) extend(NID_subject_alt_name, wish.alternative_names);
  REQUIRE(X509_sign(made, by_key, EVP_sha256()) > 0);
  Pair pair{pem_text([&](BIO* bio) { return PEM_write_bio_X509(bio, made); }), pem_text([&](BIO* bio) {
              return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
            })};
  if (issuer) X509_free(by), EVP_PKEY_free(by_key);
  X509_free(made);
  EVP_PKEY_free(key);
  return pair;
}

// Made once: keys cost.
inline const Pair& authority() {
  static const Pair pair = certificate({"test authority", "", ""}, nullptr);
  return pair;
}
inline const Pair& server_pair() {
  static const Pair pair =
      certificate({"server", "DNS:localhost,IP:127.0.0.1,DNS:other.example", "serverAuth"}, &authority());
  return pair;
}
inline const Pair& client_pair() {
  static const Pair pair = certificate({"node-7", "", "clientAuth"}, &authority());
  return pair;
}

inline http::ServerOptions server_options() {
  return {.address = "127.0.0.1",
          .certificate_pem = server_pair().certificate + authority().certificate,
          .key_pem = server_pair().key,
          .client_ca_pem = authority().certificate};
}

inline std::unique_ptr<http::Server> started(http::ServerOptions options, http::Handler handler) {
  auto server = http::serve(std::move(options), std::move(handler));
  REQUIRE_MESSAGE(server, server.error().message);
  return *std::move(server);
}
inline std::unique_ptr<http::Server> started(http::Handler handler) {
  return started(server_options(), std::move(handler));
}

inline std::string url_of(const http::Server& server) { return "https://127.0.0.1:" + std::to_string(server.port()); }
inline std::unique_ptr<http::Client> client_of(const http::Server& server, const Pair* own = nullptr) {
  http::ClientOptions options{
      .url = url_of(server), .ca_pem = authority().certificate, .connect_timeout = Duration(60'000)};
  if (own) options.certificate_pem = own->certificate, options.key_pem = Redacted(own->key);
  return http::connect(std::move(options));
}

inline int dial(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(static_cast<std::uint16_t>(port))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return socket;
}

// Bytes over TLS as they are.
class RawTls {
 public:
  explicit RawTls(int port) : socket_(dial(port)), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
    timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    SSL_set_fd(ssl_, socket_);
    REQUIRE(SSL_connect(ssl_) == 1);
  }
  ~RawTls() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }
  RawTls(const RawTls&) = delete;

  bool write(std::string_view bytes) {
    ERR_clear_error();
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
  }
  // Until `count` of `end` came, or the server closed.
  std::string read_until(std::string_view end, int count = 1) {
    std::string got;
    const auto seen = [&] {
      int times = 0;
      for (auto at = got.find(end); at != got.npos; at = got.find(end, at + end.size())) ++times;
      return times;
    };
    while (seen() < count) {
      char bytes[4096];
      ERR_clear_error();
      const int size = SSL_read(ssl_, bytes, sizeof bytes);
      if (size <= 0) break;
      got.append(bytes, static_cast<std::size_t>(size));
    }
    return got;
  }
  std::string read_all() { return read_until("\xff never"); }
  int socket() const { return socket_; }
  void hang_up() { ::shutdown(socket_, SHUT_RDWR); }

 private:
  int socket_;
  SSL_CTX* context_;
  SSL* ssl_;
};

}  // namespace kontena::test
