#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kontena {

// An address, in host order: 10.0.0.1 is 0x0a000001.
struct Ipv4 {
  std::uint32_t value = 0;
  friend auto operator<=>(const Ipv4&, const Ipv4&) = default;
};

// The addresses whose first `bits` bits are those of `base`; the others of `base` are 0.
struct Subnet {
  Ipv4 base;
  int bits = 32;  // 0..32

  std::uint64_t size() const { return std::uint64_t{1} << (32 - bits); }
  Ipv4 last() const { return {static_cast<std::uint32_t>(base.value + (size() - 1))}; }
  Ipv4 at(std::uint32_t n) const { return {base.value + n}; }
  bool contains(Ipv4 address) const { return address >= base && address <= last(); }
  bool contains(const Subnet& other) const { return other.bits >= bits && contains(other.base); }
  bool overlaps(const Subnet& other) const { return contains(other.base) || other.contains(base); }
  friend auto operator<=>(const Subnet&, const Subnet&) = default;
};

std::string to_text(Ipv4);           // "10.0.0.1"
std::string to_text(const Subnet&);  // "10.0.0.0/24"
std::string reverse_name(Ipv4);      // "1.0.0.10.in-addr.arpa"

// Four decimal numbers without leading zeros, and nothing else.
std::optional<Ipv4> parse_ipv4(std::string_view);
// With "/BITS"; none where a bit of the host's part is set, which is most likely a slip.
std::optional<Subnet> parse_subnet(std::string_view);

}  // namespace kontena
