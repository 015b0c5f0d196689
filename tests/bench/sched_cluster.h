#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kontena/model/view.h"

// The clusters of the scheduler's benchmarks: those of swarmkit's, and the mix with
// reservations, a constraint and a spread.
namespace kontena::bench {

enum class Mode { plain, full, oneoff };

struct Size {
  int nodes = 10'000;
  int services = 1'000;
  int replicas = 10;
  Mode mode = Mode::full;
  int per_stack = 10;  // services of one stack

  std::int64_t instances() const { return std::int64_t{services} * replicas; }
};

inline const std::string grid = "default";

// Every third node is in zone z0, z1, z2; every second is of tier web. 64 cores, 256 GB.
model::Node node(int index);
model::NodeFacts facts();
std::string zone_of(const NodeId&);

// The service asks for 0.1 cores and 64 MB on nodes of tier web, spread over the
// zones, where the mode is full.
model::ServiceSpec spec(const Size&, int service);
model::ServicePath path(const Size&, int service);

// Where each instance went, and what was asked of that.
class Tally {
 public:
  explicit Tally(const Size& size) : size_(size) {}
  void add(const std::string& service, const NodeId& node) { ++on_[service][*node]; }
  void take(const std::string& service, const NodeId& node) { --on_[service][*node]; }

  // "" where all is well: between zones, and between the nodes of a zone, no service
  // has a difference of more than one, and no node is promised more than it has.
  std::string complaint() const;

 private:
  const Size& size_;
  std::map<std::string, std::map<std::string, std::int64_t>> on_;  // service, node
};

double cpu_seconds();    // of this process, all its threads
std::int64_t peak_kb();  // of memory
std::int64_t resident_kb();

// The value a share of the sorted values lies below; 0.5 is the median.
double quantile(std::vector<double> values, double share);

}  // namespace kontena::bench
