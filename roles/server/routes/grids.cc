#include "../summarise.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"

namespace kontena::server {

Result<Answer> list_grids(const Context& context, const ClusterView& view, const Call&) {
  api::GridList list;
  const model::Liveness states = context.liveness.states();
  view.grids.each("", [&](const auto& item) { list.grids.push_back(summarise_grid(view, states, item.value)); });
  return answer(list);
}

Result<Answer> get_grid(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  return answer(summarise_grid(view, context.liveness.states(), *view.grids.get(call.at("grid"))));
}

Result<Change> create_grid(const Context&, const ClusterView& view, const Call& call) {
  const std::string& name = call.at("grid");
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name + "' cannot be a grid's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  if (view.grids.get(name)) return Error{Code::already_exists, "grid '" + name + "' is there already"};
  const model::Grid grid{name, to_ms(call.now)};
  const model::Project project{name, "default", to_ms(call.now)};
  Change change{.reply = json(summarise_grid(view, {}, grid), 201), .resource = name};
  change.commit.unchanged = {{store::grids.key(name), 0}};
  change.commit.puts = {store::grids.put(name, grid), store::projects.put(name + "/default", project)};
  return change;
}

Result<Change> remove_grid(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& name = call.at("grid");
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    return Error{Code::failed_precondition, "grid '" + name + "' still has " + what, hint};
  };
  std::int64_t nodes = 0, stacks = 0;
  view.nodes.each(name + '/', [&](const auto&) { ++nodes; });
  view.stacks.each(name + '/', [&](const auto&) { ++stacks; });
  if (stacks > 0) return refuse(std::to_string(stacks) + " stacks", "kontena client stack ls --grid " + name);
  if (nodes > 0) return refuse(std::to_string(nodes) + " nodes", "kontena client node ls --grid " + name);
  Change change{.resource = name};
  change.commit.unchanged = {unchanged(store::grids, *view.grids.find(name))};
  change.commit.deletes = {store::grids.key(name)};
  view.projects.each(name + '/', [&](const auto& item) { change.commit.deletes.push_back(store::projects.key(item.key)); });
  view.volumes.each(name + '/', [&](const auto& item) { change.commit.deletes.push_back(store::volumes.key(item.key)); });
  view.tokens.each("", [&](const auto& item) {
    if (item.value.grid == name) change.commit.deletes.push_back(store::tokens.key(item.key));
  });
  change.reply.body = "{}";
  return change;
}

Result<Answer> list_projects(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  std::vector<model::Project> projects;
  view.projects.each(call.at("grid") + '/', [&](const auto& item) { projects.push_back(item.value); });
  return answer(projects);
}

}  // namespace kontena::server
