#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "filters.h"
#include "score.h"

namespace kontena::schedule {

// The part of a node that one instance takes.
struct Share {
  bool there = false;  // counts for spreading and for the maximum on a node
  bool alive = false;  // is promised CPU and memory
};
Share share_of(const model::Instance&, const model::InstanceStatus*, const model::ServiceSpec&);

struct Nodes::Table {
  // What of a request decides where it may go: equal keys, equal answers.
  struct Key {
    model::ServicePath path;
    std::optional<NodeId> pinned;
    model::Mode mode;
    model::Resources reservations;
    std::vector<model::Port> ports;
    model::Placing placing;
    std::vector<NodeId> not_on;
    std::vector<NodeId> avoid;
    friend bool operator==(const Key&, const Key&) = default;
  };
  // The last request, kept for a run of equal ones; of no use once the nodes
  // changed otherwise.
  struct Run {
    Key key;
    std::uint64_t changes = 0;
    std::optional<Spread> spread;
    std::string why_not;
  };

  const model::ClusterView* view = nullptr;
  bool awaits_nodes = false;
  std::vector<Candidate> candidates;
  std::unordered_map<std::string, std::uint32_t> index;      // by NodeId
  std::unordered_map<std::string, Counts> of_service;        // by service path
  std::unordered_map<std::string, Counts> of_stack;          // by stack path
  std::set<std::pair<std::int64_t, std::uint32_t>> by_load;  // load, index; those ready only
  std::map<std::string, Share> rebooked;                     // by key of instance: what changed since the view
  std::map<std::string, Values> values;                      // by attribute
  std::unordered_map<std::string, std::shared_ptr<const std::vector<char>>> meets;  // by list of constraints
  std::uint64_t changes = 0;
  std::optional<Run> run;

  void add_nodes(const model::ClusterView&, const model::Liveness&, const std::string& grid);
  void add_instances(const model::ClusterView&, const std::string& grid);

  struct Booked {
    std::uint32_t node = 0;
    Share share;
  };
  // Where an instance of the view is and what it is promised; none of one that is gone or elsewhere.
  std::optional<Booked> booked(const model::Instance&, const model::ServiceSpec&) const;

  // Gives (sign 1) or takes back (-1).
  void share(std::uint32_t node, const model::ServicePath&, const model::ServiceSpec&, Share, int sign);
  void book(std::uint32_t node, const Request&);

  Question question(const Request&);
  std::optional<std::uint32_t> choose(const Question&);
  std::optional<std::uint32_t> best_of(const Question&);
  std::optional<std::uint32_t> in_order_of_load(const Question&) const;
  std::optional<std::uint32_t> beside_its_stack(const Question&);
  std::vector<const Values*> levels(const model::Placing&);
};

}  // namespace kontena::schedule
