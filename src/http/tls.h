#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "kontena/base/result.h"
#include "kontena/http/message.h"
#include "kontena/http/server.h"

namespace kontena::http {

template <auto release>
struct SslFree {
  void operator()(auto* object) const { release(object); }
};
using TlsContext = std::unique_ptr<SSL_CTX, SslFree<SSL_CTX_free>>;
using TlsSession = std::unique_ptr<SSL, SslFree<SSL_free>>;

// Readies OpenSSL and curl, without OpenSSL's configuration file (see
// pki::init). Cheap after the first time; from any thread.
void ready_tls();

// What a server's connections share: its chain and key, TLS 1.2 or newer, and the
// CA of which a client may, but need not, show a certificate.
Result<TlsContext> server_context(const ServerOptions&);

// Whom the finished handshake has shown; without address.
Peer peer_of(SSL*);

}  // namespace kontena::http
