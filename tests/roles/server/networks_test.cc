// The networks of projects: who has which subnet, for how long, and who is refused.
#include "networks.h"

#include <functional>

#include "harness.h"
#include "kontena/api/projects.h"

namespace kontena::server {
namespace {

using enum http::Method;

const std::string networks_url = "/v1/grids/default/projects/default/networks";

// One service `web` on one network `front`, that says so of itself.
api::DeployRequest front(const model::NetworkSpec& spec, std::int64_t replicas = 1) {
  api::DeployRequest request;
  request.spec.networks["front"] = spec;
  request.spec.services["web"] = {.name = "web", .image = "busybox", .networks = {{"front", {}}}, .replicas = replicas};
  return request;
}

http::Response deploy(World& world, const std::string& stack, const api::DeployRequest& request) {
  return world.as_admin(put, stack_url(stack), codec::to_json(request));
}

const model::Network* network(World& world, const std::string& name) {
  return world.views_.now()->networks.get("default/default/" + name);
}

bool says(const http::Response& response, const std::string& text) {
  INFO(response.body);
  const bool found = response.body.find(text) != std::string::npos;
  CHECK(found);
  return found;
}

}  // namespace

TEST_CASE("a network gets a subnet of the grid's pool, and keeps it") {
  World world;
  REQUIRE(deploy(world, "shop", front({})).status == 200);
  REQUIRE(network(world, "shop.front"));
  const model::Network made = *network(world, "shop.front");
  const auto subnet = parse_subnet(made.subnet);
  REQUIRE(subnet);
  CHECK(subnet->bits == 22);
  CHECK(parse_subnet("10.80.0.0/12")->contains(*subnet));
  CHECK(made.gateway == to_text(subnet->at(1)));
  CHECK(made.stack == "shop");
  CHECK_FALSE(made.declared);
  REQUIRE(deploy(world, "blog", front({})).status == 200);
  CHECK(!parse_subnet(network(world, "blog.front")->subnet)->overlaps(*subnet));
  REQUIRE(deploy(world, "shop", front({}, 3)).status == 200);
  CHECK(codec::to_json(*network(world, "shop.front")) == codec::to_json(made));
}

TEST_CASE("a declared subnet is had as it is declared, with its gateway and range") {
  World world;
  const model::NetworkSpec spec{.subnet = "172.28.0.0/16", .gateway = "172.28.0.254", .ip_range = "172.28.5.0/24"};
  REQUIRE(deploy(world, "shop", front(spec)).status == 200);
  const auto* made = network(world, "shop.front");
  REQUIRE(made);
  CHECK(made->declared);
  CHECK(made->subnet == "172.28.0.0/16");
  CHECK(made->gateway == "172.28.0.254");
  CHECK(made->ip_range == "172.28.5.0/24");
  const auto revision = world.views_.now()->networks.find("default/default/shop.front")->revision;
  REQUIRE(deploy(world, "shop", front(spec, 2)).status == 200);
  CHECK(world.views_.now()->networks.find("default/default/shop.front")->revision == revision);
}

TEST_CASE("a subnet that overlaps another network's is refused, and says whose") {
  World world;
  REQUIRE(deploy(world, "shop", front({.subnet = "172.28.0.0/16"})).status == 200);
  const auto refused = deploy(world, "blog", front({.subnet = "172.28.7.0/24"}));
  CHECK(refused.status >= 400);
  says(refused, "172.28.0.0/16 of network 'shop.front'");
  CHECK_FALSE(world.views_.now()->stacks.get("default/default/blog"));
  // Two of one stack as well.
  api::DeployRequest both = front({.subnet = "172.29.0.0/16"});
  both.spec.networks["back"] = {.subnet = "172.29.1.0/24"};
  CHECK(deploy(world, "blog", both).status >= 400);
}

TEST_CASE("an external network has to be there, and the refusal says how to make it") {
  World world;
  const api::DeployRequest request = front({.name = "public", .external = true});
  const auto refused = deploy(world, "shop", request);
  CHECK(refused.status >= 400);
  says(refused, "the external network 'public' is not there");
  says(refused, "kontena client network create public");
  REQUIRE(world.as_admin(post, networks_url, codec::to_json(api::NetworkRequest{.name = "public"})).status < 300);
  CHECK(world.as_admin(post, networks_url, codec::to_json(api::NetworkRequest{.name = "public"})).status == 409);
  REQUIRE(deploy(world, "shop", request).status == 200);
  // In use by a stack it stays, and without one it goes.
  says(world.as_admin(del, networks_url + "/public"), "in use by stack 'shop'");
  REQUIRE(world.as_admin(del, stack_url("shop")).status == 200);
  world.run({});
  REQUIRE(network(world, "public"));
  CHECK(world.as_admin(del, networks_url + "/public").status == 200);
  CHECK_FALSE(network(world, "public"));
}

TEST_CASE("a network does not change its subnet under its instances, and does without any") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(deploy(world, "shop", front({})).status == 200);
  REQUIRE(deploy(world, "shop", front({.subnet = "172.28.0.0/16"})).status == 200);
  world.run({node});
  REQUIRE(world.instances().size() == 1);
  CHECK(world.instances()[0].addresses.at("shop.front").starts_with("172.28."));
  const auto refused = deploy(world, "shop", front({.subnet = "172.29.0.0/16"}));
  CHECK(refused.status >= 400);
  says(refused, "cannot change its subnet from 172.28.0.0/16 to 172.29.0.0/16");
  CHECK(deploy(world, "shop", front({.internal = true, .subnet = "172.28.0.0/16"})).status >= 400);
  CHECK(network(world, "shop.front")->subnet == "172.28.0.0/16");
}

