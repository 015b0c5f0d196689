// The socket of uapi.h.
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fault.h"
#include "uapi.h"

namespace kontena::netlink::uapi {
namespace {

constexpr std::size_t answer_limit = 64u << 20;
// Of silence. A process on a crowded machine is slow, but not so slow.
constexpr timeval patience{10, 0};

}  // namespace

std::string socket_path(const std::string& sockets, const std::string& device) {
  return sockets + "/" + device + ".sock";
}

Result<Descriptor> connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{Code::invalid_argument, "the path '" + path + "' is too long for a socket"};
  std::memcpy(address.sun_path, path.c_str(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fault(errno).in("opening a socket");
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  while (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    if (errno != EINTR) return fault(errno).in("connecting to '" + path + "'");
  return socket;
}

Result<std::string> exchange(const std::string& path, std::string_view request, std::size_t enough) {
  KTN_TRY(const auto socket, connect(path));
  while (!request.empty()) {
    const auto sent = ::send(socket.number(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // Of what it does not like it says so and hangs up without having read the rest.
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) break;
    if (sent < 0) return fault(errno).in("writing to '" + path + "'");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string answer, piece(64u << 10, '\0');
  while (!answer.ends_with("\n\n") && answer.size() < enough) {
    if (answer.size() > answer_limit) return Error{Code::exhausted, "the answer on '" + path + "' does not end"};
    const auto got = ::recv(socket.number(), piece.data(), std::min(piece.size(), enough - answer.size()), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fault(errno).in("reading from '" + path + "'");
    if (got == 0) break;
    answer.append(piece, 0, static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace kontena::netlink::uapi
