// Streams on sockets.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "docker/frames.h"
#include "kontena/engine/inside.h"

namespace kontena::engine {
namespace {

constexpr std::size_t read_size = 64u << 10;

class SocketConduit final : public Conduit {
 public:
  SocketConduit(int socket, bool framed, std::string first) : socket_(socket), framed_(framed), first_(std::move(first)) {}
  ~SocketConduit() override { ::close(socket_); }
  SocketConduit(const SocketConduit&) = delete;

  Result<Piece> read(Duration limit) override {
    Piece piece;
    const auto take = [&](std::string_view bytes) {
      if (!framed_) {
        piece.output += bytes;
        return;
      }
      frames_.take(bytes, [&](const ExecOutput& one) {
        (one.is_error ? piece.error_output : piece.output) += one.bytes;
        return true;
      });
    };
    if (!first_.empty()) {
      take(std::exchange(first_, {}));
      return piece;
    }
    pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(limit.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return piece;
    std::array<char, read_size> buffer;
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return piece;
    if (got < 0) return Error{Code::unavailable, std::string("the stream broke off: ") + std::strerror(errno)};
    if (got > 0) {
      take({buffer.data(), static_cast<std::size_t>(got)});
      return piece;
    }
    frames_.finish([&](const ExecOutput& one) {
      piece.error_output += one.bytes;
      return true;
    });
    piece.ended = true;
    return piece;
  }

  Status write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto put = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Error{Code::unavailable, std::string("it reads no more: ") + std::strerror(errno)};
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return Done{};
  }
  void end_input() override { ::shutdown(socket_, SHUT_WR); }
  void cut() override { ::shutdown(socket_, SHUT_RDWR); }

 private:
  const int socket_;
  const bool framed_;
  std::string first_;
  docker::Frames frames_;
};

}  // namespace

std::unique_ptr<Conduit> conduit_on(int socket, bool framed, std::string first) {
  return std::make_unique<SocketConduit>(socket, framed, std::move(first));
}

}  // namespace kontena::engine
