#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"

// HTTPS without threads: thousands of connections of one program, each with a
// client certificate of its own.
namespace kontena::load {

template <auto release>
struct Free {
  void operator()(auto* object) const { release(object); }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

// What a client shows; both empty for one that shows nothing.
struct Papers {
  Certificate certificate;
  Key key;
};
Result<Papers> read_papers(const std::string& certificate_pem, const Redacted& key_pem);

// The server, and whom its certificate has to be of. Outlives its channels.
class Place {
 public:
  static Result<std::unique_ptr<Place>> find(const std::string& host, int port, const std::string& ca_pem);

  sockaddr_in address{};
  std::string host;
  Context context;
};

struct Answer {
  int status = 0;
  std::string body;
};

// One connection, made when it is needed, with one request at a time. Of one
// thread: whoever has the epoll calls on_ready() for its events.
class Channel {
 public:
  using Answered = std::function<void(std::optional<Answer>)>;  // none: broken off

  Channel(const Place& place, int epoll, const Papers* papers) : place_(place), epoll_(epoll), papers_(papers) {}
  ~Channel() { close(); }
  Channel(const Channel&) = delete;

  bool busy() const { return answered_ != nullptr; }
  bool open() const { return state_ == State::open; }
  // REQUIRES: !busy(). `answered` may be called from within, and may ask again.
  void ask(std::string request, Answered answered);
  void on_ready();
  void close();  // a request under way is forgotten
  void fail();   // ... is answered with none

 private:
  enum class State { closed, connecting, shaking, open };
  bool connect();
  bool shake();
  void exchange();
  bool take_answer();

  const Place& place_;
  const int epoll_;
  const Papers* papers_;
  State state_ = State::closed;
  int socket_ = -1;
  std::unique_ptr<SSL, Free<SSL_free>> session_;
  std::string out_, in_;
  Answered answered_;
};

// "POST /v1/agent/beat" with its body, as it goes over the wire.
std::string request_text(std::string_view method, const std::string& path, const std::string& body,
                         const std::string& bearer = "");

}  // namespace kontena::load
