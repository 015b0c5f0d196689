#include "kontena/netlink/inside.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "descriptor.h"
#include "fault.h"
#include "kontena/base/text.h"

namespace kontena::netlink {
namespace {

using Steady = std::chrono::steady_clock;

sockaddr_in socket_address(Ipv4 to, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(to.value);
  return address;
}

bool connect_to(int socket, Ipv4 to, int port) {
  const sockaddr_in address = socket_address(to, port);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Until then, or an event: whether there is one.
bool wait_for(int socket, short what, Steady::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
    pollfd one{socket, what, 0};
    const int got = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
    if (got > 0) return true;
    if (got == 0 || errno != EINTR) return false;
  }
}

bool is_unreachable(int error) {
  return error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN || error == ENETDOWN || error == EACCES ||
         error == EPERM;
}

// "0100007F" → "127.0.0.1": the kernel prints the words as this machine has them.
std::optional<std::string> address_text(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  std::array<unsigned char, 16> bytes{};
  for (std::size_t word = 0; word < hex.size() / 8; ++word) {
    std::uint32_t value = 0;
    for (const char c : hex.substr(word * 8, 8)) {
      const auto digit = std::string_view("0123456789ABCDEF").find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    std::memcpy(bytes.data() + word * 4, &value, 4);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(hex.size() == 8 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

std::string network_of(std::int64_t pid) { return "/proc/" + std::to_string(pid) + "/ns/net"; }

Status inside(const std::string& path, const std::function<void()>& act, const std::function<bool()>& still) {
  const Descriptor network(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!network) return fault(errno, "opening the network of a process");
  if (still && !still()) return Error{Code::not_found, "the process has ended meanwhile"};
  Status entered = Done{};
  // Not this thread, which would have to find its way back.
  std::thread([&] {
    if (::setns(network.number(), CLONE_NEWNET) != 0)
      entered = fault(errno, "entering the network of a process");
    else
      act();
  }).join();
  return entered;
}

Result<int> mtu_towards(Ipv4 to) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // As it is at the interface, whatever was learnt of the path.
  const int probe = IP_PMTUDISC_PROBE;
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (!socket || ::setsockopt(socket.number(), IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe) != 0 ||
      !connect_to(socket.number(), to, 9) || ::getsockopt(socket.number(), IPPROTO_IP, IP_MTU, &mtu, &size) != 0)
    return fault(errno);
  return mtu;
}

Knock knock(Ipv4 to, int port, Duration at_most) {
  const auto until = Steady::now() + at_most;
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int error = 0;
  if (!socket || (!connect_to(socket.number(), to, port) && errno != EINPROGRESS)) {
    error = errno;
  } else if (!wait_for(socket.number(), POLLOUT, until)) {
    return {Knock::Door::silent, "no answer"};
  } else {
    socklen_t size = sizeof error;
    if (::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  if (error == 0) return {Knock::Door::open, ""};
  const auto door = error == ECONNREFUSED || error == ECONNRESET ? Knock::Door::refused
                    : error == ETIMEDOUT                         ? Knock::Door::silent
                                                                 : Knock::Door::unreachable;
  return {door, text::lower(std::strerror(error))};
}

Result<std::optional<std::string>> exchange(Ipv4 to, int port, std::string_view question, Duration at_most,
                                            const std::function<bool(std::string_view)>& fits) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || !connect_to(socket.number(), to, port)) return fault(errno);
  std::array<char, 65536> buffer;
  for (int tried = 0; tried < 2; ++tried) {
    const auto until = Steady::now() + at_most / 2;
    if (::send(socket.number(), question.data(), question.size(), MSG_NOSIGNAL) < 0 && !is_unreachable(errno) &&
        errno != ECONNREFUSED)
      return fault(errno);
    while (wait_for(socket.number(), POLLIN, until)) {
      const ssize_t got = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == ECONNREFUSED) return Error{Code::unavailable, "nobody listens there"};
      if (got < 0 && is_unreachable(errno)) return Error{Code::unavailable, "it cannot be reached"};
      if (got < 0) break;
      const std::string_view answer(buffer.data(), static_cast<std::size_t>(got));
      if (fits(answer)) return std::optional(std::string(answer));
    }
  }
  return std::optional<std::string>();
}

std::vector<std::string> listeners(std::string_view text, int port) {
  std::vector<std::string> found;
  for (const std::string& line : text::split(text, '\n')) {
    // "  0: 00000000:0050 00000000:0000 0A …": number, local, remote, state, in hexadecimal
    std::vector<std::string> words;
    for (std::string& word : text::split(line, ' '))
      if (!word.empty()) words.push_back(std::move(word));
    if (words.size() < 4 || words[3] != "0A") continue;
    const auto colon = words[1].find(':');
    char wanted[8];
    std::snprintf(wanted, sizeof wanted, "%04X", static_cast<unsigned>(port) & 0xffff);
    if (colon == std::string::npos || words[1].substr(colon + 1) != wanted) continue;
    if (auto address = address_text(std::string_view(words[1]).substr(0, colon))) found.push_back(*std::move(address));
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

}  // namespace kontena::netlink
