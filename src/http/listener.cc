#include "listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "kontena/base/text.h"

namespace kontena::http {
namespace {

constexpr int backlog = 1024;

struct Free {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::string address_text(const sockaddr_storage& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text.data(), text.size());
  } else if (peer.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, text.data(), text.size());
  }
  constexpr std::string_view mapped = "::ffff:";  // IPv4 on a socket of IPv6
  const std::string_view address = text.data();
  return std::string(address.starts_with(mapped) && address.find('.') != address.npos ? address.substr(mapped.size())
                                                                                      : address);
}

void set(int socket, int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); }

int port_of(int socket) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  return ntohs(own.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(own).sin6_port
                                         : reinterpret_cast<sockaddr_in&>(own).sin_port);
}

}  // namespace

Result<Listener> Listener::open(const std::string& address, int port) {
  const std::string place =
      (address.find(':') == address.npos ? address : '[' + address + ']') + ':' + std::to_string(port);
  if (port < 0 || port > 65535)
    return Error{Code::invalid_argument, "cannot listen on " + place + ": ports go up to 65535"};
  addrinfo wanted{.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found); failed != 0)
    return Error{Code::invalid_argument, "cannot listen on " + place + ": " + text::lower(::gai_strerror(failed))};
  const std::unique_ptr<addrinfo, Free> list(found);
  const int socket = ::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  Listener listener(socket, port);
  if (socket >= 0) {
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (list->ai_family == AF_INET6) set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  if (socket < 0 || ::bind(socket, list->ai_addr, list->ai_addrlen) != 0 || ::listen(socket, backlog) != 0) {
    const int reason = errno;
    return Error{Code::unavailable, "cannot listen on " + place + ": " + text::lower(std::strerror(reason)),
                 reason == EADDRINUSE ? "another program has this port; see which with `ss -ltnp`" : ""};
  }
  listener.port_ = port_of(socket);
  return listener;
}

void Listener::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

Listener::Accepted Listener::accept(int stop) const {
  pollfd fds[2] = {{socket_, POLLIN, 0}, {stop, POLLIN, 0}};
  if (::poll(fds, 2, -1) < 0) return {.reason = errno};
  if (fds[1].revents != 0) return {.reason = EAGAIN};
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  Accepted accepted;
  accepted.socket = ::accept4(socket_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted.socket < 0) return {.reason = errno};
  set(accepted.socket, IPPROTO_TCP, TCP_NODELAY, 1);
  // A packet that is lost is sent again every quarter of a second or so, not ever more seldom:
  // beats and their answers are a packet each, and three lost ones in a row would make a lost node.
  set(accepted.socket, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1);
  // A machine that vanished during a long wait is noticed within a minute.
  set(accepted.socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(accepted.socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(accepted.socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(accepted.socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
  accepted.address = address_text(peer);
  return accepted;
}

}  // namespace kontena::http
