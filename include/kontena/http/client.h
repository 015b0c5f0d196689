#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/redacted.h"
#include "kontena/http/message.h"

namespace kontena::http {

struct ClientOptions {
  std::string url;          // "https://host:7443", or "http://docker" with unix_socket
  std::string unix_socket;  // path; "" = TCP
  std::string ca_pem;       // the only CA trusted, by value; "" with `insecure`
  bool insecure = false;    // check nothing: only for fetching the CA's certificate, which is then held against its pin
  std::string certificate_pem;  // our own, to show
  Redacted key_pem;
  bool clear = false;  // "http://" over TCP, without TLS: of another's service only, and where the user said so
  Redacted bearer;  // token sent as Authorization: Bearer
  std::string user_agent;
  Duration connect_timeout{5'000};
  std::size_t largest_body = 64u << 20;  // of an answer that is kept in memory
};

// Speaks to one server over kept-alive connections. Safe from any thread; each
// request in flight has a connection of its own.
//
// Failures before an answer came are Code::unavailable (cannot connect, broken
// off), Code::deadline_exceeded, Code::exhausted (an answer of more than largest_body in
// memory), or Code::unauthenticated (TLS: the message tells an unknown CA from a
// wrong name, and the names the certificate has). An answer of any status is a
// success here.
//
// A request with a body and no content-type header is sent as application/json.
// Where a kept-alive connection turns out to be dead, GET, HEAD, PUT and DELETE are
// sent again over another; a POST fails with Code::unavailable, as it may have been
// carried out. Plain HTTP is spoken over a unix socket only, but for `clear`.
class Client {
 public:
  virtual ~Client() = default;

  virtual Result<Response> send(const Request&, Duration timeout) = 0;

  // The answer's body goes to on_bytes piece by piece until it returns false (the
  // answer is then Done) or the body ends. `quiet` is the longest silence. While nothing
  // comes after the head of an answer, on_bytes gets "" each second, and may end it so. A
  // status of 300 and more is returned as Response with its body, on_bytes not called.
  using Bytes = std::function<bool(std::string_view)>;
  virtual Result<Response> stream(const Request&, Duration quiet, const Bytes& on_bytes) = 0;

  // Sends a body of unknown length: `next` gives the next piece, waits for it if need
  // be, and gives "" at the end. Each piece is on the wire before the next is asked for.
  using Source = std::function<std::string()>;
  virtual Result<Response> upload(const Request&, Duration quiet, const Source& next) = 0;

  // Both: a body of unknown length goes out as with upload(), and the answer's comes in
  // as with stream(). A piece that is none breaks the request off, so that the other
  // side does not take what it has for the whole; that is Code::failed_precondition.
  using Pieces = std::function<std::optional<std::string>()>;
  virtual Result<Response> exchange(const Request&, Duration quiet, const Pieces& next, const Bytes& on_bytes) {
    static_cast<void>(quiet), static_cast<void>(next), static_cast<void>(on_bytes);
    return Error{Code::unsupported, "this client does not send and receive at once"};
  }

  // This machine is reached another way than before: within a second whoever waits for an answer
  // is told Code::unavailable, and from now on all is asked over new connections. It does that by
  // itself where what it sent is not even acknowledged.
  virtual void reconnect() {}

  // Shows this certificate of ours on every connection made from now on, and makes new
  // ones for all requests but those under way. Nothing to do for one that shows none.
  virtual void use_certificate(const std::string& certificate_pem, const Redacted& key_pem) {
    static_cast<void>(certificate_pem), static_cast<void>(key_pem);
  }
};

std::unique_ptr<Client> connect(ClientOptions);

}  // namespace kontena::http
