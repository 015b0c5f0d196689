#include <doctest/doctest.h>

#include "problems.h"

using namespace kontena;
using namespace kontena::model;

namespace {

// The problems of the sample's network `front` once it is changed so.
std::string with_network(auto&& change) {
  return with_stack([&](StackSpec& stack) { change(stack.networks["front"]); });
}

// The same of its service `db`, which has one instance on `front`.
std::string with_db(auto&& change) { return with_service("db", change); }

std::string with_address(const std::string& address, auto&& change) {
  return with_db([&](ServiceSpec& s) {
    s.networks[0].ipv4_address = address;
    change(s);
  });
}

void as_it_is(ServiceSpec&) {}

}  // namespace

TEST_CASE("a network has a name that is not one of the engine's own") {
  for (const char* name : {"a", "traefik-public", "Shop_1.x"}) CHECK(check_network_name(name));
  for (const char* name : {"bridge", "host", "none", "default"}) {
    const Status named = check_network_name(name);
    REQUIRE(!named);
    CHECK(named.error().code == Code::invalid_argument);
    CHECK(named.error().message == "'" + std::string(name) + "' is the engine's own network");
  }
  for (const char* name : {"", "-a", "a/b", "a b"}) CHECK(!check_network_name(name));
  CHECK(!check_network_name(std::string(256, 'a')));
  CHECK(with_network([](NetworkSpec& n) { n.name = "host"; }) ==
        "networks.front.name: 'host' is the engine's own network: a service has it with network_mode\n");
}

TEST_CASE("two networks of a stack do not have one name") {
  StackSpec stack = samples::stack_spec();
  stack.networks["back"].name = "shop-front";
  CHECK(text(stack) == "networks.front.name: 'shop-front' is the name of networks.back too\n");
  stack.networks["back"].name = "";
  stack.networks["other"].name = "";
  CHECK(text(stack) == "");
}

TEST_CASE("a subnet is one of IPv4, with no bit of a host set") {
  const auto with_subnet = [](const std::string& subnet) {
    return with_network([&](NetworkSpec& n) { n = {.subnet = subnet}; });
  };
  for (const char* subnet : {"", "172.20.0.0/16", "10.1.2.0/29"}) CHECK(with_subnet(subnet) == "");
  for (const std::string subnet :
       {"172.20.0.0", "172.20.0.0/33", "172.20.0/16", "/16", "a", "172.20.0.0/", "010.0.0.0/8"})
    CHECK(with_subnet(subnet) == "networks.front.subnet: '" + subnet + "' is not a subnet, such as 172.20.0.0/16\n");
  CHECK(with_subnet("172.20.1.7/16") ==
        "networks.front.subnet: '172.20.1.7/16' is an address in a subnet: write 172.20.0.0/16\n");
  CHECK(with_subnet("fd00::/64") == "networks.front.subnet: 'fd00::/64' is of IPv6, and stands where an IPv4 subnet is to be\n");
}

TEST_CASE("IPv6 addresses are of a declared IPv6 subnet, and that of a network with IPv6") {
  const auto with = [](const NetworkSpec& spec) { return with_network([&](NetworkSpec& n) { n = spec; }); };
  CHECK(with({.ipv6 = true}) == "");
  CHECK(with({.reserved = {"fd00:1::9"}, .ipv6 = true, .subnet6 = "fd00:1::/64", .gateway6 = "fd00:1::fe", .ip_range6 = "fd00:1::1:0:0/96"}) == "");
  CHECK(with({.subnet6 = "fd00:1::/64"}) ==
        "networks.front.subnet6: 'fd00:1::/64' is an IPv6 subnet, and the network has no IPv6: say enable_ipv6: true\n");
  CHECK(with({.ipv6 = true, .subnet6 = "fd00:1::1/64"}) ==
        "networks.front.subnet6: 'fd00:1::1/64' is not an IPv6 subnet, such as fd3c:91a2:be07:1::/64\n");
  CHECK(with({.ipv6 = true, .gateway6 = "fd00:1::1"}) == "networks.front.gateway6: is of an IPv6 subnet, and none is declared\n");
  CHECK(with({.ipv6 = true, .subnet6 = "fd00:1::/64", .gateway6 = "fd00:2::1"}) ==
        "networks.front.gateway6: 'fd00:2::1' is no address of a host in fd00:1::/64\n");
  CHECK(with({.reserved = {"fd00:2::9"}, .ipv6 = true, .subnet6 = "fd00:1::/64"}) ==
        "networks.front.reserved[0]: 'fd00:2::9' is no address in fd00:1::/64\n");

  StackSpec stack = samples::stack_spec();
  const std::string at = "services.db.networks[0].ipv6_address: ";
  stack.services["db"].networks[0].ipv6_address = "fd00:1::10";
  stack.networks["front"] = {};
  CHECK(text(stack) == at + "network 'front' has no IPv6: say enable_ipv6: true there\n");
  stack.networks["front"] = {.ipv6 = true};
  CHECK(text(stack) == at + "network 'front' has no IPv6 subnet of its own: an address needs one that is declared\n");
  stack.networks["front"].subnet6 = "fd00:1::/64";
  CHECK(text(stack) == "");
  stack.services["db"].networks[0].ipv6_address = "fd00:1::1";
  CHECK(text(stack) == at + "fd00:1::1 is the gateway of network 'front'\n");
  stack.services["db"].networks[0].ipv6_address = "172.28.0.7";
  CHECK(text(stack) == at + "'172.28.0.7' is not an IPv6 address, such as fd3c:91a2:be07:1::7\n");
}

