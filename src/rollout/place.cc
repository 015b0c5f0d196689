#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "round.h"
#include "state.h"

namespace kontena::rollout {
namespace {

// The volumes of the stack that the service mounts and whose data has a place.
std::vector<std::pair<std::string, const model::VolumeSpec*>> volumes(const Round& round, const Part& part,
                                                                      const model::ServiceSpec& spec) {
  std::vector<std::pair<std::string, const model::VolumeSpec*>> mounted;
  // Of a global service each node has its own data.
  if (part.global()) return mounted;
  for (const model::Mount& mount : spec.mounts) {
    const auto volume = round.stack.volumes.find(mount.source);
    if (mount.kind == model::MountKind::volume && volume != round.stack.volumes.end() &&
        !schedule::is_shared(volume->second))
      mounted.emplace_back(volume_key(round.path, volume->first, volume->second), &volume->second);
  }
  return mounted;
}

std::optional<NodeId> pin_of(const Round& round, const std::string& key) {
  if (const auto made = round.pins.find(key); made != round.pins.end()) return made->second;
  const auto* volume = round.view.volumes.get(key);
  return volume && !volume->node.empty() ? std::optional(NodeId(volume->node)) : std::nullopt;
}

// The first instance that is placed decides where a volume's data is.
void pin_volumes(Round& round, const Part& part, const Entry& entry) {
  const NodeId& node = entry.instance.node;
  for (const auto& [key, spec] : volumes(round, part, *entry.made_from)) {
    if (spec->external || pin_of(round, key)) continue;
    round.pins.emplace(key, node);
    round.plan.steps.push_back(PinVolume{{.grid = round.path.grid,
                                          .project = round.path.project,
                                          .name = key.substr(key.rfind('/') + 1),
                                          .stack = round.path.stack,
                                          .node = *node,
                                          .created_ms = round.now_ms}});
  }
}

// An instance without a node: new, or one that waits since an earlier round.
struct Homeless {
  Entry entry;
  bool is_new = true;
  std::string reason = {};  // so far
};

// A place that is to have an instance, and the one that is to have it.
struct Vacancy {
  Part* part = nullptr;
  Homeless instance;
  std::optional<NodeId> node;  // of a global service
  std::optional<NodeId> prefer;
};

bool has_bind(const model::ServiceSpec& spec) {
  return std::ranges::any_of(spec.mounts, [](const model::Mount& m) { return m.kind == model::MountKind::bind; });
}

// The one whose node is lost, in this slot, and whose place another is to take; of several the newest, as in
// remove_superfluous.
const Entry* lost_in(const Part& part, std::int64_t slot) {
  const Entry* newest = nullptr;
  const auto age = [](const Entry& e) {
    const model::Instance& i = e.instance;
    return std::tie(i.instance_revision, i.restarts, i.created_ms, *i.id);
  };
  for (const Entry& entry : part.entries)
    if (entry.instance.slot == slot && entry.away == Away::lost && !entry.leaving() &&
        (!newest || age(entry) > age(*newest)))
      newest = &entry;
  return newest;
}

// Takes the entries that wait for a node out of the part; all, or those that
// stand in for a lost one.
std::vector<Homeless> take_waiting(Part& part, bool only_lost) {
  std::vector<Homeless> waiting;
  const auto waits = [&](const Entry& e) {
    return !e.placed() && !e.leaving() && (!only_lost || lost_in(part, e.instance.slot));
  };
  for (const Entry& entry : part.entries)
    if (waits(entry)) waiting.push_back({entry, false, entry.instance.why_not});
  // All at once: whether one waits for a lost one is seen in the whole list.
  std::set<InstanceId> taken;
  for (const Homeless& one : waiting) taken.insert(one.entry.instance.id);
  std::erase_if(part.entries, [&](const Entry& e) { return taken.contains(e.instance.id); });
  return waiting;
}

std::vector<Vacancy> replicated_vacancies(Round& round, Part& part, bool only_lost) {
  std::vector<Vacancy> vacancies;
  const auto slots = empty_slots(part);
  for (Homeless& waits : take_waiting(part, only_lost)) vacancies.push_back({&part, std::move(waits), {}, {}});
  for (const std::int64_t slot : slots) {
    const Entry* lost = lost_in(part, slot);
    if (only_lost && !lost) continue;
    Vacancy vacancy{&part, {fresh(round, part, slot, lost)}, {}, {}};
    // Files of the node that it mounts are where the one before was.
    const auto before = std::ranges::find(part.vacated, slot, &std::pair<NodeId, std::int64_t>::second);
    if (before != part.vacated.end() && has_bind(part.spec())) vacancy.prefer = before->first;
    vacancies.push_back(std::move(vacancy));
  }
  return vacancies;
}

std::vector<Vacancy> global_vacancies(Round& round, Part& part) {
  std::vector<Vacancy> vacancies;
  const auto nodes = empty_nodes(part);
  auto waiting = take_waiting(part, false);
  std::set<std::int64_t> taken;
  for (const Entry& entry : part.entries) taken.insert(entry.instance.slot);
  for (const Homeless& waits : waiting) taken.insert(waits.entry.instance.slot);
  const auto free_slot = [&](const NodeId& node) {
    const auto before = std::ranges::find(part.vacated, node, &std::pair<NodeId, std::int64_t>::first);
    std::int64_t slot = before == part.vacated.end() ? 1 : before->second;
    if (taken.contains(slot)) slot = 1;
    while (taken.contains(slot)) ++slot;
    taken.insert(slot);
    return slot;
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool waits = i < waiting.size();
    vacancies.push_back(
        {&part, waits ? std::move(waiting[i]) : Homeless{fresh(round, part, free_slot(nodes[i]))}, nodes[i], {}});
  }
  return vacancies;
}

schedule::Request request(Round& round, const Vacancy& vacancy, std::string& why_not) {
  const Entry& entry = vacancy.instance.entry;
  schedule::Request wish = request(round, *vacancy.part, why_not, entry.current ? nullptr : entry.made_from);
  wish.avoid = still_avoided(round, entry);
  if (vacancy.node) wish.pinned = vacancy.node;
  wish.prefer = vacancy.prefer;
  return wish;
}

schedule::Placement find_place(Round& round, const Vacancy& vacancy) {
  const std::int64_t slot = vacancy.instance.entry.instance.slot;
  if (const std::string other = waits_for(round, *vacancy.part, slot); !other.empty())
    return {std::nullopt, "waits for " + other + ", beside which it is to be"};
  std::string why_not;
  const auto wish = request(round, vacancy, why_not);
  return why_not.empty() ? place(round, *vacancy.part, slot, wish) : schedule::Placement{std::nullopt, why_not};
}

void settle(Round& round, Vacancy& vacancy, schedule::Placement placement) {
  Homeless& homeless = vacancy.instance;
  model::Instance& instance = homeless.entry.instance;
  instance.node = placement.node.value_or(NodeId());
  instance.why_not = std::move(placement.why_not);
  if (homeless.is_new)
    round.plan.steps.push_back(CreateInstance{instance});
  else if (placement.node || instance.why_not != homeless.reason)
    round.plan.steps.push_back(PlaceInstance{instance});
  if (placement.node) pin_volumes(round, *vacancy.part, homeless.entry);
  vacancy.part->entries.push_back(std::move(homeless.entry));
}

// Which of a global service's waiting instances stands for which node is nowhere
// written: they are matched in order of slot and of node, in this round as in the next.
void match_by_slot(std::vector<Vacancy*>& left) {
  const auto same = [](const Vacancy* a, const Vacancy* b) { return a->part == b->part; };
  for (auto first = left.begin(); first != left.end();) {
    const auto last = std::find_if(first, left.end(), [&](const Vacancy* v) { return !same(v, *first); });
    std::vector<Homeless> waiting;
    for (auto at = first; at != last; ++at) waiting.push_back(std::move((*at)->instance));
    std::ranges::stable_sort(waiting, {}, [](const Homeless& h) { return h.entry.instance.slot; });
    for (std::size_t i = 0; first != last; ++first, ++i) (*first)->instance = std::move(waiting[i]);
  }
}

// Until one has run the hooks for all, the others are not made. Those that wait for a node are there already.
void keep_first(const Part& part, std::vector<Vacancy>& vacancies) {
  bool any = prepares(part);
  std::erase_if(vacancies, [&](const Vacancy& vacancy) {
    return vacancy.instance.entry.current && std::exchange(any, true) && vacancy.instance.is_new;
  });
}

bool is_for_all(const model::Hook& hook) { return !hook.per_replica; }

bool has_had_container(const model::InstanceStatus& status) { return !status.container.empty(); }

// As `satisfied`, but of what will be: without those that were forgotten in this
// round, and with the nodes that are to have one.
bool reliable(const Round& round, const Part& part, model::Condition condition) {
  Reliance reliance(*part.service, condition);
  for (const Entry& entry : part.entries) {
    if (entry.lost) continue;
    const bool in_place = part.global() ? node_matches(round.view, round.path.grid, entry.instance.node, part.spec())
                                        : entry.instance.slot <= part.spec().replicas;
    if (in_place) reliance.add(entry.instance, entry.status);
  }
  return reliance.holds(part.global() ? reliance.added() + std::ssize(empty_nodes(part)) : part.spec().replicas);
}

}  // namespace

Entry fresh(const Round& round, const Part& part, std::int64_t slot, const Entry* in_place_of) {
  static const model::InstanceStatus none_yet;
  // Not before the deploy it is made for, whatever the clock does: see worth_another_try.
  const std::int64_t created = round.live ? std::max(round.now_ms, round.live->created_ms) : round.now_ms;
  Entry entry{.instance = {.id = InstanceId(round.ids.id()),
                           .grid = part.path.grid,
                           .project = part.path.project,
                           .stack = part.path.stack,
                           .service = part.path.service,
                           .slot = slot,
                           .instance_revision = part.service->instance_revision,
                           .restarts = part.service->restarts,
                           .created_ms = created},
              .status = &none_yet,
              .made_from = &part.spec(),
              .current = true};
  if (!in_place_of) return entry;
  entry.instance.avoid = in_place_of->instance.avoid;
  // Moving is no update: what ran goes on, though a newer revision failed to take
  // its place.
  if (!round.halted) return entry;
  entry.instance.instance_revision = in_place_of->instance.instance_revision;
  entry.instance.restarts = in_place_of->instance.restarts;
  entry.made_from = in_place_of->made_from;
  entry.current = in_place_of->current;
  return entry;
}

void create(Round& round, Part& part, Entry entry, const NodeId& node) {
  entry.instance.node = node;
  round.plan.steps.push_back(CreateInstance{entry.instance});
  pin_volumes(round, part, entry);
  const auto at =
      std::ranges::upper_bound(part.entries, entry.instance.slot, {}, [](const Entry& e) { return e.instance.slot; });
  part.entries.insert(at, std::move(entry));
}

schedule::Request request(Round& round, const Part& part, std::string& why_not, const model::ServiceSpec* older) {
  schedule::Request wish{.spec = older ? older : &part.spec(), .path = part.path};
  wish.needs = needs(round, *wish.spec, why_not);
  std::string first;
  for (const auto& [key, spec] : volumes(round, part, *wish.spec)) {
    const auto pin = pin_of(round, key);
    if (pin && wish.pinned && *pin != *wish.pinned)
      why_not = "its volumes '" + first + "' and '" + key.substr(key.rfind('/') + 1) + "' live on different nodes";
    if (!pin || wish.pinned) continue;
    wish.pinned = pin;
    first = key.substr(key.rfind('/') + 1);
  }
  return wish;
}

namespace {

constexpr std::int64_t answers_within_ms = 30'000;

const Round::Asked& asked(Round& round, const std::string& name) {
  const auto [at, is_new] = round.asked.try_emplace(name);
  if (!is_new) return at->second;
  round.view.nodes.each(round.path.grid + '/', [&](const auto& item) {
    const auto* facts = round.view.facts.get(item.key);
    const auto said = facts ? facts->paths.find(name) : model::StringMap::const_iterator();
    if (facts && said != facts->paths.end())
      at->second.anywhere |= !said->second.empty();
    else if (round.nodes.state(item.value.id) == model::NodeState::ready && at->second.unsaid.empty() &&
             !(facts && schedule::never_says(*facts)))
      at->second.unsaid = item.value.name;
  });
  return at->second;
}

// A deployment waits for answers so long and no longer: they take seconds.
bool still_asking(Round& round) {
  if (!round.live) return false;
  const std::int64_t until = round.live->created_ms + answers_within_ms;
  if (until > round.now_ms) round.wake_at(until);
  return until > round.now_ms;
}

}  // namespace

bool has_ipv6(const model::ClusterView& view, const model::Stack& stack, const model::ServiceSpec& spec) {
  return std::ranges::any_of(spec.networks, [&](const model::Attachment& attachment) {
    const auto declared = stack.networks.find(attachment.network);
    if (declared == stack.networks.end()) return false;
    if (!declared->second.external) return declared->second.ipv6;
    const auto* record = view.networks.get(stack.grid + '/' + stack.project + '/' + declared->second.name);
    return record && !record->subnet6.empty();
  });
}

schedule::Needs needs(Round& round, const model::ServiceSpec& spec, std::string& why_not) {
  schedule::Needs needs = schedule::needs_of(spec, round.stack.volumes);
  needs.ipv6 = has_ipv6(round.view, round.stack, spec);
  const auto wished = std::exchange(needs.wished, {});
  const auto is_unsure = [&](const Round::Asked& known) {
    const bool unsure = !known.unsaid.empty() && still_asking(round);
    round.unsure |= unsure;
    return unsure;
  };
  for (const std::string& name : needs.there) {
    const Round::Asked& known = asked(round, name);
    round.asking |= is_unsure(known) && !known.anywhere;
  }
  // Of a global service it is made where it is not.
  if (spec.mode == model::Mode::global) return needs;
  for (const std::string& name : wished) {
    const Round::Asked& known = asked(round, name);
    const bool unsure = is_unsure(known);
    if (known.anywhere) {
      needs.there.push_back(name);
    } else if (!known.unsaid.empty()) {
      round.asking |= unsure;
      why_not = "waits until " + known.unsaid + " has said whether it has '" + name + '\'' +
                (unsure ? "" : ": it does not answer, a file system there may hang");
    }
  }
  return needs;
}

bool dependencies_hold(Round& round, const Part& part) {
  return std::ranges::all_of(part.spec().depends_on, [&](const auto& dependency) {
    const auto& [name, wish] = dependency;
    const auto on = std::ranges::find(round.parts, name, [](const Part& p) { return p.path.service; });
    if (on == round.parts.end() || on->going) {
      if (wish.required) round.stuck = part.path.service + " depends on '" + name + "', which is not in the stack";
      return !wish.required;
    }
    const auto [known, is_new] = round.known.try_emplace({name, wish.condition});
    if (is_new) known->second = reliable(round, *on, wish.condition);
    return known->second;
  });
}

bool is_unprepared(const Part& part) {
  if (std::ranges::none_of(part.spec().pre_start, is_for_all)) return false;
  return std::ranges::none_of(part.entries, [&](const Entry& e) {
    return e.instance.instance_revision == part.service->instance_revision && has_had_container(*e.status);
  });
}

bool prepares(const Part& part) {
  return std::ranges::any_of(part.entries, [](const Entry& e) { return e.current && !e.leaving() && !e.lost; });
}

bool is_prepared(const model::ClusterView& view, const model::Instance& instance) {
  bool found = false;
  view.instances.each(instance.service_path().text() + '/', [&](const auto& item) {
    const model::Instance& other = item.value;
    if (other.id == instance.id || other.instance_revision != instance.instance_revision) return;
    const auto* status = view.statuses.get(item.key);
    found = found || (status && has_had_container(*status));
  });
  return found;
}

void fill(Round& round) {
  std::vector<Vacancy> vacancies;
  for (Part* one : owners_first(round)) {
    Part& part = *one;
    // Who was there already does not wait for its dependencies anew.
    const bool only_lost = !dependencies_hold(round, part);
    if (part.global() && only_lost) continue;
    auto some = part.global() ? global_vacancies(round, part) : replicated_vacancies(round, part, only_lost);
    if (is_unprepared(part)) keep_first(part, some);
    std::ranges::move(some, std::back_inserter(vacancies));
  }
  // The reasons of those that find no place are told when all others have theirs:
  // told earlier, the next round would find them changed.
  std::vector<Vacancy*> left;
  for (Vacancy& vacancy : vacancies) {
    auto placement = find_place(round, vacancy);
    if (placement.node)
      settle(round, vacancy, std::move(placement));
    else
      left.push_back(&vacancy);
  }
  match_by_slot(left);
  for (Vacancy* vacancy : left) {
    const Homeless& one = vacancy->instance;
    // Nothing is wrong with it: it is not there yet, as one that waits for what it depends on.
    if (one.is_new && !waits_for(round, *vacancy->part, one.entry.instance.slot).empty()) continue;
    settle(round, *vacancy, find_place(round, *vacancy));
  }
  for (Part& part : round.parts)
    std::ranges::stable_sort(part.entries, {}, [](const Entry& e) { return e.instance.slot; });
}

}  // namespace kontena::rollout
