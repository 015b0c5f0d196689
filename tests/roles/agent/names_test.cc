// Who is answered what, from the wanted network.
#include "names.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

Ipv4 ip(std::string_view text) { return *parse_ipv4(text); }

void add(overlay::Snapshot& snapshot, const std::string& instance, const std::string& network, const std::string& address,
         const std::string& node, bool up = true) {
  const model::Member member{.network = network, .address = address, .node = NodeId(node), .instance = InstanceId(instance),
                             .names = {instance, "web", instance + ".shop", "web.shop"},
                             .full = instance + ".shop.default.main.kontena.local", .up = up};
  snapshot.members[overlay::member_id(member)] = member;
}

overlay::Snapshot shop() {
  overlay::Snapshot snapshot{.grid = "main", .pool = "10.80.0.0/12", .address = "10.80.0.1"};
  snapshot.networks = {{.path = "default/front", .subnet = "10.80.16.0/22", .gateway = "10.80.16.1"},
                       {.path = "default/inner", .subnet = "172.28.0.0/24", .gateway = "172.28.0.1", .internal = true}};
  add(snapshot, "web-1", "default/front", "10.80.16.2", "n1");
  add(snapshot, "web-2", "default/front", "10.80.16.3", "n2");
  add(snapshot, "web-3", "default/inner", "172.28.0.3", "n1");
  return snapshot;
}

std::vector<Ipv4> addresses(const dns::Zone& zone, const std::string& asker, const std::string& name) {
  const auto* who = zone.asker(ip(asker));
  if (!who) return {};
  std::vector<Ipv4> found;
  for (const dns::NetworkId id : who->networks)
    if (const auto* of = zone.networks.at(id)->addresses(name)) found.insert(found.end(), of->begin(), of->end());
  std::ranges::sort(found);
  return found;
}

std::vector<Ipv4> answered(const dns::Zone& zone, const std::string& asker, const std::string& name) {
  const auto reply = dns::lookup(zone, *zone.asker(ip(asker)), {.name = name, .type = dns::type::a, .klass = 1}, 0);
  return reply ? reply->addresses : std::vector<Ipv4>{};
}

using Addresses = std::vector<Ipv4>;

}  // namespace

TEST_CASE("a container of this node is answered for its own networks, wherever their members are") {
  const auto zone = zone_of(shop(), NodeId("n1"));
  CHECK(zone->domain == "main.kontena.local");
  CHECK(zone->subnets.size() == 3);
  CHECK(addresses(*zone, "10.80.16.2", "web") == Addresses{ip("10.80.16.2"), ip("10.80.16.3")});
  CHECK(addresses(*zone, "10.80.16.2", "web-2.shop") == Addresses{ip("10.80.16.3")});
  CHECK(addresses(*zone, "10.80.16.2", "web.shop.default.main.kontena.local") == Addresses{ip("10.80.16.2"), ip("10.80.16.3")});
  CHECK(addresses(*zone, "10.80.16.2", "web-3").empty());
  CHECK(addresses(*zone, "172.28.0.3", "web") == Addresses{ip("172.28.0.3")});
  CHECK_FALSE(zone->asker(ip("10.80.16.3")));  // of another node
}

TEST_CASE("who is on internal networks alone has no way out for names either") {
  auto snapshot = shop();
  CHECK(zone_of(snapshot, NodeId("n1"))->asker(ip("10.80.16.2"))->forwards);
  CHECK_FALSE(zone_of(snapshot, NodeId("n1"))->asker(ip("172.28.0.3"))->forwards);
  add(snapshot, "web-3", "default/front", "10.80.16.9", "n1");
  const auto zone = zone_of(snapshot, NodeId("n1"));
  CHECK(zone->asker(ip("172.28.0.3")) == zone->asker(ip("10.80.16.9")));
  CHECK(zone->asker(ip("172.28.0.3"))->forwards);
  CHECK(zone->asker(ip("172.28.0.3"))->networks.size() == 2);
}

