#include "kontena/base/ipv6.h"

#include <arpa/inet.h>

#include <array>

#include "kontena/base/text.h"

namespace kontena {
namespace {

constexpr std::string_view reverse_suffix = ".ip6.arpa";
constexpr std::string_view digits = "0123456789abcdef";

// The first `bits` bits of a number of 64.
std::uint64_t head_of(std::uint64_t number, int bits) {
  return bits <= 0 ? 0 : bits >= 64 ? number : number & ~std::uint64_t{0} << (64 - bits);
}
Ipv6 head_of(Ipv6 address, int bits) { return {head_of(address.high, bits), head_of(address.low, bits - 64)}; }

// Of the lowest digit, 0, to the highest, 31.
unsigned digit(Ipv6 address, int n) {
  return static_cast<unsigned>((n < 16 ? address.low >> (4 * n) : address.high >> (4 * (n - 16))) & 0xf);
}

}  // namespace

bool Subnet6::contains(Ipv6 address) const { return head_of(address, bits) == base; }

std::string bytes_of(Ipv6 address) {
  std::string bytes;
  for (int n = 31; n > 0; n -= 2) bytes += static_cast<char>(digit(address, n) << 4 | digit(address, n - 1));
  return bytes;
}

Ipv6 ipv6_of(std::string_view bytes) {
  Ipv6 address;
  for (std::size_t i = 0; i < 16; ++i) {
    std::uint64_t& half = i < 8 ? address.high : address.low;
    half = half << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return address;
}

std::string to_text(Ipv6 address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::string bytes = bytes_of(address);
  ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string to_text(const Subnet6& subnet) { return to_text(subnet.base) + '/' + std::to_string(subnet.bits); }

std::string reverse_name(Ipv6 address) {
  std::string text;
  for (int n = 0; n < 32; ++n) {
    if (n > 0) text += '.';
    text += digits[digit(address, n)];
  }
  return text.append(reverse_suffix);
}

std::optional<Ipv6> parse_ipv6(std::string_view text) {
  std::array<char, 16> bytes{};
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (::inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return ipv6_of({bytes.data(), bytes.size()});
}

std::optional<Subnet6> parse_subnet6(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view count = text.substr(slash + 1);
  const auto base = parse_ipv6(text.substr(0, slash));
  const auto bits = text::integer(count);
  if (!base || !bits || *bits < 0 || *bits > 128 || std::to_string(*bits) != count) return std::nullopt;
  const int length = static_cast<int>(*bits);
  return head_of(*base, length) == *base ? std::optional(Subnet6{*base, length}) : std::nullopt;
}

std::optional<Ipv6> reversed_ipv6(std::string_view name) {
  if (name.size() != 63 + reverse_suffix.size() || !name.ends_with(reverse_suffix)) return std::nullopt;
  Ipv6 address;
  for (std::size_t n = 32; n-- > 0;) {
    const std::size_t value = digits.find(name[2 * n]);
    if (value == std::string_view::npos || (n < 31 && name[2 * n + 1] != '.')) return std::nullopt;
    address.high = address.high << 4 | address.low >> 60;
    address.low = address.low << 4 | value;
  }
  return address;
}

}  // namespace kontena
