#include <algorithm>

#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

// Its container is gone, or its node is gone for good and the container with it.
bool gone(const Round& round, const Entry& entry) {
  if (!entry.leaving() && entry.has_done_its_job()) return false;
  if (entry.leaving() && (!entry.placed() || entry.status->state == model::InstanceState::removed)) return true;
  return entry.placed() && !round.view.nodes.get(round.path.grid + '/' + *entry.instance.node);
}

Part& part_of(Round& round, const model::ServicePath& path) {
  const auto at = std::ranges::lower_bound(round.parts, path, {}, &Part::path);
  if (at != round.parts.end() && at->path == path) return *at;
  return *round.parts.insert(at, Part{.path = path, .going = true});
}

}  // namespace

bool Entry::has_done_its_job() const { return current && made_from->job && done(*status, *made_from); }

void load(Round& round) {
  static const model::InstanceStatus none_yet;
  static const model::ServiceSpec none;
  const std::string prefix = round.path.text() + '/';
  const bool going = round.stack.wanted == model::StackWanted::removed;
  round.view.services.each(prefix, [&](const auto& item) {
    const model::Service& service = item.value;
    Part& part = part_of(round, {service.grid, service.project, service.stack, service.spec.name});
    part.service = &service;
    part.going = going || service.removed;
  });
  round.view.instances.each(prefix, [&](const auto& item) {
    const model::Instance& instance = item.value;
    Part& part = part_of(round, instance.service_path());
    const auto* status = round.view.statuses.get(item.key);
    const auto* spec = made_from(round.view, instance);
    part.entries.push_back({.instance = instance,
                            .status = status ? status : &none_yet,
                            .made_from = spec ? spec : &none,
                            .current = part.service && current(instance, *part.service)});
  });
  std::vector<const model::ServiceSpec*> staying;
  for (const Part& part : round.parts)
    if (part.service && !part.going) staying.push_back(&part.spec());
  round.together = Together(staying);
  for (Part& part : round.parts) {
    std::ranges::stable_sort(part.entries, {}, [](const Entry& e) { return e.instance.slot; });
    for (std::size_t i = part.entries.size(); i-- > 0;)
      if (gone(round, part.entries[i])) forget(round, part, i);
    judge_place(round, part);
    if (!part.service || part.going || !part.global()) continue;
    std::string why_not;  // what can be made is made: it is to have one on each
    schedule::Request wish{.spec = &part.spec(), .path = part.path};
    wish.needs = needs(round, part.spec(), why_not);
    part.eligible = round.nodes.eligible(wish);
    for (Entry& entry : part.entries)
      entry.parked = entry.placed() && !std::ranges::binary_search(part.eligible, entry.instance.node);
  }
}

void forget(Round& round, Part& part, std::size_t entry) {
  const Entry& e = part.entries[entry];
  if (e.placed()) part.vacated.emplace_back(e.instance.node, e.instance.slot);
  round.plan.steps.push_back(ForgetInstance{e.instance});
  part.entries.erase(part.entries.begin() + static_cast<std::ptrdiff_t>(entry));
}

void remove(Round& round, Part& part, std::size_t entry) {
  Entry& e = part.entries[entry];
  if (!e.placed()) return forget(round, part, entry);
  set_desired(round, e, model::Desired::removed);
}

void set_desired(Round& round, Entry& entry, model::Desired desired) {
  round.plan.steps.push_back(SetDesired{entry.instance, desired});
  round.nodes.rebook(entry.instance, *entry.made_from, desired);
  entry.instance.desired = desired;
}

}  // namespace kontena::rollout
