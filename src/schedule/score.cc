#include "score.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kontena::schedule {

auto Spread::worse() const {
  return [this](std::uint32_t a, std::uint32_t b) {
    if (of_service_[a] != of_service_[b]) return of_service_[a] > of_service_[b];
    if (candidates_[a].load != candidates_[b].load) return candidates_[a].load > candidates_[b].load;
    return candidates_[a].rank > candidates_[b].rank;
  };
}

Spread::Spread(const std::vector<Candidate>& candidates, const Question& question,
               const std::vector<const Values*>& levels)
    : candidates_(candidates), counts_(levels.front()->numbers.size()), of_service_(candidates.size()) {
  // The places of an inner level lie within one of the level around it.
  std::map<std::pair<std::size_t, std::uint32_t>, std::size_t> inner;
  const auto place_of = [&](std::uint32_t node) {
    std::size_t at = levels.front()->of_node[node];
    std::vector<std::size_t> chain{at};
    for (std::size_t level = 1; level < levels.size(); ++level) {
      const auto [found, is_new] = inner.try_emplace({at, levels[level]->of_node[node]}, counts_.size());
      if (is_new) counts_.push_back(0);
      chain.push_back(at = found->second);
    }
    return chain;
  };

  for (const auto& [node, count] : question.of_service) {
    of_service_[node] = count;
    for (const std::size_t at : place_of(node)) counts_[at] += count;
  }
  std::vector<std::size_t> place_at;  // by the innermost position in counts_; 0: none yet
  for (const Candidate& c : candidates) {
    if (!admits(c, question)) continue;
    std::size_t innermost = levels.front()->of_node[c.index];
    std::vector<std::size_t> chain;
    if (levels.size() > 1) innermost = (chain = place_of(c.index)).back();
    if (place_at.size() <= innermost) place_at.resize(innermost + 1);
    if (place_at[innermost] == 0) {
      places_.push_back({chain.empty() ? std::vector{innermost} : std::move(chain), {}});
      place_at[innermost] = places_.size();
    }
    places_[place_at[innermost] - 1].heap.push_back(c.index);
  }
  for (Place& place : places_) std::ranges::make_heap(place.heap, worse());
}

bool Spread::before(const Place& a, const Place& b) const {
  for (std::size_t level = 0; level < a.counts.size(); ++level)
    if (counts_[a.counts[level]] != counts_[b.counts[level]])
      return counts_[a.counts[level]] < counts_[b.counts[level]];
  return worse()(b.heap.front(), a.heap.front());
}

std::optional<std::uint32_t> Spread::take() {
  chosen_ = nullptr;
  for (Place& place : places_)
    if (!place.heap.empty() && (!chosen_ || before(place, *chosen_))) chosen_ = &place;
  if (!chosen_) return std::nullopt;
  std::ranges::pop_heap(chosen_->heap, worse());
  taken_ = chosen_->heap.back();
  chosen_->heap.pop_back();
  return taken_;
}

void Spread::put_back(bool admits_more) {
  ++of_service_[taken_];
  for (const std::size_t at : chosen_->counts) ++counts_[at];
  if (!admits_more) return;
  chosen_->heap.push_back(taken_);
  std::ranges::push_heap(chosen_->heap, worse());
}

}  // namespace kontena::schedule
