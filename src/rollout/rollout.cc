#include "kontena/rollout/rollout.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "kontena/base/text.h"
#include "round.h"

namespace kontena::rollout {
namespace {

void find_live(Round& round) {
  using enum model::DeploymentState;
  const model::Deployment* newest = nullptr;
  const auto age = [](const model::Deployment& d) { return std::tie(d.created_ms, *d.id); };
  round.view.deployments.each(round.path.text() + '/', [&](const auto& item) {
    const model::Deployment& one = item.value;
    if (!newest || age(*newest) < age(one)) newest = &one;
    if (one.state == running && (!round.live || age(*round.live) < age(one))) round.live = &one;
  });
  round.halted = newest && (newest->state == failed || newest->state == aborted);
}

void remove_all(Round& round, Part& part) {
  for (std::size_t i = part.entries.size(); i-- > 0;)
    if (!part.entries[i].leaving()) remove(round, part, i);
}

void stop_all(Round& round, Part& part) {
  remove_superfluous(round, part);
  for (std::size_t i = part.entries.size(); i-- > 0;) {
    Entry& entry = part.entries[i];
    if (!entry.placed())
      forget(round, part, i);
    else if (entry.instance.desired == model::Desired::running)
      set_desired(round, entry, model::Desired::stopped);
  }
}

// Where others have got the room meanwhile, another is made where there is some, or waits for it.
void start_stopped(Round& round, Part& part) {
  for (std::size_t i = part.entries.size(); i-- > 0;) {
    Entry& entry = part.entries[i];
    if (entry.instance.desired != model::Desired::stopped || !entry.current || !dependencies_hold(round, part))
      continue;
    if (round.nodes.has_room_again(entry.instance, *entry.made_from))
      set_desired(round, entry, model::Desired::running);
    else
      remove(round, part, i);
  }
}

// What goes is decided first, for all services: what it frees is then there for
// what comes.
void keep_running(Round& round) {
  const auto parts = owners_first(round);
  for (Part* part : parts) {
    // First what goes whoever is beside it: among the others it may have been the one to keep.
    remove_broken(round, *part);
    remove_superfluous(round, *part);
    forget_surplus(round, *part);
  }
  // What one service gives up may be what the next one's successor waits for.
  for (bool went_on = true; went_on;) {
    went_on = false;
    round.stuck.clear();
    for (Part* part : parts) went_on |= roll_out(round, *part);
  }
  for (Part* part : parts) replace_away(round, *part);
  for (Part* part : parts) start_stopped(round, *part);
  remove_parted(round);
  fill(round);
  remove_parted(round);
}

void forget_what_is_done_with(Round& round) {
  for (const Part& part : round.parts) {
    std::set<std::int64_t> used;
    for (const Entry& entry : part.entries) used.insert(entry.instance.instance_revision);
    const bool ends = part.going && part.entries.empty();
    if (part.service && !ends) used.insert(part.service->instance_revision);
    const std::string prefix = part.path.text() + '/';
    round.view.revisions.each(prefix, [&](const auto& item) {
      const std::int64_t revision = text::integer(item.key.substr(prefix.size())).value_or(0);
      if (!used.contains(revision)) round.plan.steps.push_back(ForgetRevision{part.path, revision});
    });
    if (part.service && ends) round.plan.steps.push_back(ForgetService{part.path});
  }
  const bool empty = std::ranges::all_of(round.parts, [](const Part& p) { return p.entries.empty(); });
  if (round.stack.wanted == model::StackWanted::removed && empty) round.plan.steps.push_back(ForgetStack{round.path});
}

}  // namespace

Plan step(const model::ClusterView& view, const model::StackPath& path, schedule::Nodes& nodes, IdSource& ids,
          Time now) {
  const auto* stack = view.stacks.get(path.text());
  if (!stack) return {};
  Round round{.view = view, .path = path, .nodes = nodes, .ids = ids, .now_ms = to_ms(now), .stack = *stack};
  find_live(round);
  load(round);
  for (Part& part : round.parts)
    if (part.going) remove_all(round, part);
  if (stack->wanted == model::StackWanted::running) keep_running(round);
  if (stack->wanted == model::StackWanted::stopped)
    for (Part& part : round.parts)
      if (!part.going) stop_all(round, part);
  // Deployments end before the stack that they are part of.
  judge(round);
  forget_what_is_done_with(round);
  return std::move(round.plan);
}

}  // namespace kontena::rollout
