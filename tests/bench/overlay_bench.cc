// What a node does with the wanted network of a large grid: everything computed from what
// the server told, the text of the rules with it, and the same after one member changed.
//
// usage: overlay_bench [NODES] [MEMBERS_A_NODE]      (1000 10)
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "kontena/overlay/plan.h"
#include "kontena/overlay/wanted.h"

namespace {

using namespace kontena;

std::string key_of(int node) {
  std::string key(44, 'A');
  key[43] = '=';
  for (int i = 0; i < 4; ++i) key[static_cast<std::size_t>(i)] = static_cast<char>('A' + (node >> (4 * i)) % 16);
  return key;
}

model::Member member_of(const Subnet& subnet, int node, int n, int count) {
  const std::string number = std::to_string(node * count + n);
  return {.network = "default/shop",
          .address = to_text(Ipv4{subnet.base.value + 10 + static_cast<std::uint32_t>(node * count + n)}),
          .node = NodeId("n" + std::to_string(node)),
          .instance = InstanceId("i" + number),
          .names = {"web", "web.shop", "web-" + number + ".shop"},
          .full = "web-" + number + ".shop.default.main.kontena.local",
          .up = true};
}

overlay::Snapshot snapshot_of(int nodes, int members) {
  overlay::Snapshot all;
  all.grid = "main";
  all.pool = std::string(overlay::default_pool);
  const Subnet pool = *parse_subnet(all.pool), subnet = *parse_subnet("10.90.0.0/16");
  all.address = to_text(overlay::node_address(pool, 1));
  all.networks = {{.path = "default/shop", .bridge = "kn0123456789", .subnet = to_text(subnet), .gateway = "10.90.0.1"}};
  for (int node = 0; node < nodes; ++node) {
    const std::string id = "n" + std::to_string(node);
    all.peers[id] = {.node = NodeId(id),
                     .name = id,
                     .address = to_text(overlay::node_address(pool, node + 1)),
                     .public_key = key_of(node),
                     .endpoints = {"192.0.2.7:51820", "198.51.100.7:51820"}};
    for (int n = 0; n < members; ++n) {
      const model::Member member = member_of(subnet, node, n, members);
      all.members[overlay::member_id(member)] = member;
    }
  }
  return all;
}

double best_ms(int tries, const auto& work) {
  double best = 1e9;
  for (int i = 0; i < tries; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace

int main(int count, char** arguments) {
  const int nodes = count > 1 ? std::atoi(arguments[1]) : 1000;
  const int members = count > 2 ? std::atoi(arguments[2]) : 10;
  const overlay::Snapshot all = snapshot_of(nodes, members);
  std::size_t routes = 0, bytes = 0;
  const double ms = best_ms(10, [&] {
    const overlay::Wanted wanted = overlay::wanted(all, NodeId("n0"));
    routes = wanted.routes.size();
    bytes = wanted.rules.size();
  });
  std::printf("%d nodes, %d members a node: %zu routes, %zu bytes of rules, %.1f ms\n", nodes, members, routes, bytes, ms);
}
