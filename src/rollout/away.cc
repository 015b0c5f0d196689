#include <algorithm>

#include "kontena/rollout/moves.h"
#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

constexpr std::int64_t avoided_ms = 600'000;

Away why_away(Round& round, const Part& part, const Entry& entry) {
  if (entry.lost) return Away::lost;
  if (is_drained(round, entry)) return Away::drained;
  if (!entry.instance.move_why.empty()) return Away::moved;
  if (round.live || !part.service) return Away::no;
  const std::int64_t at = worth_moving_at(entry.instance, *entry.status, *entry.made_from);
  if (at == 0) return Away::no;
  if (at <= round.now_ms) return Away::failing;
  round.wake_at(at);
  return Away::no;
}

// How many may be on the move at once.
std::int64_t budget(const Part& part) {
  const std::int64_t parallelism = part.spec().update.parallelism;
  return parallelism == 0 ? std::max<std::int64_t>(part.spec().replicas, 1) : parallelism;
}

// One that takes its place, made already: no older, and meant to stay.
const Entry* successor(const Part& part, const Entry& entry) {
  const auto found = std::ranges::find_if(part.entries, [&](const Entry& other) {
    return other.instance.slot == entry.instance.slot && other.instance.id != entry.instance.id && !other.leaving() &&
           other.away == Away::no;
  });
  return found == part.entries.end() ? nullptr : &*found;
}

bool goes_away(const Entry& entry) {
  return entry.away == Away::drained || entry.away == Away::moved || entry.away == Away::failing;
}

// One that was told to go from its place is still there: a third is not to come.
bool is_crowded(const Part& part, const Entry& entry) {
  return std::ranges::any_of(part.entries, [&](const Entry& other) {
    return other.instance.slot == entry.instance.slot && other.leaving() && !other.lost;
  });
}

}  // namespace

bool is_drained(const Round& round, const Entry& entry) {
  const auto* node = round.view.nodes.get(round.path.grid + '/' + *entry.instance.node);
  return node && node->availability == model::Availability::drain;
}

std::vector<NodeId> still_avoided(const Round& round, const Entry& entry) {
  std::vector<NodeId> nodes;
  for (const model::Avoided& avoided : entry.instance.avoid)
    if (avoided.until_ms > round.now_ms) nodes.push_back(avoided.node);
  return nodes;
}

void judge_place(Round& round, Part& part) {
  for (Entry& entry : part.entries) {
    if (!entry.placed() || (!entry.leaving() && entry.has_done_its_job())) continue;
    entry.lost = round.nodes.state(entry.instance.node) == model::NodeState::lost;
    if (!part.service || part.going || part.global() || entry.leaving()) continue;
    entry.away = why_away(round, part, entry);
    if (entry.away == Away::no) continue;
    entry.held = bound(round.view, entry.instance);
    const bool by_others = entry.away == Away::drained || entry.away == Away::moved;
    if (by_others && entry.made_from->job && entry.serves()) entry.held = "it is a job, and runs to its end";
    if (!entry.held.empty() || (entry.away != Away::lost && follows(round, part))) entry.away = Away::no;
  }
}

void replace_away(Round& round, Part& part) {
  if (part.global()) return;
  std::int64_t left = budget(part);
  for (const Entry& entry : part.entries)
    if (!entry.leaving() && entry.instance.beside && !good(round, part, entry) && broken(round, entry).empty()) --left;
  for (std::size_t i = 0; i < part.entries.size() && left > 0; ++i) {
    // A copy: making its successor moves the list.
    const Entry old = part.entries[i];
    if (old.leaving() || !goes_away(old) || !wanted(part, old)) continue;
    if (successor(part, old) || is_crowded(part, old)) continue;
    if (!round.halted && !old.current) continue;  // the roll-out takes it along
    std::string why_not;
    Entry next = fresh(round, part, old.instance.slot, &old);
    schedule::Request wish = request(round, part, why_not, next.current ? nullptr : next.made_from);
    if (!why_not.empty()) continue;
    wish.not_on = {old.instance.node};
    const auto avoided = still_avoided(round, old);
    if (old.away == Away::failing)
      wish.not_on.insert(wish.not_on.end(), avoided.begin(), avoided.end());
    else
      wish.avoid = avoided;
    if (old.away == Away::moved && !old.instance.move_to.empty()) wish.prefer = old.instance.move_to;
    const auto place = rollout::place(round, part, old.instance.slot, wish);
    if (!place.node) {
      // Asked for, and not possible now: it is not to happen at some other time, when nobody thinks of it any more.
      if (old.away != Away::moved) continue;
      Entry& stays = part.entries[i];
      stays.instance.move_why.clear();
      stays.instance.move_to = {};
      stays.away = Away::no;
      round.plan.steps.push_back(PlaceInstance{stays.instance});
      continue;
    }
    next.instance.beside = true;
    if (old.away == Away::failing) {
      next.instance.failed_before = old.instance.failed_before + 1;
      next.instance.avoid = old.instance.avoid;
      std::erase_if(next.instance.avoid, [&](const auto& a) { return a.until_ms <= round.now_ms; });
      next.instance.avoid.push_back({old.instance.node, round.now_ms + avoided_ms});
    }
    create(round, part, std::move(next), *place.node);
    --left;
    if (old.serves()) continue;
    const auto at = std::ranges::find(part.entries, old.instance.id, [](const Entry& e) { return e.instance.id; });
    remove(round, part, static_cast<std::size_t>(at - part.entries.begin()));
  }
}

}  // namespace kontena::rollout