TEST_CASE("a network goes with its stack, or stays for another stack that is on it") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(deploy(world, "shop", front({})).status == 200);
  REQUIRE(deploy(world, "blog", front({})).status == 200);
  REQUIRE(deploy(world, "mail", front({.name = "blog.front", .external = true})).status == 200);
  world.run({node});
  for (const char* stack : {"shop", "blog"}) REQUIRE(world.as_admin(del, stack_url(stack)).status == 200);
  world.run({node});
  CHECK_FALSE(network(world, "shop.front"));
  REQUIRE(network(world, "blog.front"));
  CHECK(network(world, "blog.front")->stack == "mail");
  REQUIRE(world.as_admin(del, stack_url("mail")).status == 200);
  world.run({node});
  CHECK_FALSE(network(world, "blog.front"));
  CHECK(world.views_.now()->members.empty());
}

TEST_CASE("a network that a stack no longer declares goes once nobody is on it") {
  World world;
  REQUIRE(deploy(world, "shop", front({})).status == 200);
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  CHECK_FALSE(network(world, "shop.front"));
  CHECK(network(world, "shop.default"));
}

TEST_CASE("an address that another service has is refused, with the other's name") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(world.as_admin(post, networks_url, codec::to_json(api::NetworkRequest{.name = "public", .subnet = "172.28.0.0/24"})).status < 300);
  api::DeployRequest request = front({.name = "public", .external = true});
  request.spec.services["web"].networks[0].ipv4_address = "172.28.0.9";
  REQUIRE(deploy(world, "shop", request).status == 200);
  world.run({node});
  const auto refused = deploy(world, "blog", request);
  CHECK(refused.status >= 400);
  says(refused, "172.28.0.9 is in use by 'shop/web'");
  CHECK(deploy(world, "shop", request).status == 200);
  // Nor one that no instance may have.
  request.spec.services["web"].networks[0].ipv4_address = "172.28.0.1";
  says(deploy(world, "blog", request), "is no address for an instance in 172.28.0.0/24");
}

TEST_CASE("network ls counts instances and what is free, show tells who is there") {
  World world;
  const auto node = world.join("n1");
  REQUIRE(deploy(world, "shop", front({.subnet = "172.28.0.0/28"}, 3)).status == 200);
  world.run({node});
  const auto list = world.read<api::NetworkList>(world.as_admin(get, networks_url));
  REQUIRE(list.networks.size() == 1);
  CHECK(list.networks[0].instances == 3);
  CHECK(list.networks[0].nodes == 1);
  CHECK(list.networks[0].free_addresses == 16 - 3 - 3);  // the ends, the gateway, and those three
  const auto detail = world.read<api::NetworkDetail>(world.as_admin(get, networks_url + "/shop.front"));
  REQUIRE(detail.members.size() == 3);
  CHECK(*detail.members[0].node == "n1");
  CHECK(detail.members[0].up);
  CHECK(world.as_admin(del, networks_url + "/shop.front").status >= 400);  // it goes with the stack
  CHECK(world.as_admin(get, networks_url + "/none").status == 404);
}

