#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <tuple>

#include "kontena/schedule/place.h"
#include "support/cluster.h"
#include "support/seeds.h"

using namespace kontena;
using namespace kontena::schedule;
using support::core, support::megabyte;

namespace {

// The same rules, written as one pass over all nodes with no memory of the last.
struct Plain {
  struct Node {
    std::string name, zone;
    bool ssd = false;
    std::int64_t cores = 0, memory = 0, instances = 0;
    std::map<std::string, std::int64_t> of_service;
  };
  std::vector<Node> nodes;

  std::string place(const model::ServiceSpec& spec) {
    std::map<std::string, std::int64_t> in_zone;
    for (const Node& n : nodes)
      if (const auto has = n.of_service.find(spec.name); has != n.of_service.end()) in_zone[n.zone] += has->second;
    Node* best = nullptr;
    const auto cost = [&](Node& n) {
      return std::tuple(in_zone[n.zone], n.of_service[spec.name], n.instances * 1'000 / n.cores, n.name);
    };
    for (Node& n : nodes) {
      if (!spec.placing.constraints.empty() && !n.ssd) continue;
      if (n.memory < spec.reservations.memory_bytes) continue;
      const auto maximum = spec.placing.max_replicas_per_node;
      if (maximum > 0 && n.of_service[spec.name] >= maximum) continue;
      if (!best || cost(n) < cost(*best)) best = &n;
    }
    if (!best) return "";
    best->memory -= spec.reservations.memory_bytes;
    ++best->instances;
    ++best->of_service[spec.name];
    return best->name;
  }
};

}  // namespace

TEST_CASE("runs of requests in any order are placed as one pass over all nodes would, and never over-promised") {
  const support::Seeds seeds(300);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    support::Cluster grid;
    Plain plain;
    const int nodes = 1 + static_cast<int>(random() % 12);
    for (int i = 0; i < nodes; ++i) {
      const std::string name = {static_cast<char>('a' + i)};
      const std::string zone = std::to_string(random() % 3);
      const bool ssd = random() % 2 == 0;
      const auto cores = static_cast<std::int64_t>(1 + random() % 4);
      const auto memory = static_cast<std::int64_t>(random() % 2'000) * megabyte;
      grid.node(name, {{"zone", zone}, {"disk", ssd ? "ssd" : "hdd"}}, cores, memory);
      plain.nodes.push_back({name, zone, ssd, cores, memory, 0, {}});
    }
    Nodes fast(grid.view, grid.liveness, "g");
    std::vector<model::ServiceSpec> specs(4);
    for (std::size_t s = 0; s < specs.size(); ++s) {
      specs[s].name = "s" + std::to_string(s);
      specs[s].reservations.memory_bytes = static_cast<std::int64_t>(random() % 3) * 100 * megabyte;
      if (random() % 2) specs[s].placing.constraints = {{"node.labels.disk", true, "ssd"}};
      specs[s].placing.max_replicas_per_node = random() % 3;
    }
    for (int run = 0; run < 12; ++run) {
      const auto& spec = specs[random() % specs.size()];
      for (auto left = 1 + random() % 8; left > 0; --left) {
        const auto placement = fast.place({.spec = &spec, .path = grid.path("shop", spec.name)});
        const std::string expected = plain.place(spec);
        REQUIRE((placement.node ? **placement.node : "") == expected);
        REQUIRE(placement.why_not.empty() == !expected.empty());
      }
    }
  }
}

// The nodes and services of the peers' benchmarks: `full` reserves CPU and memory,
// is constrained to half of the nodes and spread over three zones.
static double placements_per_second(int nodes, int services, int replicas, bool full) {
  support::Cluster grid;
  for (int i = 0; i < nodes; ++i) {
    char name[16];
    std::snprintf(name, sizeof name, "n%05d", i);
    grid.node(name, {{"zone", "z" + std::to_string(i % 3)}, {"tier", i % 2 ? "web" : "db"}}, 64, 262'144 * megabyte);
  }
  model::ServiceSpec spec{.name = "web"};
  if (full) {
    spec.reservations = {.nano_cpus = core / 10, .memory_bytes = 64 * megabyte};
    spec.placing.constraints = {{"node.labels.tier", true, "web"}};
    spec.placing.spread = {"node.labels.zone"};
  }
  Nodes index(grid.view, grid.liveness, "g");
  const auto start = std::chrono::steady_clock::now();
  for (int s = 0; s < services; ++s) {
    const Request request{.spec = &spec, .path = grid.path("stack" + std::to_string(s), "web")};
    for (int r = 0; r < replicas; ++r) REQUIRE(index.place(request).node);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return services * replicas / took.count();
}

TEST_CASE("benchmark: placements a second" * doctest::skip()) {
  for (const bool full : {false, true})
    for (const auto& [nodes, services, replicas] : {std::tuple{1'000, 1'000, 10},
                                                    {10'000, 1'000, 10},
                                                    {1'000, 10'000, 1},
                                                    {10'000, 10'000, 1},
                                                    {10'000, 10, 10'000}})
      std::printf("%5d nodes, %5d services x %5d, %s: %9.0f placements/s\n", nodes, services, replicas,
                  full ? "full " : "plain", placements_per_second(nodes, services, replicas, full));
}
