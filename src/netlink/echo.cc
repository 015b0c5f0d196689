#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "descriptor.h"
#include "fault.h"
#include "kontena/netlink/inside.h"

namespace kontena::netlink {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int headers = 28;  // of IP without options, and of ICMP
constexpr int most_packet = 65535;

std::uint16_t checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    const auto high = static_cast<unsigned char>(bytes[at]);
    const auto low = at + 1 < bytes.size() ? static_cast<unsigned char>(bytes[at + 1]) : 0u;
    sum += (std::uint32_t{high} << 8) | low;
  }
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(static_cast<std::uint16_t>(~sum));
}

// Tells ours from others': of threads of this process, and of other processes.
std::uint16_t fresh_identity() {
  static std::atomic<std::uint16_t> next{0};
  return static_cast<std::uint16_t>(::getpid() * 64 + next++);
}

struct Heard {
  enum class What { nothing, answer, too_large, unreachable } what = What::nothing;
  int mtu = 0;
  std::string why;
};

std::string why_unreachable(int code) {
  switch (code) {
    case ICMP_NET_UNREACH:
      return "no route to its network";
    case ICMP_HOST_UNREACH:
      return "host unreachable";
    case ICMP_NET_ANO:
    case ICMP_HOST_ANO:
    case ICMP_PKT_FILTERED:
      return "prohibited by a firewall";
    case ICMP_PORT_UNREACH:
      return "rejected by a firewall";
    default:
      return "unreachable (" + std::to_string(code) + ')';
  }
}

// What a packet says of our echo to `to`. Raw sockets hear everybody's.
Heard read(std::string_view packet, Ipv4 to, std::uint16_t identity, std::uint16_t sequence) {
  const auto header_of = [](std::string_view bytes) -> std::size_t {
    if (bytes.size() < 20) return 0;
    const std::size_t length = (static_cast<unsigned char>(bytes[0]) & 15u) * 4u;
    return length >= 20 && bytes.size() >= length + sizeof(icmphdr) ? length : 0;
  };
  const std::size_t header = header_of(packet);
  if (header == 0) return {};
  icmphdr icmp{};
  std::memcpy(&icmp, packet.data() + header, sizeof icmp);
  in_addr source{};
  std::memcpy(&source, packet.data() + 12, sizeof source);
  if (icmp.type == ICMP_ECHOREPLY) {
    const bool ours = icmp.un.echo.id == htons(identity) && icmp.un.echo.sequence == htons(sequence) &&
                      source.s_addr == htonl(to.value);
    return {ours ? Heard::What::answer : Heard::What::nothing};
  }
  if (icmp.type != ICMP_DEST_UNREACH) return {};
  // What it is about: the begin of our packet.
  const std::string_view about = packet.substr(header + sizeof icmp);
  const std::size_t inner = header_of(about);
  if (inner == 0) return {};
  icmphdr echo{};
  std::memcpy(&echo, about.data() + inner, sizeof echo);
  if (echo.type != ICMP_ECHO || echo.un.echo.id != htons(identity)) return {};
  if (icmp.code == ICMP_FRAG_NEEDED) return {Heard::What::too_large, ntohs(icmp.un.frag.mtu)};
  std::array<char, INET_ADDRSTRLEN> who{};
  ::inet_ntop(AF_INET, &source, who.data(), who.size());
  return {Heard::What::unreachable, 0, why_unreachable(icmp.code) + ", says " + who.data()};
}

}  // namespace

Result<Echoes> echo(Ipv4 to, int packet, int count, Duration each) {
  packet = std::clamp(packet, headers, most_packet);
  const Descriptor socket(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP));
  const int probe = IP_PMTUDISC_PROBE;  // may not be cut, whatever was learnt of the path
  if (!socket || ::setsockopt(socket.number(), IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe) != 0)
    return fault(errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(to.value);
  const std::uint16_t identity = fresh_identity();
  std::string buffer(most_packet, '\0');
  Echoes told;
  for (int number = 1; number <= count; ++number) {
    std::string message(static_cast<std::size_t>(packet - headers) + sizeof(icmphdr), 'k');
    icmphdr header{};
    header.type = ICMP_ECHO;
    header.un.echo.id = htons(identity);
    header.un.echo.sequence = htons(static_cast<std::uint16_t>(number));
    std::memcpy(message.data(), &header, sizeof header);
    header.checksum = checksum(message);
    std::memcpy(message.data(), &header, sizeof header);
    const auto begun = Steady::now();
    ++told.tried;
    if (::sendto(socket.number(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
                 sizeof address) < 0) {
      if (errno == EMSGSIZE) return Error{Code::invalid_argument, "the packet is larger than the interface takes"};
      told.unreachable = errno == EPERM || errno == EACCES ? "prohibited by a firewall of its own"
                                                           : "the kernel says: " + std::string(std::strerror(errno));
      continue;
    }
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(begun + each - Steady::now()).count();
      pollfd one{socket.number(), POLLIN, 0};
      if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) <= 0) break;
      const ssize_t got = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
      if (got < 0) continue;
      const Heard heard = read(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), to, identity,
                               static_cast<std::uint16_t>(number));
      if (heard.what == Heard::What::nothing) continue;
      if (heard.what == Heard::What::too_large) told.path_mtu = heard.mtu;
      if (heard.what == Heard::What::unreachable) told.unreachable = heard.why;
      if (heard.what == Heard::What::answer) {
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begun).count();
        told.best_us = told.answered++ == 0 ? took : std::min(told.best_us, std::int64_t{took});
      }
      break;
    }
    if (told.path_mtu != 0) break;
  }
  return told;
}

}  // namespace kontena::netlink
