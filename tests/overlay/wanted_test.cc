#include "kontena/overlay/wanted.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::overlay;

namespace {

const NodeId here("n1"), there("n2");

Snapshot two_nodes() {
  Snapshot s{.revision = 7, .grid = "main", .pool = "10.80.0.0/12", .address = "10.80.0.1"};
  s.networks = {{"default/shop.default", "knaaaaaaaaaa", "10.80.16.0/22", "10.80.16.1", false},
                {"default/shop.back", "knbbbbbbbbbb", "10.80.20.0/22", "10.80.20.1", true}};
  s.peers = {{"n2", {there, "two", "10.80.0.2", "KEY2", {"192.0.2.2:51820", "198.51.100.2:51820"}}}};
  const auto add = [&](const char* network, const char* address, const NodeId& node, const char* instance, bool up = true) {
    model::Member m{.network = network, .address = address, .node = node, .instance = InstanceId(instance), .up = up};
    s.members[member_id(m)] = m;
  };
  add("default/shop.default", "10.80.16.7", here, "a");
  add("default/shop.default", "10.80.16.9", there, "b");
  add("default/shop.back", "10.80.20.9", there, "b");
  return s;
}

std::vector<Subnet> hosts(std::initializer_list<const char*> texts) {
  std::vector<Subnet> all;
  for (const char* text : texts) all.push_back({*parse_ipv4(text), 32});
  return all;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("remote members are their node's, each with a route of its own") {
  const Wanted w = wanted(two_nodes(), here);
  CHECK(w.address == parse_ipv4("10.80.0.1"));
  REQUIRE(w.peers.size() == 1);
  CHECK(w.peers.at("n2").allowed == hosts({"10.80.0.2", "10.80.16.9", "10.80.20.9"}));
  CHECK(w.routes == std::set{*parse_ipv4("10.80.0.2"), *parse_ipv4("10.80.16.9"), *parse_ipv4("10.80.20.9")});
}

TEST_CASE("the rules let members of one network talk, and nobody else") {
  const std::string rules = whole(wanted(two_nodes(), here).rules);
  CHECK(has(rules, R"(add element inet kontena own { "knaaaaaaaaaa" . 10.80.16.7 })"));
  CHECK(has(rules, R"(add element inet kontena local { "knaaaaaaaaaa" . 10.80.16.7 })"));
  CHECK(has(rules, R"(add element inet kontena remote { "knaaaaaaaaaa" . 10.80.16.9, "knbbbbbbbbbb" . 10.80.20.9 })"));
  CHECK(has(rules, R"(iifname "knaaaaaaaaaa" oifname "kn*" oifname != "knaaaaaaaaaa" drop)"));
  CHECK(has(rules, "ip saddr 10.80.16.0/22 oifname != { \"knaaaaaaaaaa\", \"kontena0\" } masquerade"));
  CHECK(!has(rules, "ip saddr 10.80.20.0/22"));  // internal
}

TEST_CASE("who does not hold its address yet may use it on its own node, and not in the mesh") {
  Snapshot s = two_nodes();
  model::Member m{.network = "default/shop.default", .address = "10.80.16.9", .node = here, .instance = InstanceId("c"), .up = false};
  s.members[member_id(m)] = m;
  const std::string rules = whole(wanted(s, here).rules);
  CHECK(has(rules, R"(add element inet kontena own { "knaaaaaaaaaa" . 10.80.16.7, "knaaaaaaaaaa" . 10.80.16.9 })"));
  CHECK(has(rules, R"(add element inet kontena local { "knaaaaaaaaaa" . 10.80.16.7 })"));
}

TEST_CASE("what comes from a bridge has the address of one of its instances, or is dropped") {
  const std::string rules = whole(wanted(two_nodes(), here).rules);
  CHECK(has(rules, "hook prerouting priority raw"));
  CHECK(has(rules, "iifname @bridges iifname . ip saddr != @own drop"));
  // Nor does it reach, or hear of, what is not of its network.
  CHECK(has(rules, "iifname \"knaaaaaaaaaa\" ip daddr { 10.80.0.0/12 } ip daddr != 10.80.16.0/22 drop"));
  CHECK(has(rules, "iifname \"knaaaaaaaaaa\" arp operation request arp daddr ip != 10.80.16.0/22 drop"));
  CHECK(has(rules, R"(elements = { "knaaaaaaaaaa", "knbbbbbbbbbb" })"));
  CHECK(has(rules, R"(elements = { "knaaaaaaaaaa" . 10.80.16.1, "knbbbbbbbbbb" . 10.80.20.1 })"));
  CHECK(has(rules, "iifname . ip daddr @gateways udp dport 53 meta mark set meta mark & 0x00ffffff | 0x4b000000 accept"));
  CHECK(mark_match() == "0x4b000000/0xff000000");
}

TEST_CASE("of the rules only that is changed which differs, and all where more than members do") {
  Snapshot s = two_nodes();
  const Rules had = wanted(s, here).rules;
  CHECK(change(had, had) == "");
  model::Member m{.network = "default/shop.default", .address = "10.80.16.12", .node = NodeId("n2"), .instance = InstanceId("new"), .up = true};
  s.members[member_id(m)] = m;
  const Rules more = wanted(s, here).rules;
  CHECK(change(had, more) == "add element inet kontena remote { \"knaaaaaaaaaa\" . 10.80.16.12 }\n");
  CHECK(change(more, had) == "delete element inet kontena remote { \"knaaaaaaaaaa\" . 10.80.16.12 }\n");
  s.members[member_id(m)].up = false;
  CHECK(wanted(s, here).rules == more);  // nobody else has its address
  s.networks.pop_back();
  CHECK(change(more, wanted(s, here).rules) == whole(wanted(s, here).rules));
  CHECK(whole(had).starts_with(no_rules()));
}

TEST_CASE("what Docker lets pass for our bridges is marked too, but to bridges of others, and of internal networks nothing") {
  Rules rules = wanted(two_nodes(), here).rules;
  const std::string way = "meta mark set meta mark & 0x00ffffff | 0x4a000000 accept";
  CHECK(has(rules.tables, "set internal {\n    type ifname\n    elements = { \"knbbbbbbbbbb\" }"));
  const auto internal = rules.tables.find("iifname @internal drop\n    oifname @internal drop");
  REQUIRE(internal != std::string::npos);
  CHECK(rules.tables.find("meta nfproto ipv4 iifname @bridges oifname @bridges " + way) < internal);
  CHECK(rules.tables.find("meta nfproto ipv4 oifname @bridges iifname != @apart ct status dnat " + way) > internal);
  CHECK(rules.tables.find("meta nfproto ipv4 iifname @bridges oifname != @apart " + way) > internal);
  CHECK(any_mark_match() == "0x4a000000/0xfe000000");

  const Rules none = rules;
  rules.apart = {"br-1", "docker0"};
  CHECK(change(none, rules) == "add element inet kontena apart { \"br-1\", \"docker0\" }\n");
  Rules one = rules;
  one.apart = {"docker0"};
  CHECK(change(rules, one) == "delete element inet kontena apart { \"br-1\" }\n");
  CHECK(has(whole(one), "add element inet kontena apart { \"docker0\" }\n"));
}

TEST_CASE("a peer has its name, its MTU, and whether it is lost") {
  Snapshot s = two_nodes();
  s.peers["n2"].mtu = 1320;
  CHECK(wanted(s, here).peers.at("n2").name == "two");
  CHECK(wanted(s, here).peers.at("n2").mtu == 1320);
  CHECK(wanted(s, here).peers.at("n2").address == parse_ipv4("10.80.0.2"));
  CHECK_FALSE(wanted(s, here).peers.at("n2").lost);
  s.lost = {"n2"};
  CHECK(wanted(s, here).peers.at("n2").lost);
}

TEST_CASE("of two who have an address it is the one that is up") {
  Snapshot s = two_nodes();
  model::Member m{.network = "default/shop.default", .address = "10.80.16.9", .node = here, .instance = InstanceId("c"), .up = true};
  s.members["b@default/shop.default"].up = false;
  s.members[member_id(m)] = m;
  CHECK(!wanted(s, here).routes.contains(*parse_ipv4("10.80.16.9")));
  s.members["b@default/shop.default"].up = true;
  s.members[member_id(m)].up = false;
  CHECK(wanted(s, here).routes.contains(*parse_ipv4("10.80.16.9")));
  s.lost = {"n2"};
  s.members[member_id(m)].up = true;
  CHECK(!wanted(s, here).routes.contains(*parse_ipv4("10.80.16.9")));
}

TEST_CASE("endpoints are tried in turn") {
  CHECK(endpoint({}, 3) == "");
  CHECK(endpoint({"a:1", "b:1"}, 0) == "a:1");
  CHECK(endpoint({"a:1", "b:1"}, 1) == "b:1");
  CHECK(endpoint({"a:1", "b:1"}, 2) == "a:1");
}

TEST_CASE("a thousand nodes are nothing") {
  Snapshot s{.pool = "10.80.0.0/12", .address = "10.80.0.1"};
  s.networks = {{"default/a", "knaaaaaaaaaa", "10.96.0.0/16", "10.96.0.1", false}};
  for (std::uint32_t n = 2; n <= 1001; ++n) {
    const std::string node = "n" + std::to_string(n);
    s.peers[node] = {NodeId(node), node, to_text(Ipv4{0x0a500000 + n}), "K" + node, {}};
    for (std::uint32_t i = 0; i < 10; ++i) {
      model::Member m{.network = "default/a", .address = to_text(Ipv4{0x0a600000 + n * 16 + i}), .node = NodeId(node), .instance = InstanceId(node + "-" + std::to_string(i)), .up = true};
      s.members[member_id(m)] = m;
    }
  }
  const Wanted w = wanted(s, here);
  CHECK(w.routes.size() == 11'000);
  CHECK(w.peers.at("n500").allowed.size() == 11);
}

namespace {

Snapshot with_ipv6() {
  Snapshot s = two_nodes();
  s.pool6 = "fd12:3456:789a::/48";
  s.networks[0].subnet6 = "fd12:3456:789a:1::/64";
  s.networks[1].subnet6 = "2001:db8:7::/64";
  s.members["a@default/shop.default"].address6 = "fd12:3456:789a:1::a50:1007";
  s.members["b@default/shop.default"].address6 = "fd12:3456:789a:1::a50:1009";
  s.members["b@default/shop.back"].address6 = "2001:db8:7::10";
  return s;
}

}  // namespace

TEST_CASE("without a network that has IPv6 nothing is said of it, but that it is kept out") {
  Snapshot s = two_nodes();
  const Wanted w = wanted(s, here);
  CHECK_FALSE(w.rules.ipv6);
  CHECK(w.peers.at("n2").allowed6.empty());
  CHECK(!has(whole(w.rules), "ip6"));
  CHECK(has(whole(w.rules), "iifname @bridges meta nfproto ipv6 drop"));
  s.pool6 = "fd12:3456:789a::/48";
  s.members["b@default/shop.default"].address6 = "fd12:3456:789a:1::a50:1009";  // of a network that we take to have none
  CHECK(whole(wanted(s, here).rules) == whole(w.rules));
}

TEST_CASE("members with IPv6 are their node's by that too, and the rules hold the same for it") {
  const Wanted w = wanted(with_ipv6(), here);
  CHECK(w.rules.ipv6);
  CHECK(w.peers.at("n2").allowed6 == std::vector{*parse_subnet6("2001:db8:7::10/128"), *parse_subnet6("fd12:3456:789a:1::a50:1009/128")});
  const std::string rules = whole(w.rules);
  CHECK(has(rules, R"(add element inet kontena own6 { "knaaaaaaaaaa" . fd12:3456:789a:1::a50:1007 })"));
  CHECK(has(rules, R"(add element inet kontena remote6 { "knaaaaaaaaaa" . fd12:3456:789a:1::a50:1009, "knbbbbbbbbbb" . 2001:db8:7::10 })"));
  CHECK(has(rules, "iifname @bridges6 iifname . ip6 saddr != @own6 drop"));
  CHECK(has(rules, "iifname \"knaaaaaaaaaa\" ip6 daddr { fd12:3456:789a::/48, 2001:db8:7::/64 } ip6 daddr != fd12:3456:789a:1::/64 drop"));
  CHECK(has(rules, "oifname \"kontena0\" iifname . ip6 saddr @local6 iifname . ip6 daddr @remote6 meta mark set"));
  CHECK(has(rules, "set leaving6 {\n    type ifname\n    elements = { \"knaaaaaaaaaa\" }"));
  CHECK(has(rules, "ip6 saddr fd12:3456:789a:1::/64 oifname != { \"knaaaaaaaaaa\", \"kontena0\" } masquerade"));
  CHECK(!has(rules, "ip6 saddr 2001:db8:7::/64"));  // internal
  CHECK(!has(rules, "iifname @bridges meta nfproto ipv6 drop"));
  CHECK(has(rules, "iifname @bridges iifname != @bridges6 meta nfproto ipv6 drop"));
}

TEST_CASE("of the rules for IPv6 too only that is changed which differs") {
  Snapshot s = with_ipv6();
  const Rules had = wanted(s, here).rules;
  s.members["b@default/shop.default"].address6 = "fd12:3456:789a:1::a50:100a";
  CHECK(change(had, wanted(s, here).rules) ==
        "delete element inet kontena remote6 { \"knaaaaaaaaaa\" . fd12:3456:789a:1::a50:1009 }\n"
        "add element inet kontena remote6 { \"knaaaaaaaaaa\" . fd12:3456:789a:1::a50:100a }\n");
}
