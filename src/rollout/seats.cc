#include <algorithm>
#include <tuple>

#include "kontena/model/together.h"
#include "kontena/rollout/moves.h"
#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

const Part* part_named(const Round& round, const std::string& service) {
  const auto found = std::ranges::find(round.parts, service, [](const Part& p) { return p.path.service; });
  return found == round.parts.end() || found->going ? nullptr : &*found;
}

bool stays(const Entry& entry) { return entry.placed() && !entry.leaving() && entry.away != Away::lost; }

// The instance that has the seat, and will: on that node if one there has it, else the newest.
const Entry* in_seat(const Round& round, const Seat& seat, const NodeId& rather = {}) {
  const Part* part = part_named(round, seat.service);
  if (!part) return nullptr;
  const Entry* best = nullptr;
  const auto rank = [&](const Entry& e) {
    return std::tuple(!rather.empty() && e.instance.node == rather, e.instance.instance_revision, e.instance.restarts,
                      e.instance.created_ms, *e.instance.id);
  };
  for (const Entry& entry : part->entries)
    if (entry.instance.slot == seat.slot && stays(entry) && (!best || rank(entry) > rank(*best))) best = &entry;
  return best;
}

std::string text_of(const Seat& seat) { return seat.service + '-' + std::to_string(seat.slot); }

// Those that decide where it is: the ones it is beside; for one that is beside none, the first of its set.
std::vector<Seat> before(const Round& round, const Part& part, const Seat& seat) {
  if (!round.together.has(seat.service) || part.global()) return {};
  auto seats = round.together.owners(seat);
  if (!seats.empty()) return seats;
  seats = round.together.set_of(seat);
  if (seats.empty() || seats.front() == seat) return {};
  seats.resize(1);
  return seats;
}

// What a request asks for, with what the others of the set need that come after it.
class Wish {
 public:
  Wish(Round& round, const Part& part, const Seat& seat, const schedule::Request& request)
      : request_(request), rather_(request), spec_(*request.spec) {
    if (!round.together.has(seat.service) || part.global()) return;
    for (const Seat& other : before(round, part, seat))
      if (const Entry* entry = in_seat(round, other)) go_to(entry->instance.node, text_of(other));
    if (followed_) return;
    const auto set = round.together.set_of(seat);
    for (const Seat& other : set) {
      if (other == seat) continue;
      if (const Entry* entry = in_seat(round, other); entry && !rather_.prefer) rather_.prefer = entry->instance.node;
      take_along(round, other);
    }
    request_.spec = &spec_;
    if (rather_.prefer && std::ranges::find(rather_.not_on, *rather_.prefer) == rather_.not_on.end())
      near_ = *rather_.prefer;
  }

  // Where some of its set are, with nothing besides; else where there is room for all of them.
  schedule::Placement ask(auto&& nodes) const {
    if (!why_not_.empty()) return {std::nullopt, why_not_};
    if (near_ && !request_.pinned) {
      schedule::Request there = rather_;
      there.pinned = near_;
      if (auto placement = nodes(there); placement.node) return placement;
    }
    return nodes(request_);
  }

 private:
  void go_to(const NodeId& node, const std::string& name) {
    if (request_.pinned && *request_.pinned != node) {
      if (why_not_.empty())
        why_not_ = (request_.pinned_for.empty() ? "its volume lives on another node than that of " + name
                                                : request_.pinned_for + ", and " + name + " on another node") +
                   ", beside which it is to be";
      return;
    }
    request_.pinned = node;
    request_.pinned_for = "that " + name + " is on, beside which it is to be";
    followed_ = true;
  }

  void take_along(Round& round, const Seat& other) {
    const Part* part = part_named(round, other.service);
    if (!part) return;
    const model::ServiceSpec& needs = part->spec();
    auto& placing = spec_.placing.constraints;
    for (const model::Constraint& one : needs.placing.constraints)
      if (std::ranges::find(placing, one) == placing.end()) placing.push_back(one);
    request_.along.nano_cpus += needs.reservations.nano_cpus;
    request_.along.memory_bytes += needs.reservations.memory_bytes;
    request_.along_ports.insert(request_.along_ports.end(), needs.ports.begin(), needs.ports.end());
    std::string why_not;
    const schedule::Request its = request(round, *part, why_not);
    add(request_.needs, its.needs);
    if (!its.pinned) return;
    if (request_.pinned && *request_.pinned != *its.pinned && why_not_.empty())
      why_not_ = "its volume and that of " + text_of(other) + ", which is to be beside it, live on different nodes";
    request_.pinned = rather_.pinned = its.pinned;
  }

  schedule::Request request_;  // for all
  schedule::Request rather_;   // for itself alone
  model::ServiceSpec spec_;
  std::optional<NodeId> near_;
  std::string why_not_;
  bool followed_ = false;
};

// Whether nobody of those is where it is, and some are elsewhere.
bool parted(const Round& round, const Part& part, const Entry& entry) {
  if (!entry.placed() || entry.leaving() || entry.lost) return false;
  const Seat seat{part.path.service, entry.instance.slot};
  const auto own = model::beside(*entry.made_from);
  for (const Seat& other : before(round, part, seat)) {
    // One made before it was to be beside anyone is replaced by the roll-out.
    if (!own.empty() && std::ranges::find(own, other.service) == own.end()) continue;
    const Entry* there = in_seat(round, other, entry.instance.node);
    if (there && there->instance.node != entry.instance.node) return bound(round.view, entry.instance).empty();
  }
  return false;
}

}  // namespace

std::vector<Part*> owners_first(Round& round) {
  std::vector<Part*> parts;
  for (Part& part : round.parts)
    if (!part.going) parts.push_back(&part);
  if (!round.together.empty())
    std::ranges::stable_sort(parts, {}, [&](const Part* p) { return round.together.depth(p->path.service); });
  return parts;
}

std::string waits_for(const Round& round, const Part& part, std::int64_t slot) {
  if (!round.together.has(part.path.service) || part.global()) return "";
  for (const Seat& first : before(round, part, {part.path.service, slot}))
    if (!in_seat(round, first)) return text_of(first);
  return "";
}

schedule::Placement place(Round& round, const Part& part, std::int64_t slot, const schedule::Request& request) {
  if (!round.together.has(part.path.service)) return round.nodes.place(request);
  return Wish(round, part, {part.path.service, slot}, request).ask([&](const schedule::Request& wish) {
    return round.nodes.place(wish);
  });
}

schedule::Placement instead_of(Round& round, const Part& part, const Entry& old, const schedule::Request& request) {
  const auto ask = [&](const schedule::Request& wish) {
    return round.nodes.instead_of(old.instance, *old.made_from, wish);
  };
  if (!round.together.has(part.path.service)) return ask(request);
  return Wish(round, part, {part.path.service, old.instance.slot}, request).ask(ask);
}

bool follows(const Round& round, const Part& part) {
  return !part.global() && !round.together.owners({part.path.service, 1}).empty();
}

void remove_parted(Round& round) {
  if (round.together.empty()) return;
  for (Part* part : owners_first(round)) {
    if (!round.together.has(part->path.service) || part->global()) continue;
    for (std::size_t i = part->entries.size(); i-- > 0;)
      if (parted(round, *part, part->entries[i])) {
        // One made in this round, beside what moved after that: the next round sees it.
        const model::Instance& one = part->entries[i].instance;
        const auto* was = round.view.instances.get(model::instance_key(one));
        if (was && was->node == one.node)
          remove(round, *part, i);
        else
          round.wake_at(round.now_ms + 1);
      }
  }
}

}  // namespace kontena::rollout
