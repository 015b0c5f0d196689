#pragma once

#include <cstdint>
#include <functional>

#include "kontena/base/ipv4.h"

namespace kontena::dns {

struct Endpoint {
  Ipv4 address;
  std::uint16_t port = 53;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct AddressHash {
  std::size_t operator()(Ipv4 address) const { return std::hash<std::uint32_t>{}(address.value * 0x9e3779b1u); }
};

}  // namespace kontena::dns
