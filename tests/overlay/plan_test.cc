#include "kontena/overlay/plan.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::overlay;

namespace {

Subnet subnet(std::string_view text) { return *parse_subnet(text); }
Ipv4 address(std::string_view text) { return *parse_ipv4(text); }
const Subnet pool = subnet(default_pool);

}  // namespace

TEST_CASE("a pool is private and has room for nodes and a network") {
  CHECK(read_pool("10.80.0.0/12").has_value());
  CHECK(read_pool("100.64.0.0/10").has_value());
  for (const char* wrong : {"", "10.80.0.0", "10.80.0.0/20", "8.0.0.0/8", "10.80.0.1/12", "0.0.0.0/0"}) {
    CAPTURE(wrong);
    CHECK(!read_pool(wrong));
  }
}

TEST_CASE("a node's number is the smallest that is free, and is its address") {
  CHECK(free_number({}) == 1);
  CHECK(free_number({1, 2, 4}) == 3);
  std::set<std::int64_t> all;
  for (std::int64_t n = 1; n <= most_nodes; ++n) all.insert(n);
  CHECK(free_number(all) == 0);
  CHECK(node_address(pool, 1) == address("10.80.0.1"));
  CHECK(node_address(pool, most_nodes) == address("10.80.15.255"));
}

TEST_CASE("networks get blocks that overlap nothing, until there are none") {
  Taken taken{{subnet("10.80.16.0/22"), "a"}, {subnet("10.80.20.0/24"), "declared"}};
  for (int i = 0; i < 200; ++i) {
    const auto block = free_block(pool, taken, "network" + std::to_string(i));
    REQUIRE(block);
    CHECK(block->bits == network_bits);
    for (const auto& [other, who] : taken) CHECK(!other.overlaps(*block));
    taken.emplace(*block, "n" + std::to_string(i));
  }
  const Subnet small = subnet("10.80.0.0/19");
  Taken full;
  int blocks = 0;
  while (const auto block = free_block(small, full, "x")) {
    for (const auto& [other, who] : full) CHECK(!other.overlaps(*block));
    full.emplace(*block, "n" + std::to_string(++blocks));
  }
  CHECK(blocks == 4);
  CHECK(free_block(small, full, "x").error().code == Code::exhausted);
}

TEST_CASE("a declared subnet is refused where it cannot be had") {
  const Taken taken{{subnet("172.20.0.0/16"), "shop.front"}, {subnet("10.0.0.0/9"), "huge"}};
  CHECK(may_have(subnet("172.21.0.0/16"), pool, taken));
  CHECK(may_have(subnet("192.168.7.0/29"), pool, taken));
  CHECK(may_have(subnet("172.20.3.0/24"), pool, taken).error().message ==
        "the subnet 172.20.3.0/24 overlaps 172.20.0.0/16 of network 'shop.front'");
  CHECK(!may_have(subnet("172.16.0.0/12"), pool, taken));
  CHECK(!may_have(subnet("10.127.0.0/16"), pool, taken));  // in the middle of a large one
  CHECK(!may_have(subnet("10.80.8.0/24"), pool, {}));      // the nodes'
  CHECK(!may_have(subnet("192.168.7.0/30"), pool, taken));
  CHECK(!may_have(subnet("8.8.8.0/24"), pool, taken));
}

TEST_CASE("an address is free, in its range, and nobody else's") {
  Range range{subnet("10.81.4.0/29"), subnet("10.81.4.0/29"), address("10.81.4.1"), {address("10.81.4.5")}};
  std::set<Ipv4> given;
  for (int i = 0; i < 4; ++i) {
    const auto one = free_address(range, "instance" + std::to_string(i), [&](Ipv4 a) { return given.contains(a); });
    REQUIRE(one);
    CHECK(given.insert(*one).second);
  }
  CHECK(given == std::set{address("10.81.4.2"), address("10.81.4.3"), address("10.81.4.4"), address("10.81.4.6")});
  CHECK(!free_address(range, "one more", [&](Ipv4 a) { return given.contains(a); }));
  range.from = subnet("10.81.4.4/30");
  given.clear();
  for (int i = 0; i < 2; ++i) given.insert(*free_address(range, "x", [&](Ipv4 a) { return given.contains(a); }));
  CHECK(given == std::set{address("10.81.4.4"), address("10.81.4.6")});
}