TEST_CASE("who does not run, or is on a lost node, has a name without an address") {
  auto snapshot = shop();
  snapshot.lost = {"n2"};
  CHECK(addresses(*zone_of(snapshot, NodeId("n1")), "10.80.16.2", "web") == Addresses{ip("10.80.16.2")});
  snapshot.lost.clear();
  add(snapshot, "web-2", "default/front", "10.80.16.3", "n2", false);
  const auto zone = zone_of(snapshot, NodeId("n1"));
  CHECK(addresses(*zone, "10.80.16.2", "web") == Addresses{ip("10.80.16.2")});
  CHECK(zone->networks.at(zone->asker(ip("10.80.16.2"))->networks[0])->addresses("web-2"));
}

TEST_CASE("resolv.conf names the gateways, those with a way out first, and the host's search domains") {
  model::Assignment assignment;
  assignment.networks["a"] = {.gateway = "172.28.0.1", .internal = true};
  assignment.networks["b"] = {.gateway = "10.80.16.1"};
  CHECK(resolver_text(assignment, {.search = {"example.org", "lan"}}) ==
        "# kontena: names of the cluster are answered by the node\n"
        "nameserver 10.80.16.1\nnameserver 172.28.0.1\nsearch example.org lan\noptions ndots:0\n");
  for (const char* key : {"c", "d", "e"}) assignment.networks[key] = {.gateway = "10.80.20.1"};
  const std::string text = resolver_text(assignment, {});
  int lines = 0;
  for (std::size_t at = 0; (at = text.find("nameserver", at)) != std::string::npos; ++at) ++lines;
  CHECK(lines == 3);  // no resolver reads more
  CHECK(text.find("search") == std::string::npos);
}

TEST_CASE("a member's IPv6 address is told with its name, and its name with that") {
  overlay::Snapshot snapshot = shop();
  snapshot.pool6 = "fd12:3456:789a::/48";
  snapshot.networks[0].subnet6 = "fd12:3456:789a:1::/64";
  snapshot.members["web-2@default/front"].address6 = "fd12:3456:789a:1::a50:1003";
  const auto zone = zone_of(snapshot, NodeId("n1"));
  const auto ask = [&](const std::string& name, std::uint16_t kind) {
    return *dns::lookup(*zone, *zone->asker(ip("10.80.16.2")), {.name = name, .type = kind, .klass = 1}, 0);
  };
  CHECK(ask("web", dns::type::aaaa).addresses6 == std::vector{*parse_ipv6("fd12:3456:789a:1::a50:1003")});
  CHECK(ask("web-1", dns::type::aaaa).addresses6.empty());
  CHECK(ask(reverse_name(*parse_ipv6("fd12:3456:789a:1::a50:1003")), dns::type::ptr).pointer == "web-2.shop.default.main.kontena.local");
}

TEST_CASE("a service's own search domains and options go before the host's") {
  model::Assignment assignment;
  assignment.networks["a"] = {.gateway = "10.80.16.1"};
  model::ContainerOptions& options = assignment.spec.options.emplace();
  options.dns_search = {"own.example"};
  options.dns_options = {"timeout:2", "ndots:3"};
  CHECK(resolver_text(assignment, {.search = {"example.org"}}) ==
        "# kontena: names of the cluster are answered by the node\n"
        "nameserver 10.80.16.1\nsearch own.example\noptions ndots:0 timeout:2 ndots:3\n");
  options.dns_search = {"."};
  CHECK(resolver_text(assignment, {.search = {"example.org"}}).find("search") == std::string::npos);
}

