#include "kontena/netlink/links.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "kontena/netlink/watch.h"
#include "own_host.h"

using namespace kontena;
using namespace kontena::netlink;
using test::inside;

namespace {

// A pair of veths that are up, the indices of which it gives.
std::pair<int, int> veths(Links& links, const std::string& a, const std::string& b) {
  REQUIRE(test::command({"ip", "link", "add", a, "type", "veth", "peer", "name", b}) == 0);
  REQUIRE(links.set_up(a));
  REQUIRE(links.set_up(b));
  return {links.find(a)->index, links.find(b)->index};
}

std::vector<RouteChange> many(RouteChange::Kind kind, int link, std::uint32_t count) {
  std::vector<RouteChange> changes;
  for (std::uint32_t i = 0; i < count; ++i) changes.push_back({kind, {{{0x0a510000 + i}, 32}, link, std::nullopt}});
  return changes;
}

}  // namespace

TEST_SUITE_BEGIN("kernel");

TEST_CASE("links are found, set and removed" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  veths(*links, "l0", "l1");
  REQUIRE(test::command({"ip", "link", "add", "lbr", "type", "bridge"}) == 0);
  REQUIRE(test::command({"ip", "link", "set", "l1", "master", "lbr"}) == 0);

  const auto bridge = links->find("lbr");
  REQUIRE(bridge);
  CHECK(bridge->kind == "bridge");
  CHECK_FALSE(bridge->up);
  REQUIRE(links->set_mtu("l0", 1380));
  CHECK(links->find("l0")->mtu == 1380);
  CHECK(links->find("l0")->up);
  CHECK(links->find("l1")->master == bridge->index);
  CHECK(links->find("l1")->kind == "veth");

  const auto all = links->list();
  REQUIRE(all);
  for (const Link& link : *all) {
    CAPTURE(link.name);
    CHECK(*links->find(link.name) == link);
  }
  CHECK(std::any_of(all->begin(), all->end(), [](const Link& link) { return link.name == "lo"; }));

  CHECK(links->remove("l0"));
  const auto gone = links->remove("l0");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == Code::not_found);
  CHECK(links->find("l1").error().code == Code::not_found);
  CHECK(links->set_up("l0").error().code == Code::not_found);
  CHECK(links->set_mtu("lbr", 10).error().code == Code::invalid_argument);
  CHECK(links->find("a/b").error().code == Code::invalid_argument);
  CHECK(links->remove("lbr"));
}

TEST_CASE("a WireGuard link is made, or refused as unsupported" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const auto made = links->create_wireguard("lwg");
  if (!made) {
    CHECK_MESSAGE(made.error().code == Code::unsupported, made.error().message);
    MESSAGE("no WireGuard in this kernel: " << made.error().message);
    return;
  }
  CHECK(made->kind == "wireguard");
  CHECK(links->create_wireguard("lwg").error().code == Code::already_exists);
  CHECK(links->remove("lwg"));
}

