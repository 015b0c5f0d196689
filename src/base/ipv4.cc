#include "kontena/base/ipv4.h"

#include "kontena/base/text.h"

namespace kontena {
namespace {

// A number of 0..most without sign or leading zeros, which some read as octal.
std::optional<std::uint32_t> small_number(std::string_view text, std::uint32_t most) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value <= most ? std::optional(value) : std::nullopt;
}

std::uint32_t octet(Ipv4 address, int n) { return address.value >> (24 - 8 * n) & 0xff; }

}  // namespace

std::string to_text(Ipv4 address) {
  std::string text;
  for (int n = 0; n < 4; ++n) {
    if (n > 0) text += '.';
    text += std::to_string(octet(address, n));
  }
  return text;
}

std::string to_text(const Subnet& subnet) { return to_text(subnet.base) + '/' + std::to_string(subnet.bits); }

std::string reverse_name(Ipv4 address) {
  std::string text;
  for (int n = 3; n >= 0; --n) text += std::to_string(octet(address, n)) + '.';
  return text + "in-addr.arpa";
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  Ipv4 address;
  for (int n = 0; n < 4; ++n) {
    const std::size_t dot = n < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto number = small_number(text.substr(0, dot), 255);
    if (!number) return std::nullopt;
    address.value = address.value << 8 | *number;
    text.remove_prefix(n < 3 ? dot + 1 : dot);
  }
  return address;
}

std::optional<Subnet> parse_subnet(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = parse_ipv4(text.substr(0, slash));
  const auto bits = small_number(text.substr(slash + 1), 32);
  if (!base || !bits) return std::nullopt;
  const Subnet subnet{*base, static_cast<int>(*bits)};
  return base->value % subnet.size() == 0 ? std::optional(subnet) : std::nullopt;
}

}  // namespace kontena
