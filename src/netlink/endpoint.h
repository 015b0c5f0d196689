#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kontena::netlink {

// Where a peer is met: "1.2.3.4:51820" or "[2001:db8::1]:51820".
struct Endpoint {
  std::string address;  // 4 or 16 bytes, in the order of the wire
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

std::optional<Endpoint> parse_endpoint(std::string_view);
std::string to_text(const Endpoint&);

// As the kernel takes and gives it: a sockaddr_in or sockaddr_in6.
std::string socket_address(const Endpoint&);
std::optional<Endpoint> endpoint_in(std::string_view socket_address);

}  // namespace kontena::netlink