TEST_CASE("an instance with servers of its own has its questions asked of those") {
  const auto zone = zone_of(shop(), NodeId("n1"), {{"web-1", {"192.0.2.53", "192.0.2.54"}}});
  CHECK(zone->asker(ip("10.80.16.2"))->upstreams ==
        std::vector<dns::Endpoint>{{ip("192.0.2.53"), 53}, {ip("192.0.2.54"), 53}});
  CHECK(zone->asker(ip("172.28.0.3"))->upstreams.empty());
  // The node would ask for it in networks that the instance is not on.
  const auto others = zone_of(shop(), NodeId("n1"), {{"web-1", {"172.28.0.3", "10.80.16.3", "10.90.0.1"}}, {"web-3", {"10.80.16.2"}}});
  CHECK(others->asker(ip("10.80.16.2"))->upstreams == std::vector<dns::Endpoint>{{ip("10.80.16.3"), 53}});
  CHECK(others->asker(ip("172.28.0.3"))->upstreams.empty());
  CHECK_FALSE(others->asker(ip("172.28.0.3"))->forwards);
}

TEST_CASE("a link is answered to the instances of the service that has it, and to nobody else") {
  auto snapshot = shop();
  snapshot.members["web-1@default/front"].links = {{"sql", "web-2.shop.default.main.kontena.local"}, {"web", "web-1.shop.default.main.kontena.local"}};
  add(snapshot, "other-1", "default/front", "10.80.16.7", "n1");
  const auto zone = zone_of(snapshot, NodeId("n1"));
  const auto answer = [&](const char* asker, const std::string& name) {
    const auto reply = dns::lookup(*zone, *zone->asker(ip(asker)), {.name = name, .type = dns::type::a}, 0);
    return reply ? reply->addresses : Addresses{};
  };
  CHECK(answer("10.80.16.2", "sql") == Addresses{ip("10.80.16.3")});
  CHECK(answer("10.80.16.2", "web") == Addresses{ip("10.80.16.2")});  // the link goes before the name
  CHECK(answer("10.80.16.7", "sql").empty());
  CHECK(answer("10.80.16.7", "web").size() == 3);
  // One that is unhealthy is not answered by its link either.
  snapshot.members["web-2@default/front"].up = false;
  const auto later = zone_of(snapshot, NodeId("n1"));
  const auto reply = dns::lookup(*later, *later->asker(ip("10.80.16.2")), {.name = "sql", .type = dns::type::a}, 0);
  REQUIRE(reply);
  CHECK(reply->rcode == dns::Rcode::no_error);
  CHECK(reply->addresses.empty());
}

TEST_CASE("on a network that two stacks share, a name means the asker's own stack's service, where it has one") {
  auto snapshot = shop();
  const auto other = [&](const std::string& service, const std::string& address, const std::string& node, bool up = true) {
    const model::Member member{.network = "default/front", .address = address, .node = NodeId(node),
                               .instance = InstanceId("other-" + service), .names = {service, service + ".other"},
                               .full = service + "-1.other.default.main.kontena.local", .up = up};
    snapshot.members[overlay::member_id(member)] = member;
  };
  other("web", "10.80.16.9", "n2");
  other("api", "10.80.16.10", "n1");
  const auto zone = zone_of(snapshot, NodeId("n1"));
  CHECK(answered(*zone, "10.80.16.2", "web") == Addresses{ip("10.80.16.2"), ip("10.80.16.3")});
  CHECK(answered(*zone, "10.80.16.2", "web.other") == Addresses{ip("10.80.16.9")});
  CHECK(answered(*zone, "10.80.16.2", "api") == Addresses{ip("10.80.16.10")});
  CHECK(answered(*zone, "10.80.16.10", "web") == Addresses{ip("10.80.16.9")});
  CHECK(answered(*zone, "10.80.16.10", "web.shop") == Addresses{ip("10.80.16.2"), ip("10.80.16.3")});

  other("web", "10.80.16.9", "n2", false);  // its own is meant still
  CHECK(answered(*zone_of(snapshot, NodeId("n1")), "10.80.16.10", "web").empty());
}
