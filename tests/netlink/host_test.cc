#include "kontena/netlink/host.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "kontena/netlink/links.h"
#include "own_host.h"

using namespace kontena;
using namespace kontena::netlink;
using test::inside;

TEST_SUITE_BEGIN("kernel");

TEST_CASE("routes of whomever are told, with what they lead by" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(test::command({"ip", "link", "add", "h0", "type", "veth", "peer", "name", "h1"}) == 0);
  REQUIRE(links->set_up("h0"));
  REQUIRE(links->set_up("h1"));
  REQUIRE(links->add_address(links->find("h0")->index, {*parse_ipv4("203.0.113.1"), 24}));
  REQUIRE(test::command({"ip", "route", "add", "10.85.0.0/16", "via", "203.0.113.2"}) == 0);
  REQUIRE(test::command({"ip", "route", "add", "blackhole", "10.86.0.0/16", "table", "7"}) == 0);
  REQUIRE(links->change_routes(std::vector<RouteChange>{
      {RouteChange::Kind::replace, {*parse_subnet("10.87.0.1/32"), links->find("h0")->index, std::nullopt}}}));
  const auto routes = host_routes();
  REQUIRE(routes);
  const auto to = [&](const std::string& text) {
    const auto found = std::ranges::find(*routes, *parse_subnet(text), &HostRoute::to);
    REQUIRE_MESSAGE(found != routes->end(), text);
    return *found;
  };
  CHECK(to("203.0.113.0/24").device == "h0");
  CHECK_FALSE(to("203.0.113.0/24").gateway);
  CHECK(to("10.85.0.0/16").gateway == *parse_ipv4("203.0.113.2"));
  CHECK(to("10.86.0.0/16").device.empty());
  CHECK(to("10.87.0.1/32").ours);
  CHECK_FALSE(to("10.85.0.0/16").ours);
  // An address of the host is no route of anybody's.
  CHECK(std::ranges::none_of(*routes, [](const auto& route) { return route.to == *parse_subnet("203.0.113.1/32"); }));
  CHECK(test::command({"ip", "link", "del", "h0"}) == 0);
  CHECK(test::command({"ip", "route", "del", "blackhole", "10.86.0.0/16", "table", "7"}) == 0);
}

TEST_CASE("what the kernel can do is tried, and nothing of it stays" * doctest::skip(!inside())) {
  const auto before = Links::open()->list()->size();
  const auto wireguard = try_kernel_wireguard();
  CHECK((wireguard || wireguard.error().code == Code::unsupported));
  CHECK(Links::open()->list()->size() == before);
  const auto rules = try_rules();
  if (!rules && rules.error().hint == "install the package nftables") {
    MESSAGE("skipped: " << rules.error().message);
  } else {
    CHECK_MESSAGE(rules, rules.error().message);
    const auto left = printed_by({"nft", "list", "tables"});
    REQUIRE(left);
    CHECK(left->find("kontena-check") == std::string::npos);
  }
  CHECK(printed_by({"no-such-program"}).error().code == Code::failed_precondition);
  CHECK(printed_by({"ip", "link", "show", "no-such-link"}).error().code == Code::failed_precondition);

  CHECK(try_udp_port(17'447));
  const int taken = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = ::htons(17'447);
  REQUIRE(::bind(taken, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  CHECK(try_udp_port(17'447).error().code == Code::failed_precondition);
  ::close(taken);
}

TEST_SUITE_END();