TEST_CASE("addresses are added once and removed once" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const auto [a, b] = veths(*links, "a0", "a1");
  const Address one{{0x0a500001}, 32}, two{{0x0a600001}, 22};
  CHECK(links->addresses(a)->empty());
  CHECK(links->add_address(a, two));
  CHECK(links->add_address(a, one));
  CHECK(links->add_address(a, one).error().code == Code::already_exists);
  CHECK(links->add_address(b, {{0x0a600002}, 22}));
  CHECK(*links->addresses(a) == std::vector{one, two});
  CHECK(links->remove_address(a, one));
  CHECK(links->remove_address(a, one).error().code == Code::not_found);
  CHECK(*links->addresses(a) == std::vector{two});
  CHECK(links->addresses(99'999).error().code == Code::not_found);
  CHECK(links->remove("a0"));
}

TEST_CASE("thousands of routes are set, listed, moved and removed, and nobody else's" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const auto [a, b] = veths(*links, "r0", "r1");
  CHECK(links->routes(a)->empty());
  REQUIRE(links->add_address(a, {{0x0a500001}, 32}));
  // Of another owner: one within our range by the same link, one that is the same prefix.
  REQUIRE(test::command({"ip", "route", "add", "10.81.0.0/24", "dev", "r0"}) == 0);
  REQUIRE(test::command({"ip", "route", "add", "10.81.0.7/32", "dev", "r0"}) == 0);

  constexpr std::uint32_t count = 10'000;
  auto changes = many(RouteChange::Kind::replace, a, count);
  for (RouteChange& change : changes) change.route.source = Ipv4{0x0a500001};
  auto from = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(from, now)).count();
  };
  REQUIRE(links->change_routes(changes));
  const double set = seconds();
  const auto listed = links->routes(a);
  const double list = seconds();
  REQUIRE(listed);
  REQUIRE(listed->size() == count);
  for (std::uint32_t i = 0; i < count; ++i) REQUIRE((*listed)[i] == changes[i].route);

  seconds();
  REQUIRE(links->change_routes(changes));  // again is no error
  const double again = seconds();
  CHECK(links->routes(a)->size() == count);
  REQUIRE(links->change_routes(
      std::vector<RouteChange>{{RouteChange::Kind::replace, {changes[5].route.to, b, std::nullopt}}}));
  CHECK(links->routes(a)->size() == count - 1);
  CHECK(*links->routes(b) == std::vector{Route{changes[5].route.to, b, std::nullopt}});
  REQUIRE(links->change_routes(
      std::vector<RouteChange>{{RouteChange::Kind::remove, {changes[5].route.to, b, std::nullopt}}}));

  seconds();
  REQUIRE(links->change_routes(many(RouteChange::Kind::remove, a, count)));  // the one that is gone already too
  const double removed = seconds();
  CHECK(links->routes(a)->empty());
  MESSAGE(count << " routes: set in " << set << " s, again " << again << " s, listed " << list << " s, removed "
                << removed << " s");
  CHECK(test::command({"sh", "-c", "test $(ip route show dev r0 | grep -c 10.81.0) = 2"}) == 0);
  CHECK(links->remove("r0"));
}

