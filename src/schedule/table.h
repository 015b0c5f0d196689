#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "filters.h"
#include "score.h"
#include "shape.h"

namespace kontena::schedule {

// The part of a node that one instance takes.
struct Share {
  bool there = false;  // counts for spreading and for the maximum on a node
  bool alive = false;  // is promised CPU and memory
  friend bool operator==(const Share&, const Share&) = default;
};
Share share_of(const model::Instance&, const model::InstanceStatus*, const model::ServiceSpec&);

// The spec that an instance was made from; of a revision that is not kept, the newest.
const model::ServiceSpec* made_from(const model::ClusterView&, const model::Instance&);

struct Nodes::Table {
  // What of a request decides where it may go: equal keys, equal answers.
  struct Key {
    explicit Key(const Request&);
    bool same(const Request&) const;

    model::ServicePath path;
    std::optional<NodeId> pinned;
    model::Mode mode;
    model::Resources reservations;
    std::vector<model::Port> ports;
    model::Placing placing;
    std::vector<NodeId> not_on;
    std::vector<NodeId> avoid;
    std::string pinned_for;
    model::Resources along;
    std::vector<model::Port> along_ports;
    Needs needs;
  };
  // The last request, kept for a run of equal ones; of no use once the nodes
  // changed otherwise.
  struct Run {
    Key key;
    std::uint64_t changes = 0;
    std::size_t looked = 0;  // at nodes that had some of the service, so far
    std::optional<Spread> spread;
    bool roomy = false;   // the spread is of nodes with room for what is likely
    bool no_room = false;  // no node has that any more
    std::string why_not;
  };
  // A shape, when it was last asked, and how far it has followed `moved`.
  struct Indexed {
    Shape shape;
    std::uint64_t used = 0;
    std::uint64_t seen = 0;
  };
  // How to take back one booking.
  struct Done {
    std::uint32_t node = 0;
    model::ServicePath path;
    model::Resources reservations;
    Share share;
    int sign = 1;
    std::vector<HeldPort> ports;                             // that were added
    std::optional<std::pair<std::string, Share>> was_share;  // of an instance that was booked anew
  };

  const model::ClusterView* view = nullptr;
  std::string grid;
  model::Liveness heard;
  std::size_t awaited = 0;                                     // nodes
  std::shared_ptr<const Peaks> peaks;                          // null: nothing is expected
  std::vector<Candidate> candidates;                           // by index
  std::vector<Room> rooms;                                     // likewise
  std::vector<std::uint32_t> free;                             // indexes without a node
  std::vector<std::uint32_t> in_order;                         // indexes, by rank
  std::unordered_map<std::string, std::uint32_t> index;        // by NodeId
  std::unordered_map<std::string, Counts> of_service;          // by service path
  std::map<std::string, Share> rebooked;                       // by key of instance: what changed since the view
  std::map<std::string, Values> values;                        // by attribute
  std::map<std::string, std::shared_ptr<const Order>> orders;  // by attributes
  std::unordered_map<std::string, Indexed> shapes;             // by constraints and attributes
  std::vector<std::uint32_t> moved;                            // nodes whose room changed, oldest first
  std::uint64_t moved_before = 0;                              // so many were dropped from the front of it
  std::uint64_t asked = 0;                                     // counts uses of shapes
  std::uint64_t changes = 0;
  std::vector<Done> journal;  // since the view
  std::size_t kept = 0;       // of those, are in the store
  std::optional<Run> run;

  // nodes.cc: who is there.
  void put_node(const std::string& key);
  void drop_node(std::uint32_t node);
  model::NodeState state(const NodeId&) const;
  void judge(Candidate&);  // is it ready?
  void renumber();         // nodes came or went
  std::vector<const Candidate*> all() const;

  // booking.cc: what they have promised.
  struct Booked {
    std::uint32_t node = 0;
    Share share;
  };
  // Where an instance of the view is and what it is promised; none of one that is gone or elsewhere.
  std::optional<Booked> booked(const model::Instance&, const model::ServiceSpec&) const;
  // Gives (sign 1) or takes back (-1).
  void share(std::uint32_t node, const model::ServicePath&, const model::Resources&, Share, int sign);
  // What it is likely to take beyond what it reserves.
  model::Resources expected(const std::string& path, const model::Resources& reservations) const;
  void hold(std::uint32_t node, const std::vector<HeldPort>&, int sign);
  void weigh(Candidate&);  // its load and room have changed
  void book(std::uint32_t node, const Request&);
  // An instance as the view that is at hand has it, all it takes.
  void count(const model::ClusterView&, const std::string& key, int sign);
  void take_back(std::size_t from);

  // place.cc, search.cc
  const Values& valued(const std::string& attribute);
  std::vector<const Values*> levels(const model::Placing&);
  std::vector<char> meeting(const std::vector<model::Constraint>&);
  const Shape& shape(const model::Placing&);
  Question question(const Request&);
  std::optional<std::uint32_t> choose(const Question&);
  bool fits_preferred(const Question&) const;
  std::optional<std::uint32_t> best_of(const Question&);
  std::optional<std::uint32_t> in_order_of_load(const Question&);
  std::optional<std::uint32_t> search(const Question&);
};

}  // namespace kontena::schedule
