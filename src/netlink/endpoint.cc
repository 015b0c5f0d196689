#include "endpoint.h"

#include "kontena/netlink/wireguard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "kontena/base/ipv4.h"
#include "kontena/base/text.h"

namespace kontena::netlink {
namespace {

template <class Address>
std::string bytes_of(const Address& address) {
  return std::string(reinterpret_cast<const char*>(&address), sizeof address);
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = text::integer(text.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  Endpoint endpoint{{}, static_cast<std::uint16_t>(*port)};
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    in6_addr address;
    if (::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &address) != 1) return std::nullopt;
    endpoint.address = bytes_of(address);
  } else {
    const auto address = parse_ipv4(host);
    if (!address) return std::nullopt;
    endpoint.address = bytes_of(::htonl(address->value));
  }
  return endpoint;
}

std::string to_text(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool six = endpoint.address.size() == sizeof(in6_addr);
  ::inet_ntop(six ? AF_INET6 : AF_INET, endpoint.address.data(), text, sizeof text);
  return (six ? "[" + std::string(text) + "]:" : std::string(text) + ":") + std::to_string(endpoint.port);
}

std::string socket_address(const Endpoint& endpoint) {
  if (endpoint.address.size() == sizeof(in6_addr)) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = ::htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.address.data(), sizeof address.sin6_addr);
    return bytes_of(address);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = ::htons(endpoint.port);
  std::memcpy(&address.sin_addr, endpoint.address.data(), sizeof address.sin_addr);
  return bytes_of(address);
}

std::optional<Endpoint> endpoint_in(std::string_view bytes) {
  sa_family_t family = AF_UNSPEC;
  if (bytes.size() >= sizeof family) std::memcpy(&family, bytes.data(), sizeof family);
  if (family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
    sockaddr_in address;
    std::memcpy(&address, bytes.data(), sizeof address);
    return Endpoint{bytes_of(address.sin_addr), ::ntohs(address.sin_port)};
  }
  if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6)) {
    sockaddr_in6 address;
    std::memcpy(&address, bytes.data(), sizeof address);
    return Endpoint{bytes_of(address.sin6_addr), ::ntohs(address.sin6_port)};
  }
  return std::nullopt;
}

bool is_endpoint(std::string_view text) { return parse_endpoint(text).has_value(); }

}  // namespace kontena::netlink
