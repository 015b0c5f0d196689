#include "socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kontena/base/text.h"

namespace kontena::dns {
namespace {

constexpr int backlog = 128;
constexpr int receive_buffer = 1 << 20;  // some thousand questions that come at once
constexpr int port_tries = 16;

int open(int kind) { return ::socket(AF_INET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

void set(const Fd& socket, int level, int option, int value) {
  ::setsockopt(socket.get(), level, option, &value, sizeof value);
}

bool bind(const Fd& socket, const Endpoint& at) {
  const sockaddr_in address = to_sockaddr(at);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool connect(const Fd& socket, const Endpoint& to) {
  const sockaddr_in address = to_sockaddr(to);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Endpoint bound_to(const Fd& socket) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return {};
  return from_sockaddr(own);
}

// 0, or errno.
int open_pair(const Endpoint& at, Listening& pair) {
  pair.udp = Fd(open(SOCK_DGRAM));
  pair.tcp = Fd(open(SOCK_STREAM));
  if (!pair.udp || !pair.tcp) return errno;
  set(pair.udp, IPPROTO_IP, IP_FREEBIND, 1);
  set(pair.tcp, IPPROTO_IP, IP_FREEBIND, 1);
  set(pair.tcp, SOL_SOCKET, SO_REUSEADDR, 1);
  set(pair.udp, SOL_SOCKET, SO_RCVBUF, receive_buffer);
  set(pair.udp, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer);
  // No path's MTU is learnt from packets that anyone can send: ours are short enough for all.
  set(pair.udp, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  if (!bind(pair.udp, at)) return errno;
  pair.at = bound_to(pair.udp);
  if (!bind(pair.tcp, pair.at) || ::listen(pair.tcp.get(), backlog) != 0) return errno;
  return 0;
}

}  // namespace

void Fd::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address.value);
  return address;
}

Endpoint from_sockaddr(const sockaddr_in& address) {
  return {{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

Result<Listening> open_listening(const Endpoint& at) {
  Listening pair;
  int reason = open_pair(at, pair);
  // The port that is free for UDP need not be so for TCP.
  for (int left = port_tries; reason == EADDRINUSE && at.port == 0 && left > 0; --left) reason = open_pair(at, pair);
  if (reason == 0) return pair;
  return Error{Code::unavailable,
               "cannot answer names at " + to_text(at.address) + ':' + std::to_string(at.port) + ": " +
                   text::lower(std::strerror(reason)),
               reason == EADDRINUSE ? "another program has this port; see which with `ss -lnptu`" : ""};
}

Fd open_udp_to(const Endpoint& server) {
  Fd socket(open(SOCK_DGRAM));
  if (socket && !connect(socket, server)) socket.close();
  return socket;
}

Fd open_tcp_to(const Endpoint& server) {
  Fd socket(open(SOCK_STREAM));
  if (!socket) return socket;
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!connect(socket, server) && errno != EINPROGRESS) socket.close();
  return socket;
}

}  // namespace kontena::dns
