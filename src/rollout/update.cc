#include <algorithm>
#include <limits>
#include <set>

#include "kontena/model/together.h"
#include "kontena/rollout/moves.h"
#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

bool in_one_place(const Part& part, const Entry& a, const Entry& b) {
  return part.global() ? a.instance.node == b.instance.node : a.instance.slot == b.instance.slot;
}

// What an instance has beside it, in its place.
bool is_beside(const Part& part, const Entry& entry, const auto& one) {
  return std::ranges::any_of(part.entries, [&](const Entry& other) {
    return other.instance.id != entry.instance.id && in_one_place(part, other, entry) && one(other);
  });
}

// An instance whose turn is to come: of an older revision, and none beside it yet.
bool outdated(const Part& part, const Entry& entry) {
  if (entry.current || entry.parked || entry.leaving() || !wanted(part, entry)) return false;
  return !is_beside(part, entry, [](const Entry& other) { return other.current && !other.leaving(); });
}

// It goes and another serves in its place, or it runs and the one before it still
// serves: whatever becomes of it, nobody is missed. So the next may be begun, while
// time tells how it does. A `monitor` that people set is waited for.
bool is_covered(const Part& part, const Entry& entry) {
  if (entry.leaving())
    return is_beside(part, entry, [](const Entry& other) { return other.current && other.serves() && !other.leaving(); });
  return !part.spec().update.monitor_ms && up(*entry.status, *entry.made_from) &&
         is_beside(part, entry, [](const Entry& other) { return !other.current && other.serves() && !other.leaving(); });
}

// How many more may be taken on now.
std::int64_t allowance(Round& round, const Part& part) {
  const model::Update& update = part.spec().update;
  std::int64_t at_work = 0, proving = 0;
  for (const Entry& entry : part.entries) {
    if (entry.parked || !wanted(part, entry) || (entry.lost && entry.away != Away::no)) continue;
    if (entry.leaving()) {
      at_work += !entry.lost && !is_covered(part, entry);
    } else if (entry.current) {
      // A broken one that is put up with keeps nobody waiting.
      bool waits = !good(round, part, entry) && broken(round, entry).empty();
      if (waits && is_covered(part, entry)) {
        waits = false;
        ++proving;
      }
      if (!waits && update.delay_ms > 0) {
        const auto until = settles_at(*entry.status, round.now_ms, update.delay_ms + update.monitor_ms.value_or(0));
        round.wake_at(until);
        waits = until != 0;
      }
      at_work += waits;
    }
  }
  if (update.parallelism == 0) return std::numeric_limits<std::int64_t>::max();
  // Those that prove themselves take room too, of which there is not any amount.
  return std::min(update.parallelism - at_work, 3 * update.parallelism - at_work - proving);
}

// Sick ones first, then in order of slot.
std::optional<std::size_t> next_of(const Part& part, const std::set<InstanceId>& stuck) {
  const auto sick = [](const Entry& e) { return e.status->health == model::Health::unhealthy; };
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < part.entries.size(); ++i) {
    const Entry& entry = part.entries[i];
    if (!outdated(part, entry) || stuck.contains(entry.instance.id)) continue;
    if (!next || sick(entry) > sick(part.entries[*next])) next = i;
  }
  return next;
}

bool bound_by_data(const Round& round, const Entry& entry) {
  return entry.made_from->mode == model::Mode::replicated && !bound(round.view, entry.instance).empty();
}

// Two at a time must not have its data, and there may be no room for two.
bool start_beside(Round& round, Part& part, std::size_t at) {
  const Entry& old = part.entries[at];
  if (part.spec().update.order != model::Order::start_first || old.lost || bound_by_data(round, old)) return false;
  // In one network two would want the same ports.
  if (!model::service_in(part.spec().network_mode).empty()) return false;
  std::string why_not;
  schedule::Request wish = request(round, part, why_not);
  if (!why_not.empty()) return false;
  if (part.global()) wish.pinned = old.instance.node;
  const auto place = rollout::place(round, part, old.instance.slot, wish);
  if (!place.node) return false;
  Entry next = fresh(round, part, old.instance.slot);
  next.instance.beside = true;
  create(round, part, std::move(next), *place.node);
  return true;
}

// Nothing that serves is given up for a successor that could go nowhere.
bool make_room(Round& round, Part& part, std::size_t at) {
  const Entry& old = part.entries[at];
  std::string why_not;
  schedule::Request wish = request(round, part, why_not);
  if (part.global()) wish.pinned = old.instance.node;
  if (why_not.empty()) why_not = instead_of(round, part, old, wish).why_not;
  if (!why_not.empty()) {
    if (round.stuck.empty()) round.stuck = instance_name(old.instance) + ": no node: " + why_not;
    return false;
  }
  remove(round, part, at);
  return true;
}

}  // namespace

bool roll_out(Round& round, Part& part) {
  if (round.halted || !next_of(part, {})) return false;
  if (!(part.global() ? empty_nodes(part).empty() : empty_slots(part).empty())) return false;
  if (failed(round, part)) return false;
  bool any = false;
  std::set<InstanceId> stuck;
  auto left = allowance(round, part);
  if (is_unprepared(part)) left = prepares(part) ? 0 : std::min<std::int64_t>(left, 1);
  while (left > 0) {
    const auto next = next_of(part, stuck);
    if (!next || !dependencies_hold(round, part)) break;
    const InstanceId id = part.entries[*next].instance.id;
    if (start_beside(round, part, *next) || make_room(round, part, *next))
      any = true, --left;
    else
      stuck.insert(id);
  }
  return any;
}

}  // namespace kontena::rollout
