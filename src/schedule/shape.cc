#include "shape.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace kontena::schedule {

Order::Order(const std::vector<std::uint32_t>& given, std::size_t indexes, const std::vector<const Values*>& by)
    : nodes(given), position(indexes), levels(by.size()) {
  // The nodes come in order of id; places inside keep that.
  std::ranges::stable_sort(nodes, [&](std::uint32_t a, std::uint32_t b) {
    for (const Values* values : by)
      if (values->of_node[a] != values->of_node[b]) return values->of_node[a] < values->of_node[b];
    return false;
  });
  for (std::size_t p = 0; p < nodes.size(); ++p) position[nodes[p]] = static_cast<std::uint32_t>(p);
  for (std::size_t l = 0; l < by.size(); ++l) {
    Level& level = levels[l];
    level.place.resize(nodes.size());
    for (std::uint32_t p = 0; p < nodes.size(); ++p) {
      bool starts = p == 0;
      for (std::size_t outer = 0; outer <= l && !starts; ++outer)
        starts = by[outer]->of_node[nodes[p]] != by[outer]->of_node[nodes[p - 1]];
      if (starts) level.begin.push_back(p);
      level.place[p] = static_cast<std::uint32_t>(level.begin.size() - 1);
    }
    level.begin.push_back(static_cast<std::uint32_t>(nodes.size()));
  }
}

Shape::Shape(std::shared_ptr<const Order> order, std::optional<std::vector<char>> meets, const std::vector<Room>& rooms)
    : order_(std::move(order)), meets_(std::move(meets)) {
  const auto blocks = (static_cast<std::uint32_t>(order_->nodes.size()) + block - 1) / block;
  leaves_ = std::bit_ceil(std::max<std::uint32_t>(blocks, 1));
  parts_.resize(std::size_t{2} * leaves_);
  for (std::uint32_t b = 0; b < blocks; ++b) parts_[leaves_ + b] = leaf(b, rooms);
  for (std::uint32_t at = leaves_; --at >= 1;) parts_[at] = both(parts_[2 * at], parts_[2 * at + 1]);
}

Shape::Part Shape::leaf(std::uint32_t at, const std::vector<Room>& rooms) const {
  Part part;
  const auto end = std::min<std::size_t>(order_->nodes.size(), std::size_t{at + 1} * block);
  for (std::size_t p = std::size_t{at} * block; p < end; ++p) {
    const std::uint32_t node = order_->nodes[p];
    const Room& room = rooms[node];
    if (room.load == Room::closed || (meets_ && !(*meets_)[node])) continue;
    part = both(part, {room.load, room.cpus, room.memory, room.rank});
  }
  return part;
}

Shape::Part Shape::both(const Part& a, const Part& b) {
  if (a.load == Room::closed) return b;
  if (b.load == Room::closed) return a;
  const Part& first = b.before(a) ? b : a;
  return {first.load, std::max(a.cpus, b.cpus), std::max(a.memory, b.memory), first.rank};
}

void Shape::update(std::span<const std::uint32_t> nodes, const std::vector<Room>& rooms) {
  for (const std::uint32_t node : nodes) {
    const std::uint32_t b = order_->position[node] / block;
    std::uint32_t at = leaves_ + b;
    parts_[at] = leaf(b, rooms);
    while ((at /= 2) >= 1) parts_[at] = both(parts_[2 * at], parts_[2 * at + 1]);
  }
}

}  // namespace kontena::schedule
