#include <algorithm>
#include <set>

#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

// What two instances in one slot, or of a global service on one node, compete for.
std::string place_of(const Part& part, const Entry& entry) {
  return part.global() ? *entry.instance.node : std::to_string(entry.instance.slot);
}

// Ended by itself before the newest deploy asked for another try.
bool worth_another_try(const Round& round, const Entry& entry) {
  return entry.current && entry.placed() && dead(*entry.status, *entry.made_from) && round.live &&
         entry.instance.created_ms < round.live->created_ms;
}

// Nobody misses it while its successor is made.
bool serves_nobody(const Entry& entry) {
  return entry.status->state != model::InstanceState::running || entry.instance.desired != model::Desired::running;
}

}  // namespace

bool wanted(const Part& part, const Entry& entry) {
  if (part.global()) return !entry.parked;
  return entry.instance.slot >= 1 && entry.instance.slot <= part.spec().replicas;
}

std::vector<std::int64_t> empty_slots(const Part& part) {
  std::set<std::int64_t> taken;
  for (const Entry& entry : part.entries) taken.insert(entry.instance.slot);
  std::vector<std::int64_t> empty;
  for (std::int64_t slot = 1; slot <= part.spec().replicas; ++slot)
    if (!taken.contains(slot)) empty.push_back(slot);
  return empty;
}

std::vector<NodeId> empty_nodes(const Part& part) {
  std::set<NodeId> taken;
  for (const Entry& entry : part.entries) taken.insert(entry.instance.node);
  std::vector<NodeId> empty;
  for (const NodeId& node : part.eligible)
    if (!taken.contains(node)) empty.push_back(node);
  return empty;
}

void remove_superfluous(Round& round, Part& part) {
  // The one to keep of each place: the current one, else the one that has a node.
  std::map<std::string, const Entry*> best;
  const auto rank = [](const Entry& e) { return std::pair(e.current, e.placed()); };
  for (const Entry& entry : part.entries) {
    if (entry.leaving() || (part.global() && !entry.placed())) continue;
    const Entry*& kept = best[place_of(part, entry)];
    if (!kept || rank(entry) > rank(*kept)) kept = &entry;
  }
  std::set<InstanceId> kept;
  for (const auto& [place, entry] : best) kept.insert(entry->instance.id);

  for (std::size_t i = part.entries.size(); i-- > 0;) {
    const Entry& entry = part.entries[i];
    if (entry.leaving() || (part.global() && !entry.placed())) continue;
    const bool fits = part.global() ? node_matches(round.view, round.path.grid, entry.instance.node, part.spec())
                                    : wanted(part, entry);
    if (!fits || !kept.contains(entry.instance.id)) remove(round, part, i);
  }
}

void remove_broken(Round& round, Part& part) {
  for (std::size_t i = part.entries.size(); i-- > 0;) {
    const Entry& entry = part.entries[i];
    if (entry.leaving() || entry.parked) continue;
    if ((!entry.current && serves_nobody(entry)) || worth_another_try(round, entry)) remove(round, part, i);
  }
}

void forget_surplus(Round& round, Part& part) {
  if (!part.global()) return;
  const auto waits = [](const Entry& e) { return !e.placed() && !e.leaving(); };
  auto surplus = std::ranges::count_if(part.entries, waits) - std::ssize(empty_nodes(part));
  for (std::size_t i = part.entries.size(); i-- > 0 && surplus > 0;)
    if (waits(part.entries[i])) forget(round, part, i), --surplus;
}

bool remove_next(Round& round, Part& part) {
  const auto outdated = [&](const Entry& e) { return !e.current && !e.parked && !e.leaving(); };
  if (std::ranges::none_of(part.entries, outdated)) return false;
  if (!(part.global() ? empty_nodes(part).empty() : empty_slots(part).empty())) return false;
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < part.entries.size(); ++i) {
    const Entry& entry = part.entries[i];
    if (entry.parked || !wanted(part, entry)) continue;
    if (entry.leaving()) return false;
    if (!entry.current) {
      const auto sick = [](const Entry& e) { return e.status->health == model::Health::unhealthy; };
      if (!next || sick(entry) > sick(part.entries[*next])) next = i;
      continue;
    }
    if (done(*entry.status, *entry.made_from)) continue;
    if (!up(*entry.status, *entry.made_from)) return false;
    // Without a health check, only time tells that the new one did not fall over at once.
    const auto settles = entry.status->health == model::Health::healthy ? 0 : settles_at(*entry.status, round.now_ms);
    round.wake_at(settles);
    if (settles != 0) return false;
  }
  if (!next || !dependencies_hold(round, part)) return false;

  // Nothing that serves is given up for a successor that could go nowhere.
  const Entry& old = part.entries[*next];
  std::string why_not;
  schedule::Request wish = request(round, part, why_not);
  if (part.global()) wish.pinned = old.instance.node;
  if (why_not.empty()) why_not = round.nodes.instead_of(old.instance, *old.made_from, wish).why_not;
  if (!why_not.empty()) {
    round.stuck = instance_name(old.instance) + ": no node: " + why_not;
    return false;
  }
  remove(round, part, *next);
  return true;
}

}  // namespace kontena::rollout
