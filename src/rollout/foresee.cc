#include <algorithm>

#include "kontena/rollout/moves.h"
#include "round.h"
#include "state.h"

namespace kontena::rollout {

std::map<InstanceId, std::string> foresee_drain(const model::ClusterView& view, const model::StackPath& path,
                                                const NodeId& node, schedule::Nodes& nodes, IdSource& ids, Time now) {
  std::map<InstanceId, std::string> stays;
  const auto* stack = view.stacks.get(path.text());
  if (!stack) return stays;
  Round round{.view = view, .path = path, .nodes = nodes, .ids = ids, .now_ms = to_ms(now), .stack = *stack};
  load(round);
  for (Part* part : owners_first(round)) {
    // A copy: making successors moves the list.
    const auto entries = part->entries;
    for (const Entry& old : entries) {
      if (old.instance.node != node || old.leaving()) continue;
      std::string& why = stays[old.instance.id];
      if (part->global()) continue;
      if (why = bound(view, old.instance); !why.empty()) continue;
      if (old.made_from->job && !old.has_done_its_job()) why = "it is a job, and runs to its end";
      if (old.made_from->job) continue;
      std::string why_not;
      Entry next = fresh(round, *part, old.instance.slot);
      schedule::Request wish = request(round, *part, why_not);
      wish.not_on = {node};
      const auto place = why_not.empty() ? rollout::place(round, *part, old.instance.slot, wish)
                                         : schedule::Placement{std::nullopt, why_not};
      if (place.node)
        create(round, *part, std::move(next), *place.node);
      else
        why = "no other node takes it now: " + place.why_not;
    }
  }
  return stays;
}

}  // namespace kontena::rollout
