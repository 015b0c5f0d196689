#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "kontena/model/view.h"

namespace kontena::schedule {

// A published port as one holds it on a node: address ("" = all), protocol, port.
using HeldPort = std::tuple<std::string, std::string, std::int64_t>;

// A node with what is promised on it. Memory and CPU are the reservations of all
// instances that are there or on their way, stopped ones excepted.
struct Candidate {
  const model::Node* node = nullptr;
  const model::NodeFacts* facts = nullptr;
  bool ready = false;
  std::int64_t nano_cpus_reserved = 0;
  std::int64_t memory_reserved = 0;
  std::int64_t instances = 0;
  std::multiset<HeldPort> ports;
  std::map<std::string, std::int64_t> of_service;  // by service path
  std::map<std::string, std::int64_t> of_stack;    // by stack path
};

struct Request {
  const model::ServiceSpec* spec = nullptr;
  model::ServicePath path;
  std::optional<NodeId> pinned;  // where its volume lives, or the node of a global slot
  bool with_stack = false;       // prefer the node that has most of its stack: services that talk by name
};

struct Placement {
  std::optional<NodeId> node;
  std::string why_not;  // "2 not ready for new work; 1 without enough free memory: need 512 MB, best has 410 MB"
};

// The nodes of one grid as a round of decisions sees them. Each placement is
// booked, so that the next one sees it. The same view, liveness and order of
// calls always give the same answers: ties fall to the lowest node id.
class Nodes {
 public:
  // Keeps pointers into the view: the view must outlive this.
  Nodes(const model::ClusterView&, const model::Liveness&, const std::string& grid);

  Placement place(const Request&);

  // For a global service: the nodes that fit it, in order of id, instances of the
  // same service not counted against them; `why_not` for those that don't.
  std::vector<NodeId> eligible(const Request&) const;

  // The instance stops being counted: it is to be removed or replaced.
  void release(const model::Instance&, const model::ServiceSpec&);

 private:
  std::vector<Candidate> candidates_;           // in order of node id
  std::map<NodeId, std::size_t> index_;
};

}  // namespace kontena::schedule
