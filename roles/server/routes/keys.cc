#include <algorithm>

#include "find.h"
#include "handlers.h"
#include "kontena/api/network.h"
#include "kontena/base/text.h"

namespace kontena::server {

// Has every node of the grid make a new key of the mesh. One that does not hear of the
// others' new keys would be cut off from them, so all have to be there; ?force=true
// does without those that are away. Nodes without a mesh have nothing to make.
Result<Change> rotate_keys(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const auto* item = view.grids.find(call.at("grid"));
  model::Grid grid = item->value;
  const model::Liveness states = context.liveness.states();
  api::KeyRotation told{.rotation = grid.key_rotation + 1};
  model::Strings at_it;
  view.nodes.each(grid.name + '/', [&](const auto& node) {
    const auto* facts = view.facts.get(node.key);
    if (!facts || facts->mesh_key.empty()) return;
    const auto state = states.find(node.value.id);
    const bool ready = state != states.end() && state->second == model::NodeState::ready;
    (ready ? told.nodes : told.away).push_back(node.value.name);
    if (ready && facts->mesh_rotation != grid.key_rotation) at_it.push_back(node.value.name);
  });
  for (model::Strings* names : {&told.nodes, &told.away, &at_it}) std::ranges::sort(*names);
  if (call.ask("force") != "true") {
    if (!told.away.empty())
      return Error{Code::failed_precondition, "not ready: node " + text::join(told.away, ", ") + ", which would be cut off from the others' containers until it hears from the server again",
                   "wait until it is back, remove it (kontena client node rm), or say --force"};
    if (!at_it.empty())
      return Error{Code::failed_precondition, "keys are being rotated already: node " + text::join(at_it, ", ") + " is not done",
                   "wait a moment; or say --force"};
  }
  grid.key_rotation = told.rotation;
  Change change{.reply = json(told), .resource = grid.name};
  change.commit.unchanged = {unchanged(store::grids, *item)};
  change.commit.puts = {store::grids.put(grid.name, grid)};
  return change;
}

}  // namespace kontena::server