TEST_CASE("an address that was given back is seldom the next") {
  const Range range{subnet("10.81.4.0/22"), subnet("10.81.4.0/22"), address("10.81.4.1"), {}};
  int same = 0;
  for (int i = 0; i < 200; ++i) {
    const auto free = [](Ipv4) { return false; };
    same += free_address(range, "a" + std::to_string(i), free) == free_address(range, "b" + std::to_string(i), free);
  }
  CHECK(same <= 3);
}

TEST_CASE("the bridge's name fits an interface's, and differs by project") {
  CHECK(bridge_name("default", "default", "shop.default").size() == 12);
  CHECK(bridge_name("default", "a", "net") != bridge_name("default", "b", "net"));
}

TEST_CASE("an IPv6 address has the IPv4 one in its last 32 bits, and so is nobody else's") {
  const Range6 range{*parse_subnet6("fd00:1::/64"), *parse_subnet6("fd00:1::/64"), *parse_ipv6("fd00:1::1")};
  CHECK(to_text(range.beside(address("10.80.16.9"))) == "fd00:1::a50:1009");
  CHECK(range.behind(*parse_ipv6("fd00:1::a50:1009")) == address("10.80.16.9"));
  CHECK(range.behind(*parse_ipv6("fd00:1::1")) == address("0.0.0.1"));
  CHECK_FALSE(range.behind(*parse_ipv6("fd00:1::1:a50:1009")));
  CHECK_FALSE(range.behind(*parse_ipv6("fd00:2::a50:1009")));
  const Range6 part{range.subnet, *parse_subnet6("fd00:1::5:0:0/96"), range.gateway};
  CHECK(to_text(part.beside(address("10.80.16.9"))) == "fd00:1::5:a50:1009");
}

TEST_CASE("each grid has private IPv6 space of its own, and each network a part of it") {
  const Subnet6 space = grid_pool6("main", 1);
  CHECK(parse_subnet6("fd00::/8")->contains(space));
  CHECK(space.bits == 48);
  CHECK(grid_pool6("main", 1) == space);
  CHECK(grid_pool6("main", 2) != space);
  CHECK(grid_pool6("other", 1) != space);
  Taken6 taken;
  for (int i = 0; i < 300; ++i) {
    const auto block = free_block6(space, taken, "network" + std::to_string(i % 7));
    REQUIRE(block);
    CHECK(block->bits == 64);
    CHECK(space.contains(*block));
    REQUIRE(taken.emplace(*block, "n").second);
  }
}

TEST_CASE("a declared IPv6 subnet is of addresses for hosts, and has room for the IPv4 ones") {
  for (const char* good : {"fd00:1::/64", "2001:3984:3989::/64", "fd00:1::/96", "2001:db8:1::/48"}) {
    CAPTURE(good);
    CHECK(read_subnet6(good));
  }
  for (const char* wrong : {"fd00:1::/112", "2001:db8::/32", "fe80::/64", "ff02::/64", "::/64", "10.0.0.0/8", "fd00::1/64"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_subnet6(wrong));
  }
  const Taken6 taken{{*parse_subnet6("fd00:1::/64"), "shop.front"}};
  CHECK(may_have6(*parse_subnet6("fd00:1:0:1::/64"), taken));
  CHECK(may_have6(*parse_subnet6("fd00:1::/48"), taken).error().message ==
        "the subnet fd00:1::/48 overlaps fd00:1::/64 of network 'shop.front'");
}
