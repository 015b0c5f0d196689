#include "kontena/base/ipv4.h"

#include <doctest/doctest.h>

using namespace kontena;

TEST_CASE("an address is four numbers and nothing else") {
  CHECK(parse_ipv4("10.0.0.1")->value == 0x0a000001);
  CHECK(parse_ipv4("255.255.255.255")->value == 0xffffffff);
  for (const char* wrong : {"", "10", "10.0.0", "10.0.0.", "10.0.0.256", "10.0.0.1.", "10.0.0.01", "10.0..1", " 10.0.0.1",
                            "10.0.0.1 ", "10.0.0.-1", "10.0.0.+1", "a.b.c.d", "10.0.0.1/8", "1.2.3.4.5", "0x0a.0.0.1"}) {
    CAPTURE(wrong);
    CHECK(!parse_ipv4(wrong));
  }
}

TEST_CASE("a subnet has no bit of a host") {
  CHECK(parse_subnet("10.80.0.0/12") == Subnet{{0x0a500000}, 12});
  CHECK(parse_subnet("0.0.0.0/0")->size() == std::uint64_t{1} << 32);
  CHECK(parse_subnet("10.0.0.1/32")->last() == Ipv4{0x0a000001});
  for (const char* wrong : {"10.0.0.1/24", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/08", "10.0.0.0/8/8"}) {
    CAPTURE(wrong);
    CHECK(!parse_subnet(wrong));
  }
}

TEST_CASE("what is written is read again") {
  for (std::uint32_t value : {0u, 1u, 0x0a50fffeu, 0x7f000001u, 0xffffffffu}) CHECK(parse_ipv4(to_text(Ipv4{value})) == Ipv4{value});
  CHECK(to_text(*parse_subnet("172.20.0.0/16")) == "172.20.0.0/16");
  CHECK(reverse_name(*parse_ipv4("10.81.4.7")) == "7.4.81.10.in-addr.arpa");
}

TEST_CASE("subnets overlap where one has the other's first address") {
  const auto subnet = [](const char* text) { return *parse_subnet(text); };
  CHECK(subnet("10.0.0.0/8").overlaps(subnet("10.1.0.0/16")));
  CHECK(subnet("10.1.0.0/16").overlaps(subnet("10.0.0.0/8")));
  CHECK(!subnet("10.1.0.0/16").overlaps(subnet("10.2.0.0/16")));
  CHECK(subnet("10.0.0.0/8").contains(subnet("10.255.255.0/24")));
  CHECK(!subnet("10.255.255.0/24").contains(subnet("10.0.0.0/8")));
  CHECK(subnet("0.0.0.0/0").contains(Ipv4{0xffffffff}));
}