TEST_CASE("a network that is to have IPv6 gets a subnet of the grid's space, and its instances addresses by their IPv4 ones") {
  World world;
  const auto node = world.join("n1");
  const model::NodeFacts facts{.nano_cpus = 4'000'000'000, .memory_bytes = 8LL << 30, .ipv6 = true};
  REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
  REQUIRE(deploy(world, "shop", front({.ipv6 = true}, 2)).status == 200);
  const model::Network made = *network(world, "shop.front");
  const auto subnet = parse_subnet6(made.subnet6);
  REQUIRE(subnet);
  CHECK(subnet->bits == 64);
  CHECK(pool6_of(*world.views_.now(), "default").contains(*subnet));
  CHECK(made.gateway6 == to_text(Ipv6{subnet->base.high, 1}));
  world.run({node});
  const auto detail = world.read<api::NetworkDetail>(world.as_admin(get, networks_url + "/shop.front"));
  CHECK(detail.summary.subnet6 == made.subnet6);
  REQUIRE(detail.members.size() == 2);
  for (const model::Member& member : detail.members)
    CHECK(parse_ipv6(member.address6) == Ipv6{subnet->base.high, parse_ipv4(member.address)->value});
  // It keeps it; and neither loses nor changes it under its instances.
  REQUIRE(deploy(world, "shop", front({.ipv6 = true}, 3)).status == 200);
  CHECK(codec::to_json(*network(world, "shop.front")) == codec::to_json(made));
  says(deploy(world, "shop", front({})), "a network that instances are on cannot change its having IPv6");
  says(deploy(world, "shop", front({.ipv6 = true, .subnet6 = "fd00:7::/64"})), "cannot change its subnet from " + made.subnet6);
  REQUIRE(deploy(world, "blog", front({.ipv6 = true})).status == 200);
  CHECK(network(world, "blog.front")->subnet6 != made.subnet6);
  REQUIRE(deploy(world, "plain", front({})).status == 200);
  CHECK(network(world, "plain.front")->subnet6.empty());
}

TEST_CASE("a declared IPv6 subnet and address are had as declared, or refused with what is in the way") {
  World world;
  const auto node = world.join("n1");
  const model::NodeFacts facts{.nano_cpus = 4'000'000'000, .memory_bytes = 8LL << 30, .ipv6 = true};
  REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
  const auto with = [](const std::string& ipv6, const std::string& ipv4 = "") {
    api::DeployRequest request = front({.subnet = "172.28.0.0/24", .reserved = {"fd00:7::9"}, .ipv6 = true, .subnet6 = "fd00:7::/64"});
    request.spec.services["web"].networks[0].ipv6_address = ipv6;
    request.spec.services["web"].networks[0].ipv4_address = ipv4;
    return request;
  };
  says(deploy(world, "shop", with("fd00:7::ac1c:9")), "is that of whoever has the IPv4 address 172.28.0.9");
  says(deploy(world, "shop", with("fd00:8::1")), "is no address for an instance in fd00:7::/64");
  REQUIRE(deploy(world, "shop", with("fd00:7::ac1c:9", "172.28.0.9")).status == 200);
  REQUIRE(deploy(world, "shop", with("fd00:7::10")).status == 200);
  world.run({node});
  const auto detail = world.read<api::NetworkDetail>(world.as_admin(get, networks_url + "/shop.front"));
  REQUIRE(detail.members.size() == 1);
  CHECK(detail.members[0].address6 == "fd00:7::10");
  const auto create = [&](const std::string& name, const std::string& subnet6) {
    return world.as_admin(post, networks_url, codec::to_json(api::NetworkRequest{.name = name, .subnet6 = subnet6}));
  };
  says(create("again", "fd00:7::/48"), "overlaps fd00:7::/64 of network 'shop.front'");
  says(create("small", "fd00:9::/112"), "too small");
  REQUIRE(create("public", "FD00:9:0::/64").status < 300);
  CHECK(network(world, "public")->subnet6 == "fd00:9::/64");
  // By another stack on the same network.
  api::DeployRequest guest = front({.name = "public", .external = true});
  guest.spec.services["web"].networks[0].ipv6_address = "fd00:9::10";
  REQUIRE(deploy(world, "guest", guest).status == 200);
  world.run({node});
  says(deploy(world, "other", guest), "fd00:9::10 is in use by 'guest/web'");
}

TEST_CASE("an instance has no address whose IPv6 one would be the gateway's or a reserved one") {
  model::Network network{.subnet = "172.28.0.0/24", .gateway = "172.28.0.1", .reserved = {"fd00:7::ac1c:9"},
                         .subnet6 = "fd00:7::/64", .gateway6 = "fd00:7::ac1c:fe"};
  const auto range = range_of(network);
  CHECK_FALSE(overlay::may_be_member(range, *parse_ipv4("172.28.0.9")));
  CHECK_FALSE(overlay::may_be_member(range, *parse_ipv4("172.28.0.254")));
  CHECK(overlay::may_be_member(range, *parse_ipv4("172.28.0.10")));
  network.subnet6.clear();
  CHECK(overlay::may_be_member(range_of(network), *parse_ipv4("172.28.0.254")));
}

TEST_CASE("a node is given its number once, and the smallest that is free") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  const auto number = [&](const World::Node& node) { return world.views_.now()->nodes.get("default/" + node.id)->number; };
  CHECK(number(n1) == 1);
  CHECK(number(n2) == 2);
  const model::NodeFacts facts{.nano_cpus = 1, .memory_bytes = 1, .mesh_key = "k"};
  REQUIRE(world.as_node(n2, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
  CHECK(number(n2) == 2);
  REQUIRE(world.as_admin(del, "/v1/grids/default/nodes/n1?force=true").status < 300);
  CHECK(number(world.join("n3")) == 1);
}

TEST_CASE("of two who are given numbers or subnets at once one is late") {
  World world;
  const auto n1 = world.join("n1");
  const View view = world.views_.now();
  const Call call{.now = world.clock_.now()};
  store::Commit one, other;
  REQUIRE(make_network(*view, call, {"default", "default"}, {.name = "a"}, one));
  REQUIRE(make_network(*view, call, {"default", "default"}, {.name = "b"}, other));
  REQUIRE(world.store_->commit(one));
  const auto late = world.store_->commit(other);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::conflict);

  model::Node fresh = *view->nodes.get("default/" + n1.id);
  fresh.number = 0;
  store::Commit numbered;
  REQUIRE(give_number(*view, {"default/" + n1.id, 1, fresh}, numbered));
  CHECK(world.store_->commit(numbered).error().code == Code::conflict);
}

TEST_CASE("projects are made and removed; what is in them keeps them; equal names in two do not meet") {
  World world;
  const std::string accounts = "/v1/grids/default/projects/accounts";
  CHECK(deploy(world, "shop", front({})).status == 200);
  CHECK(world.as_admin(get, accounts + "/stacks").status == 404);
  REQUIRE(world.as_admin(put, accounts).status == 201);
  CHECK(world.as_admin(put, accounts).status == 409);
  CHECK(says(world.as_admin(put, "/v1/grids/default/projects/shop"), "has a stack 'shop'"));
  CHECK(says(deploy(world, "accounts", front({})), "there is a project 'accounts'"));
  CHECK(says(world.as_admin(put, "/v1/grids/default/projects/Not_a_label"), "cannot be a project's name"));
  CHECK(world.as_admin(put, "/v1/grids/nope/projects/accounts").status == 404);
  const auto list = world.read<api::ProjectList>(world.as_admin(get, "/v1/grids/default/projects"));
  CHECK(list.projects.size() == 2);

  REQUIRE(world.as_admin(put, accounts + "/stacks/shop", codec::to_json(front({}))).status == 200);
  const auto* theirs = world.views_.now()->networks.get("default/accounts/shop.front");
  REQUIRE(theirs);
  CHECK(theirs->subnet != network(world, "shop.front")->subnet);
  CHECK(says(world.as_admin(del, accounts), "still has stack 'shop'"));
  CHECK(says(world.as_admin(del, "/v1/grids/default/projects/default"), "stays"));

  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/empty").status == 201);
  REQUIRE(world.as_admin(post, "/v1/grids/default/projects/empty/networks", codec::to_json(api::NetworkRequest{.name = "front"})).status < 300);
  CHECK(says(world.as_admin(del, "/v1/grids/default/projects/empty"), "still has network 'front'"));
  REQUIRE(world.as_admin(del, "/v1/grids/default/projects/empty/networks/front").status == 200);
  CHECK(world.as_admin(del, "/v1/grids/default/projects/empty").status == 200);
  CHECK(world.as_admin(del, "/v1/grids/default/projects/empty").status == 404);
}

}  // namespace kontena::server
