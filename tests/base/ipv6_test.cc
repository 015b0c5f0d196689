#include "kontena/base/ipv6.h"

#include <doctest/doctest.h>

namespace kontena {

TEST_CASE("an IPv6 address is read and written in its shortest form") {
  CHECK(parse_ipv6("fd00::1") == Ipv6{0xfd00000000000000, 1});
  CHECK(to_text(*parse_ipv6("FD00:0:0:0::0001")) == "fd00::1");
  CHECK(to_text(*parse_ipv6("2001:3984:3989::10")) == "2001:3984:3989::10");
  CHECK(to_text(*parse_ipv6("fd00::10.80.16.9")) == "fd00::a50:1009");
  CHECK(to_text(Ipv6{}) == "::");
  for (const char* wrong : {"", "10.0.0.1", "fd00::1%eth0", "[fd00::1]", "fd00:::1", "fd00::1/64", "fd00::12345"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_ipv6(wrong));
  }
  CHECK_FALSE(parse_ipv6(std::string_view("fd00::1\0", 8)));
}

TEST_CASE("an IPv6 subnet has no bits of a host") {
  CHECK(to_text(*parse_subnet6("fd00:1::/64")) == "fd00:1::/64");
  CHECK(to_text(*parse_subnet6("::/0")) == "::/0");
  CHECK(parse_subnet6("fd00::1/128"));
  for (const char* wrong : {"fd00::1/64", "fd00::", "fd00::/129", "fd00::/", "fd00::/064", "fd00::/-1", "10.0.0.0/8"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_subnet6(wrong));
  }
}

TEST_CASE("an IPv6 subnet contains what begins like it") {
  const Subnet6 wide = *parse_subnet6("fd00:1::/48"), narrow = *parse_subnet6("fd00:1:0:2::/64"), tail = *parse_subnet6("fd00:1:0:2:0:1::/96");
  CHECK(wide.contains(narrow));
  CHECK(narrow.contains(tail));
  CHECK(tail.overlaps(wide));
  CHECK_FALSE(narrow.contains(wide));
  CHECK(narrow.contains(*parse_ipv6("fd00:1:0:2:ffff:ffff:ffff:ffff")));
  CHECK_FALSE(narrow.contains(*parse_ipv6("fd00:1:0:3::")));
  CHECK_FALSE(tail.contains(*parse_ipv6("fd00:1:0:2:0:2::")));
}

TEST_CASE("an IPv6 address has a name to be asked by, and 16 bytes") {
  const Ipv6 address = *parse_ipv6("2001:db8::567:89ab");
  CHECK(reverse_name(address) == "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  CHECK(reversed_ipv6(reverse_name(address)) == address);
  CHECK_FALSE(reversed_ipv6("8.b.d.0.1.0.0.2.ip6.arpa"));
  CHECK_FALSE(reversed_ipv6("b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.x.ip6.arpa"));
  CHECK_FALSE(reversed_ipv6("1.0.0.10.in-addr.arpa"));
  CHECK(ipv6_of(bytes_of(address)) == address);
}

}  // namespace kontena
