#pragma once

#include <string>

#include "kontena/base/result.h"

namespace kontena::http {

// A listening TCP socket.
class Listener {
 public:
  static Result<Listener> open(const std::string& address, int port);
  Listener(Listener&& other) noexcept : socket_(other.socket_), port_(other.port_) { other.socket_ = -1; }
  Listener& operator=(Listener&&) = delete;
  ~Listener() { close(); }

  int port() const { return port_; }
  void close();

  struct Accepted {
    int socket = -1;  // non-blocking; -1: none, and `reason` is errno
    int reason = 0;
    std::string address;  // of the peer, without port
  };
  // Waits for a connection until `stop`, a descriptor, is readable.
  Accepted accept(int stop) const;

 private:
  Listener(int socket, int port) : socket_(socket), port_(port) {}
  int socket_;
  int port_;
};

}  // namespace kontena::http