TEST_CASE("gateway, range and reserved addresses are within the subnet") {
  for (const char* gateway : {"172.28.0.0", "172.28.255.255", "172.29.0.1", "x", "172.28.0.1/16"})
    CHECK(with_network([&](NetworkSpec& n) { n.gateway = gateway; }) ==
          "networks.front.gateway: '" + std::string(gateway) + "' is no address of a host in 172.28.0.0/16\n");
  for (const char* range : {"172.29.0.0/24", "172.0.0.0/8", "172.28.0.1", "x"})
    CHECK(with_network([&](NetworkSpec& n) { n.ip_range = range; }) ==
          "networks.front.ip_range: '" + std::string(range) + "' is no part of 172.28.0.0/16\n");
  CHECK(with_network([&](NetworkSpec& n) {
          n.reserved = {"172.28.0.9", "172.29.0.9"};
        }) == "networks.front.reserved[1]: '172.29.0.9' is no address in 172.28.0.0/16\n");
  CHECK(with_network([&](NetworkSpec& n) { n.subnet = ""; }) ==
        "networks.front.gateway: is of a subnet, and none is declared\n"
        "networks.front.ip_range: is of a subnet, and none is declared\n"
        "networks.front.reserved[0]: is of a subnet, and none is declared\n");
}

TEST_CASE("an external network has a name and nothing else of its own") {
  CHECK(with_network([&](NetworkSpec& n) { n = {.name = "public", .external = true}; }) == "");
  CHECK(with_network([&](NetworkSpec& n) { n = {.external = true}; }) ==
        "networks.front.name: is missing: an external network is known by it\n");
  const std::string own = " is of the network, and this one is external\n";
  CHECK(with_network([&](NetworkSpec& n) { n.external = true; }) ==
        "networks.front.internal:" + own + "networks.front.labels:" + own + "networks.front.subnet:" + own +
            "networks.front.gateway:" + own + "networks.front.ip_range:" + own + "networks.front.reserved:" + own);
}

TEST_CASE("a static address is one of its network, and no other's") {
  const std::string at = "services.db.networks[0].ipv4_address: ";
  CHECK(with_address("172.28.0.7", as_it_is) == "");  // outside of the range too, as with the engine
  CHECK(with_address("172.28.0", as_it_is) == at + "'172.28.0' is not an IPv4 address, such as 172.20.0.7\n");
  CHECK(with_address("fd00::7", as_it_is) == at + "'fd00::7' is not an IPv4 address, such as 172.20.0.7\n");
  CHECK(with_address("172.29.0.7", as_it_is) == at + "172.29.0.7 is no address for an instance in 172.28.0.0/16\n");
  CHECK(with_address("172.28.0.0", as_it_is) == at + "172.28.0.0 is no address for an instance in 172.28.0.0/16\n");
  CHECK(with_address("172.28.0.254", as_it_is) == at + "172.28.0.254 is the gateway of network 'front'\n");
  CHECK(with_address("172.28.128.9", as_it_is) == at + "172.28.128.9 is reserved in network 'front'\n");

  StackSpec stack = samples::stack_spec();
  stack.services["db"].networks[0].ipv4_address = "172.28.0.1";
  stack.networks["front"] = {.subnet = "172.28.0.0/16"};
  CHECK(text(stack) == at + "172.28.0.1 is the gateway of network 'front'\n");
  stack.networks["front"] = {};
  CHECK(text(stack) == at + "network 'front' has no subnet of its own: an address needs one that is declared\n");
  stack.networks["front"] = {.name = "public", .external = true};
  CHECK(text(stack) == "");  // the server knows its subnet
  stack.services["other"] = {.name = "other", .image = "i", .networks = {{"front", {}, "172.28.0.1"}}};
  CHECK(text(stack) == "services.other.networks[0].ipv4_address: 172.28.0.1 is that of service 'db' too\n");
}

TEST_CASE("a static address needs a service that never has two instances") {
  const std::string at = "services.db.networks[0].ipv4_address: ",
                    why = ": one address cannot be that of two instances\n";
  CHECK(with_address("172.28.0.7", [](ServiceSpec& s) { s.replicas = 0; }) == "");
  CHECK(with_address("172.28.0.7", [](ServiceSpec& s) { s.replicas = 2; }) == at + "the service has 2 instances" + why);
  CHECK(with_address("172.28.0.7", [](ServiceSpec& s) { s.mode = Mode::global; }) ==
        at + "a global service has an instance on every node" + why);
  CHECK(with_address("172.28.0.7", [](ServiceSpec& s) { s.update.order = Order::start_first; }) ==
        at + "an update with order start-first runs the new instance beside the old one" + why);
}

TEST_CASE("a service has networks or a network mode") {
  const auto with_mode = [](const std::string& mode, auto&& change) {
    return with_db([&](ServiceSpec& s) {
      s.network_mode = mode;
      s.networks.clear();
      change(s);
    });
  };
  const auto publish = [](ServiceSpec& s) { s.ports = {{80, 80}}; };
  for (const char* mode : {"", "host", "none", "bridge"}) CHECK(with_mode(mode, as_it_is) == "");
  CHECK(with_mode("overlay", as_it_is) ==
        "services.db.network_mode: 'overlay' is none of host, none, bridge and service:NAME\n");
  CHECK(with_mode("host", [](ServiceSpec& s) {
          s.networks = {{"front", {}}};
        }) == "services.db.network_mode: is host, and the service has networks: it is one or the other\n");
  CHECK(with_mode("bridge", publish) == "");
  CHECK(with_mode("host", publish) ==
        "services.db.network_mode: is host, and the service publishes ports: there are none to publish\n");
}
