#pragma once

#include <doctest/doctest.h>

#include "../../src/dns/wire.h"
#include "packets.h"

namespace kontena::dns {

// Reads an answer strictly: whatever is wrong with it fails the test.
inline Read read(std::string_view packet) {
  Read out;
  Reader in(packet);
  out.id = in.u16();
  const unsigned flags = in.u16();
  CHECK((flags & 0x8000) != 0);
  out.rcode = flags & 0xf;
  out.truncated = flags & 0x0200;
  out.authoritative = flags & 0x0400;
  const unsigned questions = in.u16();
  out.answers = in.u16();
  out.authorities = in.u16();
  const unsigned extras = in.u16();
  for (unsigned i = 0; i < questions; ++i) {
    std::string wire = in.name().value();
    for (std::size_t at = 0; wire[at] != 0; at += static_cast<unsigned char>(wire[at]) + 1u)
      out.name += (at ? "." : "") + wire.substr(at + 1, static_cast<unsigned char>(wire[at]));
    in.u32();
  }
  for (unsigned i = 0; i < out.answers + out.authorities + extras; ++i) {
    const bool has_owner = in.name().has_value();
    REQUIRE(has_owner);
    const unsigned kind = in.u16();
    in.u16();
    const std::uint32_t ttl = in.u32();
    const std::size_t size = in.u16();
    const std::size_t end = in.at() + size;
    if (kind == type::opt) out.edns = true, out.rcode |= ttl >> 24 << 4;
    if (i < out.answers) out.ttls.push_back(ttl);
    if (kind == type::a && i < out.answers) {
      out.addresses.push_back(to_text(Ipv4{in.u32()}));
    } else if (kind == type::ptr && i < out.answers) {
      out.pointer = text_of(in.name().value());
    } else {
      in.skip(size);
    }
    REQUIRE(in.ok());
    CHECK(in.at() == end);
  }
  CHECK(in.at_end());
  return out;
}

}  // namespace kontena::dns
