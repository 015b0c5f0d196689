#include <httplib.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "connection.h"
#include "crew.h"
#include "exchange.h"
#include "gate.h"
#include "guests.h"
#include "kontena/base/log.h"
#include "kontena/base/loop.h"
#include "kontena/base/synced.h"
#include "kontena/http/server.h"
#include "listener.h"
#include "tls.h"

namespace kontena::http {
namespace {

constexpr Duration complain_again{10'000};

// httplib's server without its listening, its TLS and its threads: it takes one
// request off a Stream and writes the answer to it. The Exchange travels as the
// session's app data. Paths with ':' keep it off std::regex.
class Protocol final : public httplib::Server {
 public:
  Protocol() {
    Get("/:x",
        [](const httplib::Request& request, httplib::Response& to) { exchange_of(request).answer(to, nullptr); });
    Post("/:x", [](const httplib::Request& request, httplib::Response& to, const httplib::ContentReader& reader) {
      exchange_of(request).answer(to, &reader);
    });
    set_post_routing_handler([](const httplib::Request&, httplib::Response& to) {
      // Promises that are not ours.
      to.headers.erase("Keep-Alive");
      to.headers.erase("Accept-Ranges");
      if (to.status == 204 || to.status == 304) to.headers.erase("Content-Length");
    });
    svr_sock_ = 0;  // it is not used, but INVALID_SOCKET would mean "shutting down"
  }

  bool run(Connection& connection, Exchange& exchange) {
    SSL_set_app_data(connection.session(), &exchange);
    connection.give(exchange.head_for_httplib());
    bool closed = false;
    return process_request(connection, "", 0, "", 0, false, closed,
                           [&](httplib::Request& request) { request.ssl = connection.session(); });
  }

 private:
  static Exchange& exchange_of(const httplib::Request& request) {
    return *static_cast<Exchange*>(SSL_get_app_data(request.ssl));
  }
};

class HttplibServer final : public Server {
 public:
  HttplibServer(ServerOptions options, Handler handler, TlsContext context, Listener listener)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        context_(std::shared_ptr<SSL_CTX>(std::move(context))),
        listener_(std::move(listener)),
        guests_(std::max<std::size_t>(options_.max_connections / 2, 1)),
        handshakes_(std::max(std::thread::hardware_concurrency(), 1u)),
        crew_(options_.max_connections),
        acceptor_("accept", Duration(0), [this] { accept(); }) {
    acceptor_.start();
  }
  ~HttplibServer() override { stop(); }

  int port() const override { return listener_.port(); }

  Status use_certificate(const std::string& certificate_pem, const std::string& key_pem) override {
    ServerOptions with = options_;
    with.certificate_pem = certificate_pem;
    with.key_pem = key_pem;
    // A context of its own, so that no ticket of the old one is taken for a session.
    KTN_TRY(TlsContext made, server_context(with));
    std::shared_ptr<SSL_CTX> next(std::move(made));
    context_.with([&](auto& now) { now.swap(next); });
    return Done{};
  }

  void stop() override {
    sign_.raise();
    acceptor_.stop();
    listener_.close();
    while (!crew_.wait(StopSign::grace)) log::warn("still waiting for requests to end", {});
  }

 private:
  // One round of accepting. No error ends it: those of a connection concern that
  // one, and those of want (descriptors, memory) pass.
  void accept() {
    Listener::Accepted accepted = listener_.accept(sign_.readable());
    if (sign_.raised()) {
      if (accepted.socket >= 0) ::close(accepted.socket);
      return;
    }
    if (accepted.socket < 0) {
      if (accepted.reason == EAGAIN || accepted.reason == EINTR || accepted.reason == ECONNABORTED) return;
      complain(std::strerror(accepted.reason));
      pollfd stop{sign_.readable(), POLLIN, 0};
      ::poll(&stop, 1, 100);  // a round at once would most likely fail again
      return;
    }
    // Refusing under TLS would cost a handshake, the very thing there is too much of.
    const int socket = accepted.socket;
    if (!crew_.run([this, socket, address = std::move(accepted.address)] { serve(socket, address); })) {
      ::close(socket);
      complain("too many connections");
    }
  }

  void complain(std::string_view reason) {
    const Duration now = SystemClock().steady();
    if (complained_ != Duration(0) && now - complained_ < complain_again) return;
    complained_ = now;
    log::warn("connections are refused", {{"reason", reason}});
  }

  void serve(int socket, const std::string& address) {
    const auto context = context_.with([](const auto& now) { return now; });
    Connection connection(socket, TlsSession(SSL_new(context.get())), sign_);
    Guests::Stay stay(guests_, socket, address);
    if (!stay.admitted() || !connection.session() || !connection.handshake(options_.read_timeout, handshakes_, address)) return;
    Peer peer = peer_of(connection.session());
    peer.address = address;
    if (!peer.fingerprint.empty()) stay.end();
    const Handler handler = [&](Request& request) {
      stay.serving(true);
      Response response = handler_(request);
      if (!response.stream) stay.serving(false);  // who does not take its answer only holds its place
      return response;
    };
    const HeadLimits limits{options_.max_header_bytes, options_.max_headers, options_.max_path_bytes};
    while (auto text = connection.read_head(options_.idle_timeout, options_.read_timeout, limits.bytes)) {
      Exchange exchange(options_, handler, connection, peer, parse_head(*text, limits));
      text.reset();  // a long wait needs no second copy
      const bool written = protocol_.run(connection, exchange);
      stay.serving(false);
      if (!connection.flush() || !written || !exchange.keep_alive()) return connection.close(exchange.unread());
    }
    connection.close(false);
  }

  const ServerOptions options_;
  const Handler handler_;
  Synced<std::shared_ptr<SSL_CTX>> context_;  // a session keeps its own
  Listener listener_;
  StopSign sign_;
  Protocol protocol_;
  Guests guests_;
  Gate handshakes_;
  Crew crew_;
  Duration complained_{};  // the acceptor's
  Loop acceptor_;
};

}  // namespace

Result<std::unique_ptr<Server>> serve(ServerOptions options, Handler handler) {
  KTN_TRY(TlsContext context, server_context(options));
  KTN_TRY(Listener listener, Listener::open(options.address, options.port));
  return std::unique_ptr<Server>(
      std::make_unique<HttplibServer>(std::move(options), std::move(handler), std::move(context), std::move(listener)));
}

}  // namespace kontena::http
