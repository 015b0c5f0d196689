#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "kontena/base/synced.h"
#include "support/temp_folder.h"

namespace kontena::test {

// One accepted connection, spoken to in raw bytes.
class Wire {
 public:
  explicit Wire(int socket) : socket_(socket) {}
  ~Wire() { ::close(socket_); }
  Wire(const Wire&) = delete;

  // What comes until `end` is in it, the peer closes, or nothing came for a while.
  std::string read_until(std::string_view end) {
    std::string got;
    while (got.find(end) == std::string::npos) {
      pollfd wait{socket_, POLLIN, 0};
      char bytes[4096];
      if (::poll(&wait, 1, 5000) != 1) break;
      const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
      if (size <= 0) break;
      got.append(bytes, static_cast<std::size_t>(size));
    }
    return got;
  }
  void write(std::string_view bytes) { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

 private:
  int socket_;
};

// Listens on a unix socket and plays `each(wire, n)` for the nth connection, from 0.
class CannedServer {
 public:
  explicit CannedServer(std::function<void(Wire&, int)> each) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    thread_ = std::thread([this, each = std::move(each)] {
      for (int n = 0;; ++n) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        Wire wire(socket);
        each(wire, n);
      }
    });
  }
  ~CannedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  const std::string& path() const { return path_; }

 private:
  const TempFolder folder_;
  const std::string path_ = folder_ / "s";
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace kontena::test
