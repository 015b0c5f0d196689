#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kontena {

// An address, as two numbers in host order: of fd00::1 `high` is 0xfd00000000000000.
struct Ipv6 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Ipv6&, const Ipv6&) = default;
};

// The addresses whose first `bits` bits are those of `base`; the others of `base` are 0.
struct Subnet6 {
  Ipv6 base;
  int bits = 128;  // 0..128

  bool contains(Ipv6) const;
  bool contains(const Subnet6& other) const { return other.bits >= bits && contains(other.base); }
  bool overlaps(const Subnet6& other) const { return contains(other.base) || other.contains(base); }
  friend auto operator<=>(const Subnet6&, const Subnet6&) = default;
};

std::string to_text(Ipv6);            // "fd00::1", as RFC 5952 has it
std::string to_text(const Subnet6&);  // "fd00:1::/64"
std::string reverse_name(Ipv6);       // "1.0.0.….d.f.ip6.arpa"

// The 16 bytes as packets have them, and back; REQUIRES: 16 bytes.
std::string bytes_of(Ipv6);
Ipv6 ipv6_of(std::string_view bytes);

std::optional<Ipv6> parse_ipv6(std::string_view);  // no zone, no brackets
// With "/BITS"; none where a bit of the host's part is set, which is most likely a slip.
std::optional<Subnet6> parse_subnet6(std::string_view);
std::optional<Ipv6> reversed_ipv6(std::string_view);  // what reverse_name() gives, in lower case

}  // namespace kontena
