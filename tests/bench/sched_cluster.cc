#include "sched_cluster.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace kontena::bench {
namespace {

constexpr std::int64_t megabyte = 1024 * 1024;
constexpr std::int64_t core = 1'000'000'000;

std::string numbered(const char* format, int number) {
  char text[32];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::int64_t number_in(const std::string& node) { return std::stoll(node, nullptr, 16); }

}  // namespace

model::Node node(int index) {
  return {.id = NodeId(numbered("%012x", index)),
          .grid = grid,
          .name = numbered("node-%d", index),
          .labels = {{"zone", "z" + std::to_string(index % 3)}, {"tier", index % 2 ? "web" : "db"}},
          .certificate = std::string(64, 'c'),
          .created_ms = 1};
}

model::NodeFacts facts() {
  return {.hostname = "host",
          .os = "linux",
          .architecture = "amd64",
          .nano_cpus = 64 * core,
          .memory_bytes = 262'144 * megabyte,
          .engine_version = "20.10.24",
          .engine_api = "1.41",
          .kontena_version = "0.1.0",
          .kernel = "6.18.0",
          .address = "10.0.0.1"};
}

std::string zone_of(const NodeId& id) { return "z" + std::to_string(number_in(*id) % 3); }

model::ServiceSpec spec(const Size& size, int service) {
  model::ServiceSpec spec{.name = numbered("service-%d", service), .image = "registry.example.com/shop/web:1.2.3"};
  spec.replicas = size.replicas;
  spec.environment = {{"LOG_LEVEL", "info"}, {"PORT", "8080"}};
  if (size.mode != Mode::full) return spec;
  spec.reservations = {.nano_cpus = core / 10, .memory_bytes = 64 * megabyte};
  spec.placing.constraints = {{"node.labels.tier", true, "web"}};
  spec.placing.spread = {"node.labels.zone"};
  return spec;
}

model::ServicePath path(const Size& size, int service) {
  return {grid, "default", numbered("stack-%d", service / size.per_stack), numbered("service-%d", service)};
}

std::string Tally::complaint() const {
  std::map<std::string, std::int64_t> promised;
  std::map<std::string, std::int64_t> nodes_of;  // a zone that may take some
  for (int i = 0; i < size_.nodes; ++i)
    if (size_.mode != Mode::full || i % 2 == 1) ++nodes_of[zone_of(node(i).id)];
  for (const auto& [service, nodes] : on_) {
    struct Zone {
      std::int64_t nodes = 0, instances = 0, most = 0, least = 0;
    };
    std::map<std::string, Zone> zones;
    for (const auto& [zone, count] : nodes_of) zones[zone].least = size_.instances();
    for (const auto& [node, count] : nodes) {
      if (size_.mode == Mode::full && number_in(node) % 2 == 0) return service + " is on a node of another tier";
      Zone& zone = zones[zone_of(NodeId(node))];
      ++zone.nodes;
      zone.instances += count;
      zone.most = std::max(zone.most, count);
      zone.least = std::min(zone.least, count);
      promised[node] += count;
    }
    std::int64_t fullest = 0, emptiest = size_.instances();
    for (const auto& [name, zone] : zones) {
      const std::int64_t least = zone.nodes < nodes_of[name] ? 0 : zone.least;
      if (zone.most - least > 1)
        return service + " in zone " + name + ": nodes differ by " + std::to_string(zone.most - least);
      fullest = std::max(fullest, zone.instances);
      emptiest = std::min(emptiest, zone.instances);
    }
    if (fullest - emptiest > 1) return service + ": zones differ by " + std::to_string(fullest - emptiest);
  }
  if (size_.mode != Mode::full) return "";
  for (const auto& [node, count] : promised)
    if (count * core / 10 > facts().nano_cpus || count * 64 * megabyte > facts().memory_bytes)
      return node + " is promised more than it has: " + std::to_string(count) + " instances";
  return "";
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::int64_t peak_kb() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

std::int64_t resident_kb() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values[std::min(at, values.size() - 1)];
}

}  // namespace kontena::bench
