#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kontena/schedule/place.h"

namespace kontena::schedule {

// A host port as one holds it on a node; "" is every address of the node.
struct HeldPort {
  std::string address;
  std::string protocol;
  std::int64_t port = 0;
  friend bool operator==(const HeldPort&, const HeldPort&) = default;
};

// A node with what is promised on it.
struct Candidate {
  const model::Node* node = nullptr;
  const model::NodeFacts* facts = nullptr;  // never null
  std::uint32_t index = 0;                  // among the candidates, which are in order of node id
  bool ready = false;                       // for new work
  std::int64_t nano_cpus_reserved = 0;
  std::int64_t memory_reserved = 0;
  std::int64_t instances = 0;
  std::int64_t load = 0;  // instances for each core, in thousandths
  std::vector<HeldPort> ports;
};

// How many instances of one service or stack each node has, by its index; no
// entry means none.
using Counts = std::unordered_map<std::uint32_t, std::int64_t>;

// A request with what the filters need looked up once for all nodes.
struct Question {
  const Request& request;
  std::shared_ptr<const std::vector<char>> meets;  // by index; null: no constraints
  const Counts& of_service;
  bool avoids = false;  // the nodes that the request would rather not have are out too

  const model::ServiceSpec& spec() const { return *request.spec; }
};

// A reason why a node cannot take an instance, and the test for it.
struct Filter {
  std::string_view complaint;  // follows a count of nodes: "3 <complaint>"
  bool (*admits)(const Candidate&, const Question&);
  // What the complaint ends with; never null where there is more to say.
  std::string (*detail)(std::span<const Candidate* const> turned_away, const Question&) = nullptr;
};

std::span<const Filter> filters();

// Also false, without a complaint, for a node that the question avoids.
bool admits(const Candidate&, const Question&);

// Each node counted under its first complaint.
std::string tally(std::span<const Candidate>, const Question&);

std::vector<HeldPort> held_ports(const model::ServiceSpec&);

}  // namespace kontena::schedule
