#include "wire.h"

#include <algorithm>

#include "kontena/dns/message.h"

namespace kontena::dns {
namespace {

constexpr std::size_t most_name = 255;
constexpr std::size_t most_label = 63;

}  // namespace

std::optional<std::string> Reader::name() {
  std::string wire;
  std::size_t began = at_;  // a pointer must lead before this
  std::size_t after = 0;    // where reading goes on: behind the first pointer
  for (;;) {
    const std::uint8_t length = u8();
    if (!ok_) return std::nullopt;
    if (length > most_label) {
      const std::size_t target = (length & 0x3fu) << 8 | u8();
      if (!ok_ || (length & 0xc0) != 0xc0 || target < header_size || target >= began) return ok_ = false, std::nullopt;
      if (after == 0) after = at_;
      at_ = began = target;
      continue;
    }
    if (!take(length) || wire.size() + 1 + length > most_name) return ok_ = false, std::nullopt;
    wire.append(packet_, at_ - length - 1, length + 1u);
    if (length == 0) break;
  }
  if (after != 0) at_ = after;
  return wire;
}

bool same_name(std::string_view wire, std::string_view other) {
  return std::ranges::equal(wire, other, {}, lower, lower);
}

std::string text_of(std::string_view wire) {
  std::string text;
  text.reserve(wire.size());
  for (std::size_t at = 0; at < wire.size() && wire[at] != 0; at += static_cast<std::uint8_t>(wire[at]) + 1u) {
    if (at > 0) text += '.';
    for (const char c : wire.substr(at + 1, static_cast<std::uint8_t>(wire[at]))) {
      if (c > ' ' && c <= '~' && c != '.' && c != '\\') {
        text += lower(c);
        continue;
      }
      const auto byte = static_cast<std::uint8_t>(c);
      text += '\\';
      for (const int part : {byte / 100, byte / 10 % 10, byte % 10}) text += static_cast<char>('0' + part);
    }
  }
  return text;
}

std::optional<std::string> wire_name(std::string_view text) {
  std::string wire;
  while (!text.empty()) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > most_label || dot + 1 == text.size()) return std::nullopt;
    wire += static_cast<char>(label.size());
    wire += label;
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  wire += '\0';
  return wire.size() <= most_name ? std::optional(std::move(wire)) : std::nullopt;
}

void put_header(std::string& out, std::uint16_t id, std::uint32_t flags, bool question) {
  put16(out, id);
  put16(out, flags);
  put16(out, question ? 1 : 0);
  out.append(6, '\0');
}

void put_opt(std::string& out, std::uint32_t rcode, bool dnssec) {
  out += '\0';
  put16(out, type::opt);
  put16(out, most_udp);
  put16(out, rcode >> 4 << 8);  // its high bits, then the version: 0
  put16(out, dnssec ? dnssec_ok : 0);
  put16(out, 0);
}

}  // namespace kontena::dns
