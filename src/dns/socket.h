#pragma once

#include <netinet/in.h>

#include <utility>

#include "kontena/base/result.h"
#include "kontena/dns/endpoint.h"

namespace kontena::dns {

// A descriptor that is closed with its owner.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_;
};

sockaddr_in to_sockaddr(const Endpoint&);
Endpoint from_sockaddr(const sockaddr_in&);

// A pair at one address and port. Non-blocking; the address need not be the host's yet.
struct Listening {
  Endpoint at;
  Fd udp;
  Fd tcp;
};
Result<Listening> open_listening(const Endpoint&);

// Connected, so that the kernel passes on only what this server sends, and tells at once where
// nobody listens. The kernel picks the port at random, anew for each.
Fd open_udp_to(const Endpoint& server);
Fd open_tcp_to(const Endpoint& server);  // connecting

}  // namespace kontena::dns