TEST_CASE("IPv6 routes are set, listed and removed, and nobody else's; a link answers for others" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const int a = veths(*links, "s0", "s1").first;
  if (test::command({"ip", "-6", "route", "add", "fd00:9::/64", "dev", "s0"}) != 0) return;  // a kernel without
  CHECK(links->routes6(a)->empty());
  std::vector<Route6> routes;
  for (std::uint64_t i = 0; i < 2'000; ++i) routes.push_back({{{0xfd00000900000000, i}, 128}, a});
  routes[7].mtu = 1300;
  REQUIRE(links->change_routes6({}, routes));
  CHECK(*links->routes6(a) == routes);
  routes[7].mtu = 1290;
  REQUIRE(links->change_routes6({}, std::vector{routes[7]}));
  CHECK(*links->routes6(a) == routes);
  REQUIRE(links->change_routes6(routes, {}));
  REQUIRE(links->change_routes6(routes, {}));  // gone already
  CHECK(links->routes6(a)->empty());
  CHECK(test::command({"sh", "-c", "ip -6 route show dev s0 | grep -q fd00:9::/64"}) == 0);

  const std::vector answers{*parse_ipv6("fd00:9::1"), *parse_ipv6("fd00:9::2")};
  CHECK(links->proxies(a)->empty());
  REQUIRE(links->change_proxies(a, {}, answers));
  REQUIRE(links->change_proxies(a, {}, answers));
  CHECK(*links->proxies(a) == answers);
  REQUIRE(links->change_proxies(a, answers, {}));
  REQUIRE(links->change_proxies(a, answers, {}));
  CHECK(links->proxies(a)->empty());
  CHECK(links->remove("s0"));
}

TEST_CASE("a route has an MTU of its own, and a way tells the smallest that is known" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const int a = veths(*links, "m0", "m1").first;
  REQUIRE(links->set_mtu("m0", 1400));
  REQUIRE(links->set_up("m0"));
  REQUIRE(links->set_up("m1"));
  REQUIRE(links->add_address(a, {{0x0a630001}, 24}));
  CHECK(*links->path_mtu("10.99.0.2") == 1400);
  const Route narrow{{{0x0a510007}, 32}, a, std::nullopt, 1320}, wide{{{0x0a510008}, 32}, a, std::nullopt, 0};
  const std::vector<RouteChange> changes{{RouteChange::Kind::replace, narrow}, {RouteChange::Kind::replace, wide}};
  REQUIRE(links->change_routes(changes));
  CHECK(*links->routes(a) == std::vector{narrow, wide});
  CHECK(*links->path_mtu("10.81.0.7") == 1320);
  CHECK(*links->path_mtu("10.81.0.8") == 1400);
  CHECK(links->path_mtu("198.51.100.1").error().code != Code::invalid_argument);
  CHECK(links->path_mtu("host").error().code == Code::invalid_argument);
  CHECK(links->path_mtu("2001:db8::1").error().code != Code::invalid_argument);
  CHECK(links->remove("m0"));
}

TEST_CASE("a list that changes while it is read is read again" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const auto [a, b] = veths(*links, "i0", "i1");
  REQUIRE(links->change_routes(many(RouteChange::Kind::replace, a, 5'000)));
  std::atomic<bool> done = false;
  std::thread other([&, link = b] {
    auto own = Links::open();
    std::vector<RouteChange> one{{RouteChange::Kind::replace, {{{0x0a600000}, 32}, link, std::nullopt}}};
    while (!done) {
      CHECK(own->change_routes(one));
      one[0].kind = one[0].kind == RouteChange::Kind::replace ? RouteChange::Kind::remove : RouteChange::Kind::replace;
      ::poll(nullptr, 0, 10);
    }
  });
  for (int i = 0; i < 20; ++i) {
    const auto routes = links->routes(a);
    // Under a sanitizer one reading takes longer than the changes are apart.
    if (routes)
      CHECK(routes->size() == 5'000);
    else
      CHECK(routes.error().code == Code::unavailable);
  }
  done = true;
  other.join();
  CHECK(links->remove("i0"));
}

TEST_CASE("of routes that fail the others are set, and the first is told" * doctest::skip(!inside())) {
  auto links = Links::open();
  REQUIRE(links);
  const int a = veths(*links, "f0", "f1").first;
  auto changes = many(RouteChange::Kind::replace, a, 1'000);
  for (std::size_t i = 0; i < changes.size(); i += 2) changes[i].route.source = Ipv4{0x01020304};
  const auto status = links->change_routes(changes);
  REQUIRE_FALSE(status);
  CHECK(status.error().message.starts_with("setting the route to 10.81.0.0/32: "));
  CHECK(status.error().message.ends_with("(and 499 more routes failed)"));
  CHECK(links->routes(a)->size() == 500);
  CHECK(links->remove("f0"));
  const auto gone = links->change_routes(many(RouteChange::Kind::replace, a, 1));
  CHECK(gone.error().code == Code::not_found);
}

TEST_CASE("a watch hears of changes, and can be woken" * doctest::skip(!inside())) {
  auto links = Links::open();
  auto watch = Watch::open();
  REQUIRE(links);
  REQUIRE(watch);
  const Duration long_time(20'000);
  const int a = veths(*links, "w0", "w1").first;
  CHECK(*watch->wait(long_time));
  // The kernel tells some of it a little later.
  while (*watch->wait(Duration(200))) {
  }
  (void)watch->addresses_changed();
  CHECK_FALSE(watch->addresses_changed());
  CHECK(links->add_address(a, {{0x0a500001}, 32}));
  CHECK(*watch->wait(long_time));
  CHECK(watch->addresses_changed());
  CHECK_FALSE(watch->addresses_changed());
  while (*watch->wait(Duration(200))) {
  }
  CHECK(links->change_routes(many(RouteChange::Kind::replace, a, 1)));
  CHECK(*watch->wait(long_time));
  CHECK_FALSE(*watch->wait(Duration(0)));
  CHECK(links->change_routes(many(RouteChange::Kind::replace, a, 5'000)));  // more than its buffer holds
  CHECK(*watch->wait(long_time));
  CHECK_FALSE(*watch->wait(Duration(0)));
  watch->wake();
  CHECK_FALSE(*watch->wait(long_time));
  std::thread waker([&] { watch->wake(); });
  CHECK_FALSE(*watch->wait(long_time));
  waker.join();
  CHECK(links->remove("w0"));
  CHECK(*watch->wait(long_time));
}

TEST_SUITE_END();
