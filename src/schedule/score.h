#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "filters.h"

namespace kontena::schedule {

// What each node has for one attribute, as a small number; equal text, equal number.
struct Values {
  std::vector<std::uint32_t> of_node;  // by index
  std::unordered_map<std::string, std::uint32_t> numbers;
};

// The nodes that admit one request, kept in order for a run of equal requests:
// made in O(nodes), then O(places + log nodes) an instance. A place is one
// combination of the values of the spread attributes.
class Spread {
 public:
  // `levels`: the spread attributes, outermost first; at least one.
  Spread(const std::vector<Candidate>&, const Question&, const std::vector<const Values*>& levels);

  // Fewest of the service in the outermost place, then in each inner one, then on
  // the node; then the least load, then the lowest id. The node is out of the
  // order until put_back.
  std::optional<std::uint32_t> take();

  // The node that take() gave was booked.
  void put_back(bool admits_more);

 private:
  struct Place {
    std::vector<std::size_t> counts;  // where its counts are in counts_, a level each
    std::vector<std::uint32_t> heap;  // nodes, the best at the front
  };
  auto worse() const;
  bool before(const Place&, const Place&) const;

  const std::vector<Candidate>& candidates_;
  std::vector<std::int64_t> counts_;      // of the service, in each place of each level
  std::vector<std::int64_t> of_service_;  // by index of node
  std::vector<Place> places_;
  Place* chosen_ = nullptr;  // where take() took taken_ from
  std::uint32_t taken_ = 0;
};

}  // namespace kontena::schedule
