#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "filters.h"
#include "score.h"

namespace kontena::schedule {

// What the search looks at first, packed, by index of node.
struct Room {
  static constexpr std::int64_t closed = std::numeric_limits<std::int64_t>::max();
  std::int64_t load = closed;  // of a node that is not ready: closed
  std::int64_t cpus = 0;       // free
  std::int64_t memory = 0;
  std::uint32_t rank = 0;
};

// All nodes in the order of the values of some attributes, the first outermost,
// so that each place (a combination of values) is one run of positions, and so is
// each place around it.
struct Order {
  struct Level {
    std::vector<std::uint32_t> place;  // by position
    std::vector<std::uint32_t> begin;  // by place, and where the last one ends
  };
  Order(const std::vector<std::uint32_t>& nodes, std::size_t indexes, const std::vector<const Values*>& levels);

  std::vector<std::uint32_t> nodes;     // by position
  std::vector<std::uint32_t> position;  // by index of node
  std::vector<Level> levels;
};

// The index for requests with the same constraints and spread: a tree over the
// positions of an order that knows, for each part, the least load and the most
// room among the nodes that meet the constraints. Says in O(log nodes) which node
// of a run of positions has the least load, then the lowest id, among those with
// room; what else a request asks is tried on what it finds.
class Shape {
 public:
  struct Run {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };
  struct Need {
    std::int64_t cpus = 0;
    std::int64_t memory = 0;
  };
  // The best so far; nothing worse is looked at.
  struct Best {
    std::int64_t load = Room::closed;
    std::uint32_t rank = 0;
    std::optional<std::uint32_t> node;
  };

  Shape(std::shared_ptr<const Order>, std::optional<std::vector<char>> meets, const std::vector<Room>&);

  const Order& order() const { return *order_; }
  const std::vector<char>* meets() const { return meets_ ? &*meets_ : nullptr; }

  // The rooms of these nodes have changed.
  void update(std::span<const std::uint32_t> nodes, const std::vector<Room>&);

  template <class Admits>
  void lowest(Run run, Need need, const std::vector<Room>& rooms, const Admits& admits, Best& best) const {
    if (run.from < run.to) visit(1, 0, leaves_ * block, run, need, rooms, admits, best);
  }

 private:
  static constexpr std::uint32_t block = 16;  // positions a leaf
  struct Part {
    std::int64_t load = Room::closed;  // the least, and the lowest rank that has it
    std::int64_t cpus = 0;             // the most that are free on one node
    std::int64_t memory = 0;
    std::uint32_t rank = 0;
    bool before(const Part& other) const { return load != other.load ? load < other.load : rank < other.rank; }
  };

  Part leaf(std::uint32_t at, const std::vector<Room>&) const;
  static Part both(const Part&, const Part&);

  static bool fits(std::int64_t cpus, std::int64_t memory, Need need) {
    return (need.cpus == 0 || need.cpus <= cpus) && (need.memory == 0 || need.memory <= memory);
  }
  static bool better(std::int64_t load, std::uint32_t rank, const Best& best) {
    return load < best.load || (load == best.load && load != Room::closed && rank < best.rank);
  }

  template <class Admits>
  void visit(std::uint32_t at, std::uint32_t lo, std::uint32_t hi, Run run, Need need, const std::vector<Room>& rooms,
             const Admits& admits, Best& best) const {
    const Part& part = parts_[at];
    if (hi <= run.from || lo >= run.to || !better(part.load, part.rank, best) || !fits(part.cpus, part.memory, need))
      return;
    if (at >= leaves_) {
      const auto end = std::min({hi, run.to, static_cast<std::uint32_t>(order_->nodes.size())});
      for (std::uint32_t p = std::max(lo, run.from); p < end; ++p) {
        const std::uint32_t node = order_->nodes[p];
        const Room& room = rooms[node];
        if (!better(room.load, room.rank, best) || !fits(room.cpus, room.memory, need)) continue;
        if (admits(node)) best = {room.load, room.rank, node};
      }
      return;
    }
    const std::uint32_t middle = lo + (hi - lo) / 2;
    const bool right_first = parts_[2 * at + 1].before(parts_[2 * at]);
    if (!right_first) visit(2 * at, lo, middle, run, need, rooms, admits, best);
    visit(2 * at + 1, middle, hi, run, need, rooms, admits, best);
    if (right_first) visit(2 * at, lo, middle, run, need, rooms, admits, best);
  }

  std::shared_ptr<const Order> order_;
  std::optional<std::vector<char>> meets_;  // by index of node
  std::uint32_t leaves_ = 1;
  std::vector<Part> parts_;  // 1 is the whole, the parts of n are 2n and 2n + 1, leaves from leaves_
};

}  // namespace kontena::schedule
