#include "kontena/dns/zone.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace kontena::dns {
namespace {

constexpr NetworkId shop = 1, admin = 2, other = 3;
const Ipv4 web = {0x0a501002}, elsewhere = {0x0a502002}, alone = {0x0a503002};

Member member(std::uint32_t address, const std::string& service, const std::string& number, bool answers = true) {
  const std::string stack = "shop.default.g1.kontena.local";
  return {
      {address}, service + '-' + number + '.' + stack, {service, service + ".shop", service + '.' + stack}, answers};
}

std::shared_ptr<const Network> network(const std::vector<Member>& members) {
  return std::make_shared<const Network>(members);
}

Zone sample() {
  Zone zone{.domain = "g1.kontena.local", .subnets = {*parse_subnet("10.80.0.0/12"), *parse_subnet("192.168.7.0/24")}};
  zone.networks[shop] =
      network({member(0x0a501002, "web", "1"), member(0x0a501003, "web", "2"), member(0x0a501004, "web", "3"),
               member(0x0a501005, "db", "1", false), member(0x0a501006, "Cache_A", "1")});
  zone.networks[admin] = network({member(0x0a502002, "web", "1"), member(0x0a502009, "panel", "1")});
  zone.networks[other] = network({member(0x0a503002, "vault", "1")});
  zone.askers[web] = std::make_shared<const Asker>(Asker{
      .networks = {shop},
      .links = {{"sql", {"db"}}, {"site", {"web"}}, {"panel", {"panel"}}, {"web.local", {"web"}}},
  });
  zone.askers[elsewhere] = std::make_shared<const Asker>(Asker{.networks = {shop, admin}});
  zone.askers[alone] = std::make_shared<const Asker>(Asker{.networks = {other}, .forwards = false});
  return zone;
}

std::optional<Reply> ask(const Zone& zone, Ipv4 asker, const std::string& name, std::uint16_t kind = type::a,
                         std::uint32_t turn = 0) {
  return lookup(zone, *zone.asker(asker), {.name = name, .type = kind, .klass = class_in}, turn);
}

std::vector<std::string> addresses(const std::optional<Reply>& reply) {
  REQUIRE(reply);
  CHECK(reply->rcode == Rcode::no_error);
  std::vector<std::string> out;
  for (const Ipv4 address : reply->addresses) out.push_back(to_text(address));
  return out;
}

using Texts = std::vector<std::string>;

TEST_CASE("a service, its instance and its full name have the addresses on the asker's network") {
  const Zone zone = sample();
  CHECK(addresses(ask(zone, web, "web")) == Texts{"10.80.16.2", "10.80.16.3", "10.80.16.4"});
  CHECK(addresses(ask(zone, web, "web.shop")).size() == 3);
  CHECK(addresses(ask(zone, web, "web.shop.default.g1.kontena.local")).size() == 3);
  CHECK(addresses(ask(zone, web, "web-2.shop.default.g1.kontena.local")) == Texts{"10.80.16.3"});
  CHECK(addresses(ask(zone, web, "cache_a")) == Texts{"10.80.16.6"});
  CHECK(ask(zone, web, "web")->ttl == 1);
  CHECK(ask(zone, web, "web")->authoritative);
}

TEST_CASE("each turn another address comes first, and each as often as the others") {
  const Zone zone = sample();
  std::vector<std::string> first;
  for (std::uint32_t turn = 4294967293u; turn != 6; ++turn)
    first.push_back(addresses(ask(zone, web, "web", type::a, turn))[0]);
  CHECK(std::ranges::count(first, "10.80.16.2") == 3);
  CHECK(std::ranges::count(first, "10.80.16.3") == 3);
  CHECK(first[3] == "10.80.16.2");
  CHECK(first[4] == "10.80.16.3");
  CHECK(addresses(ask(zone, web, "web", type::a, 1)) == Texts{"10.80.16.3", "10.80.16.4", "10.80.16.2"});
}

TEST_CASE("on several networks a name has the addresses of all of them, on none of the others'") {
  const Zone zone = sample();
  CHECK(addresses(ask(zone, elsewhere, "web")).size() == 4);
  CHECK(addresses(ask(zone, elsewhere, "panel")) == Texts{"10.80.32.9"});
  CHECK_FALSE(ask(zone, elsewhere, "vault"));
  CHECK(ask(zone, elsewhere, "vault.shop.default.g1.kontena.local")->rcode == Rcode::no_such_name);
}

TEST_CASE("a name that exists without an address, and other types, are 'no record', not 'no name'") {
  const Zone zone = sample();
  for (const std::uint16_t kind : {type::aaaa, std::uint16_t{15}, type::ptr, std::uint16_t{65}}) {
    CAPTURE(kind);
    const auto reply = ask(zone, web, "web", kind);
    CHECK(addresses(reply).empty());
    CHECK(reply->authority == "web");
    CHECK(reply->ttl == 1);
  }
  CHECK(addresses(ask(zone, web, "db")).empty());
  CHECK(ask(zone, web, "db.shop.default.g1.kontena.local")->authority == "g1.kontena.local");
  CHECK(addresses(ask(zone, web, "web", type::any)).size() == 3);
}

TEST_CASE("names of our domain are denied here, all others are asked elsewhere") {
  const Zone zone = sample();
  const auto denied = ask(zone, web, "nobody.shop.default.g1.kontena.local");
  REQUIRE(denied);
  CHECK(denied->rcode == Rcode::no_such_name);
  CHECK(denied->authority == "g1.kontena.local");
  CHECK_FALSE(ask(zone, web, "nobody"));
  CHECK_FALSE(ask(zone, web, "example.com"));
  CHECK_FALSE(ask(zone, web, "xg1.kontena.local"));
  CHECK_FALSE(ask(zone, web, ""));
  const auto own = ask(zone, web, "g1.kontena.local", type::soa);
  CHECK(own->asks_authority);
  CHECK(addresses(ask(zone, web, "g1.kontena.local")).empty());
}

TEST_CASE("links are the asker's own names, go before those of the network, and follow their service") {
  Zone zone = sample();
  CHECK(addresses(ask(zone, web, "site")).size() == 3);
  CHECK(addresses(ask(zone, web, "web.local")).size() == 3);
  CHECK_FALSE(ask(zone, elsewhere, "site"));
  CHECK(addresses(ask(zone, web, "sql")).empty());
  CHECK(addresses(ask(zone, web, "panel")).empty());  // on a network that the asker is not on
  zone.networks[shop] = network({member(0x0a501077, "db", "1")});
  CHECK(addresses(ask(zone, web, "sql")) == Texts{"10.80.16.119"});
}

TEST_CASE("an address has a name on the asker's networks only") {
  const Zone zone = sample();
  CHECK(ask(zone, web, "2.16.80.10.in-addr.arpa", type::ptr)->pointer == "web-1.shop.default.g1.kontena.local");
  CHECK(ask(zone, web, "5.16.80.10.in-addr.arpa", type::ptr)->pointer == "db-1.shop.default.g1.kontena.local");
  CHECK(ask(zone, web, "2.16.80.10.in-addr.arpa", type::a)->pointer.empty());
  CHECK(ask(zone, web, "2.48.80.10.in-addr.arpa", type::ptr)->rcode == Rcode::no_such_name);
  CHECK(ask(zone, web, "9.7.168.192.in-addr.arpa", type::ptr)->rcode == Rcode::no_such_name);
  CHECK_FALSE(ask(zone, web, "9.8.168.192.in-addr.arpa", type::ptr));
  CHECK_FALSE(ask(zone, web, "1.1.1.1.1.in-addr.arpa", type::ptr));
  CHECK_FALSE(ask(zone, web, "x.16.80.10.in-addr.arpa", type::ptr));
}

TEST_CASE("who has an IPv6 address is asked for it by name, and the other way, on networks that have it") {
  Zone zone = sample();
  const auto with = [](Member of, const char* address6) {
    of.address6 = parse_ipv6(address6);
    return of;
  };
  zone.subnets6 = {*parse_subnet6("fd12:3456:789a::/48")};
  zone.networks[shop] = network({with(member(0x0a501002, "web", "1"), "fd12:3456:789a::1:2"), member(0x0a501003, "web", "2"),
                                 with(member(0x0a501005, "db", "1", false), "fd12:3456:789a::1:5")});
  const auto reply = ask(zone, web, "web", type::aaaa);
  REQUIRE(reply);
  CHECK(reply->addresses.empty());
  CHECK(reply->addresses6 == std::vector{*parse_ipv6("fd12:3456:789a::1:2")});
  CHECK(addresses(ask(zone, web, "web")).size() == 2);
  CHECK(ask(zone, web, "web")->addresses6.empty());
  CHECK(ask(zone, web, "web", type::any)->addresses6.size() == 1);
  CHECK(ask(zone, web, "web-2.shop.default.g1.kontena.local", type::aaaa)->addresses6.empty());
  CHECK(ask(zone, web, "db", type::aaaa)->rcode == Rcode::no_error);  // not up
  CHECK(ask(zone, web, "db", type::aaaa)->addresses6.empty());
  CHECK(ask(zone, elsewhere, "panel", type::aaaa)->addresses6.empty());
  CHECK(ask(zone, web, reverse_name(*parse_ipv6("fd12:3456:789a::1:2")), type::ptr)->pointer == "web-1.shop.default.g1.kontena.local");
  CHECK(ask(zone, web, reverse_name(*parse_ipv6("fd12:3456:789a::9")), type::ptr)->rcode == Rcode::no_such_name);
  CHECK_FALSE(ask(zone, web, reverse_name(*parse_ipv6("2001:db8::9")), type::ptr));
}

TEST_CASE("who has no way out gets no answer from outside") {
  const Zone zone = sample();
  CHECK(addresses(ask(zone, alone, "vault")).size() == 1);
  CHECK(ask(zone, alone, "secret.example.com")->rcode == Rcode::no_such_name);
  CHECK(ask(zone, alone, "1.1.1.1.in-addr.arpa", type::ptr)->rcode == Rcode::no_such_name);
}

TEST_CASE("a change of one network shares all the others") {
  const Zone before = sample();
  Zone after = before;
  after.networks[shop] = network({member(0x0a501009, "web", "9")});
  CHECK(after.networks[admin] == before.networks.at(admin));
  CHECK(after.askers.at(web) == before.askers.at(web));
  CHECK(addresses(ask(after, web, "web")) == Texts{"10.80.16.9"});
  CHECK(addresses(ask(before, web, "web")).size() == 3);
  after.networks.erase(shop);
  CHECK_FALSE(ask(after, web, "web"));
}

}  // namespace
}  // namespace kontena::dns
