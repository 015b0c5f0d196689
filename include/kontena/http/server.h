#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/http/message.h"

namespace kontena::http {

struct ServerOptions {
  std::string address = "0.0.0.0";
  int port = 0;  // 0 = any free one
  std::string certificate_pem;  // the chain to send: the server's, then its CA's, so that clients can pin the CA
  std::string key_pem;
  std::string client_ca_pem;  // a client may show a certificate of this CA, expired ones too; one of another is refused
  // Half of them at most are of peers that have shown no certificate. For one more of
  // those, one is cut off that has no request under way.
  std::size_t max_connections = 10'000;
  std::size_t max_header_bytes = 16u << 10;
  std::size_t max_headers = 64;
  std::size_t max_path_bytes = 2u << 10;
  // Without a byte of a body that has begun (one that the handler does not read
  // itself also has to come at 1 KB/s), or of taking an answer; for a whole
  // handshake, and for a whole head.
  Duration read_timeout{30'000};
  Duration idle_timeout{60'000};  // of a kept-alive connection between requests

  // The largest body of this request (its `body` is still empty), or nothing where
  // the handler reads it itself through `upload`. Asked before the body is read;
  // unset, it is 1 MB for all. A larger one is answered with 413.
  std::function<std::optional<std::size_t>(const Request&)> body_limit;
};

// Called on a thread of the connection's own for each request, many at a time.
// What it throws becomes a bare 500. The thread's stack has 512 KB.
using Handler = std::function<Response(Request&)>;

// HTTP/1.1 over TLS 1.2 or newer. There is no plain HTTP.
class Server {
 public:
  virtual ~Server() = default;
  virtual int port() const = 0;
  // Shows this certificate from the next handshake on; connections that stand go on.
  // An error leaves things as they were.
  virtual Status use_certificate(const std::string& certificate_pem, const std::string& key_pem) = 0;
  // Refuses new requests, ends idle connections, uploads and streams, and waits for
  // the handlers, whose answers have 5 s to be taken. A handler that waits for
  // something else has to be woken by the caller, before or meanwhile: stop() does
  // not return while one runs. May be called twice.
  virtual void stop() = 0;
};

// Listens, and serves until stop().
Result<std::unique_ptr<Server>> serve(ServerOptions, Handler);

}  // namespace kontena::http
