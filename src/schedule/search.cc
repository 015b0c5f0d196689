#include <algorithm>
#include <span>

#include "kontena/schedule/constraint.h"
#include "table.h"

namespace kontena::schedule {
namespace {

using Run = Shape::Run;
using Runs = std::vector<Run>;

// A node that has some of the service.
struct Has {
  std::uint32_t position = 0;
  std::uint32_t node = 0;
  std::int64_t count = 0;
};

// A place that has some of the service, and how many.
struct Group {
  Run run;
  std::int64_t count = 0;
};

// One search: which node of these places has fewest of the service in each level
// of places, then on itself, then the least load, then the lowest id. Places
// without any are the common case, and are looked at all at once.
class Search {
 public:
  Search(const Shape& shape, const std::vector<Room>& rooms, const Question& question,
         const std::vector<Candidate>& candidates)
      : shape_(shape), rooms_(rooms), question_(question), candidates_(candidates) {
    for (const auto& [node, count] : question.of_service) has_.push_back({shape.order().position[node], node, count});
    std::ranges::sort(has_, {}, &Has::position);
  }

  std::optional<std::uint32_t> best() const {
    const Run all{0, static_cast<std::uint32_t>(shape_.order().nodes.size())};
    return in(Runs{all}, 0);
  }

 private:
  std::optional<std::uint32_t> in(const Runs& runs, std::size_t level) const {
    if (level == shape_.order().levels.size()) return on_nodes(runs);
    auto [groups, without] = split(runs, level);
    const auto any = [](std::uint32_t) { return true; };
    if (const auto node = lowest(without, any)) return node;
    std::ranges::stable_sort(groups, {}, &Group::count);
    for (auto first = groups.begin(); first != groups.end();) {
      const auto last = std::find_if(first, groups.end(), [&](const Group& g) { return g.count != first->count; });
      Runs equal;
      for (; first != last; ++first) equal.push_back(first->run);
      if (const auto node = in(equal, level + 1)) return node;
    }
    return std::nullopt;
  }

  // The places of this level that have some of the service, in order, and the runs
  // of positions between them.
  std::pair<std::vector<Group>, Runs> split(const Runs& runs, std::size_t level) const {
    const Order::Level& places = shape_.order().levels[level];
    std::pair<std::vector<Group>, Runs> found;
    for (const Run& run : runs) {
      std::uint32_t from = run.from;
      for (auto at = std::ranges::lower_bound(has_, run.from, {}, &Has::position);
           at != has_.end() && at->position < run.to;) {
        const std::uint32_t place = places.place[at->position];
        Group group{{places.begin[place], places.begin[place + 1]}, 0};
        for (; at != has_.end() && at->position < group.run.to; ++at) group.count += at->count;
        if (from < group.run.from) found.second.push_back({from, group.run.from});
        from = group.run.to;
        found.first.push_back(group);
      }
      if (from < run.to) found.second.push_back({from, run.to});
    }
    return found;
  }

  std::optional<std::uint32_t> on_nodes(const Runs& runs) const {
    const auto has_none = [&](std::uint32_t node) { return question_.of_service.of(node) == 0; };
    if (const auto node = lowest(runs, has_none)) return node;
    std::optional<std::uint32_t> best;
    const auto cost = [&](std::uint32_t node) {
      const Candidate& c = candidates_[node];
      return std::tuple(question_.of_service.of(node), c.load, c.rank);
    };
    for (const Run& run : runs)
      for (auto at = std::ranges::lower_bound(has_, run.from, {}, &Has::position);
           at != has_.end() && at->position < run.to; ++at)
        if ((!best || cost(at->node) < cost(*best)) && admits(candidates_[at->node], question_)) best = at->node;
    return best;
  }

  template <class May>
  std::optional<std::uint32_t> lowest(const Runs& runs, const May& may) const {
    const auto& reserved = question_.spec().reservations;
    Shape::Best best;
    for (const Run& run : runs)
      shape_.lowest(
          run, {reserved.nano_cpus, reserved.memory_bytes}, rooms_,
          [&](std::uint32_t node) { return may(node) && admits(candidates_[node], question_); }, best);
    return best.node;
  }

  const Shape& shape_;
  const std::vector<Room>& rooms_;
  const Question& question_;
  const std::vector<Candidate>& candidates_;
  std::vector<Has> has_;  // in order of position
};

}  // namespace

std::optional<std::uint32_t> Nodes::Table::search(const Question& question) {
  return Search(shape(question.spec().placing), rooms, question, candidates).best();
}

std::optional<std::uint32_t> Nodes::Table::in_order_of_load(const Question& question) {
  const auto& reserved = question.spec().reservations;
  Shape::Best best;
  shape(question.spec().placing)
      .lowest(
          {0, static_cast<std::uint32_t>(in_order.size())}, {reserved.nano_cpus, reserved.memory_bytes}, rooms,
          [&](std::uint32_t node) { return admits(candidates[node], question); }, best);
  return best.node;
}

}  // namespace kontena::schedule
