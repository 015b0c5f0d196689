#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kontena/schedule/place.h"

namespace kontena::schedule {

// A host port as one holds it on a node; "" is every address of the node. Of a range one port is
// held, and which it is the engine knows alone.
struct HeldPort {
  std::string address;
  std::string protocol;
  std::int64_t port = 0;
  std::int64_t last = 0;  // as `port` where it is no range
  friend bool operator==(const HeldPort&, const HeldPort&) = default;
};

// A node with what is promised on it. Its index is its own as long as the node
// is there, and then another's; `rank` is its place in the order of node ids.
struct Candidate {
  std::shared_ptr<const Ordered<model::Node>::Item> record;  // null: the index is free
  std::shared_ptr<const Ordered<model::NodeFacts>::Item> said;
  const model::Node* node = nullptr;
  const model::NodeFacts* facts = nullptr;  // never null where there is a node
  std::uint32_t index = 0;
  std::uint32_t rank = 0;
  bool awaited = false;  // active, and not heard yet
  bool ready = false;    // for new work
  std::int64_t nano_cpus_reserved = 0;
  std::int64_t memory_reserved = 0;
  std::int64_t nano_cpus_expected = 0;  // of those that reserve none: what they are likely to take
  std::int64_t memory_expected = 0;
  std::int64_t instances = 0;
  std::int64_t load = 0;  // instances for each core, in thousandths
  std::vector<HeldPort> ports;

  std::int64_t free_cpus() const { return facts->nano_cpus - nano_cpus_reserved; }
  std::int64_t free_memory() const { return facts->memory_bytes - memory_reserved; }
};

// How many instances of one service or stack each node has, in order of the
// node's index; those that have none are not in it.
class Counts {
 public:
  struct Item {
    std::uint32_t node = 0;
    std::int32_t count = 0;
  };
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

  std::int64_t of(std::uint32_t node) const {
    const auto at = std::ranges::lower_bound(items_, node, {}, &Item::node);
    return at != items_.end() && at->node == node ? at->count : 0;
  }
  void change(std::uint32_t node, int by) {
    const auto at = std::ranges::lower_bound(items_, node, {}, &Item::node);
    if (at == items_.end() || at->node != node)
      items_.insert(at, {node, by});
    else if (at->count += by; at->count == 0)
      items_.erase(at);
  }

 private:
  std::vector<Item> items_;
};

// A request with what the filters need looked up once for all nodes.
struct Question {
  const Request& request;
  const std::vector<char>* meets;  // the constraints, by index; null: there are none
  const Counts& of_service;
  model::Resources likely = {};  // what is reserved, or expected
  bool roomy = false;   // nodes without room for that, beside what is likely there, are out too
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

// Also false, without a complaint, for a node that the question avoids, or that has no room for what is likely.
bool admits(const Candidate&, const Question&);

// Without room for it: has the node what it needs?
bool has_needed(const model::NodeFacts&, const Needs&);

// Each node counted under its first complaint. REQUIRES: they are in order of id.
std::string tally(std::span<const Candidate* const>, const Question&);

std::vector<HeldPort> held_ports(const model::ServiceSpec&);

}  // namespace kontena::schedule
