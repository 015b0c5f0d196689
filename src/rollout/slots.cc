#include <algorithm>
#include <set>
#include <tuple>

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

// Somebody is there, or will be: one that goes has it until its container is gone.
// A lost one whose place another can take does not count, nor what is told to go
// where nobody hears it.
bool takes_place(const Entry& entry) { return entry.lost ? !entry.leaving() && entry.away == Away::no : true; }

std::vector<std::int64_t> empty_slots(const Part& part) {
  std::set<std::int64_t> taken;
  for (const Entry& entry : part.entries)
    if (takes_place(entry)) taken.insert(entry.instance.slot);
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

bool good(Round& round, const Part& part, const Entry& entry) {
  if (entry.lost) return false;
  if (done(*entry.status, *entry.made_from)) return true;
  if (!up(*entry.status, *entry.made_from)) return false;
  // Without a health check, only time tells that it did not fall over at once.
  const bool healthy = entry.status->health == model::Health::healthy;
  const auto settles = settles_at(*entry.status, round.now_ms,
                                  part.service ? part.spec().update.monitor_ms.value_or(healthy ? 0 : settle_ms) : 0);
  round.wake_at(settles);
  return settles == 0;
}

// One that waits in place of another that was lost and is back: given a node now, it
// could be that one's, where the name is taken. The roll-out makes another in its turn.
bool waits_in_vain(const Part& part, const Entry& entry) {
  if (part.global() || entry.placed() || entry.leaving()) return false;
  return std::ranges::any_of(part.entries, [&](const Entry& other) {
    const bool stays = other.placed() && !other.leaving() && takes_place(other);
    // A stopped one of an older revision is not started any more.
    const bool runs = other.current || other.instance.desired == model::Desired::running;
    return other.instance.slot == entry.instance.slot && stays && runs;
  });
}

void remove_superfluous(Round& round, Part& part) {
  // Of a stack that is stopped nobody is missed.
  const bool stops = round.stack.wanted == model::StackWanted::stopped;
  for (std::size_t i = part.entries.size(); i-- > 0;)
    if (waits_in_vain(part, part.entries[i])) forget(round, part, i);
  // The one to keep of each place: the newest revision's; of those, one that may
  // stay, that has a node, that serves, and is the younger.
  std::map<std::string, const Entry*> best;
  const auto rank = [stops](const Entry& e) {
    const model::Instance& i = e.instance;
    return std::tuple(i.instance_revision, i.restarts, e.away == Away::no, e.placed(), !stops && e.serves(), !e.lost,
                      i.created_ms, *i.id);
  };
  for (const Entry& entry : part.entries) {
    if (entry.leaving() || (part.global() && !entry.placed())) continue;
    const Entry*& kept = best[place_of(part, entry)];
    if (!kept || rank(entry) > rank(*kept)) kept = &entry;
  }
  // Those beside it stay until it is good, as far as they serve or may.
  std::set<InstanceId> keep;
  for (const auto& [place, entry] : best) keep.insert(entry->instance.id);
  for (const Entry& entry : part.entries) {
    if (entry.leaving() || (part.global() && !entry.placed()) || keep.contains(entry.instance.id)) continue;
    const Entry& first = *best[place_of(part, entry)];
    const bool may_serve = (!stops && entry.serves()) || (entry.lost && entry.placed());
    if (may_serve && !good(round, part, first)) keep.insert(entry.instance.id);
  }

  for (std::size_t i = part.entries.size(); i-- > 0;) {
    const Entry& entry = part.entries[i];
    if (entry.leaving() || (part.global() && !entry.placed())) continue;
    const bool fits = part.global() ? node_matches(round.view, round.path.grid, entry.instance.node, part.spec()) &&
                                          (!is_drained(round, entry) || entry.has_done_its_job())
                                    : wanted(part, entry);
    if (!fits || !keep.contains(entry.instance.id)) remove(round, part, i);
  }
}

void remove_broken(Round& round, Part& part) {
  for (std::size_t i = part.entries.size(); i-- > 0;) {
    const Entry& entry = part.entries[i];
    if (entry.leaving() || entry.parked || entry.lost) continue;
    // After a roll-out that failed, what is left of the old is all that there is; but one that was stopped is not
    // started as what it was, and nobody else would take its place.
    const bool stopped = entry.instance.desired == model::Desired::stopped;
    const bool outlived = !entry.current && (round.halted ? stopped : serves_nobody(entry));
    if (outlived || (!round.halted && worth_another_try(round, entry))) remove(round, part, i);
  }
}

void forget_surplus(Round& round, Part& part) {
  if (!part.global()) return;
  const auto waits = [](const Entry& e) { return !e.placed() && !e.leaving(); };
  auto surplus = std::ranges::count_if(part.entries, waits) - std::ssize(empty_nodes(part));
  for (std::size_t i = part.entries.size(); i-- > 0 && surplus > 0;)
    if (waits(part.entries[i])) forget(round, part, i), --surplus;
}

}  // namespace kontena::rollout
