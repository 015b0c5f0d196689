#include "../forwards.h"
#include "../people.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/projects.h"
#include "kontena/base/text.h"

namespace kontena::server {

Result<Answer> list_projects(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  api::ProjectList list;
  view.projects.each(call.at("grid") + '/', [&](const auto& item) {
    if (call.who.rights.reaches({item.value.grid, item.value.name})) list.projects.push_back(item.value);
  });
  return answer(list);
}

Result<Change> create_project(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  const std::string& name = call.at("project");
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name + "' cannot be a project's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  const std::string key = call.at("grid") + '/' + name;
  KTN_OK(check_readable(view, store::projects.key(key)));
  if (view.projects.get(key)) return Error{Code::already_exists, "project '" + name + "' is there already"};
  // The engine has one space of names: PROJECT.STACK.SERVICE and, of the default project, STACK.SERVICE.
  const std::string twin = call.at("grid") + "/default/" + name;
  if (view.stacks.get(twin))
    return Error{Code::failed_precondition, "the project 'default' has a stack '" + name + "', whose containers would have the names of this project's",
                 "choose another name"};
  std::string volume;
  view.volumes.each(call.at("grid") + "/default/" + name + '.', [&](const auto& item) { volume = item.value.name; });
  if (!volume.empty())
    return Error{Code::failed_precondition, "the project 'default' has a volume '" + volume + "', whose name would be this project's",
                 "choose another name"};
  std::string network;
  view.networks.each(call.at("grid") + "/default/" + name + '.', [&](const auto& item) { network = item.value.name; });
  if (!network.empty())
    return Error{Code::failed_precondition, "the project 'default' has a network '" + network + "', whose name would be this project's",
                 "choose another name"};
  const model::Project project{call.at("grid"), name, to_ms(call.now)};
  Change change{.reply = json(project, 201), .resource = key};
  // Not in a grid that is removed at the same time.
  change.commit.unchanged = {unchanged(store::grids, *view.grids.find(call.at("grid"))), {store::projects.key(key), 0}, {store::stacks.key(twin), 0}};
  change.commit.puts = {store::projects.put(key, project)};
  return change;
}

Result<Change> remove_project(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const std::string& name = call.at("project");
  const std::string key = call.at("grid") + '/' + name;
  if (name == "default")
    return Error{Code::failed_precondition, "project 'default' is in every grid, and stays"};
  Status readable = Done{};
  for (const std::string& prefix : {store::stacks.key(key) + '/', store::networks.key(key) + '/'})
    view.unreadable.each(prefix, [&](const auto& item) { readable = check_readable(view, item.key); });
  KTN_OK(std::move(readable));
  std::string first_stack, first_network;
  view.stacks.each(key + '/', [&](const auto& item) { first_stack = item.value.name; });
  view.networks.each(key + '/', [&](const auto& item) { first_network = item.value.name; });
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    return Error{Code::failed_precondition, "project '" + name + "' still has " + what, hint};
  };
  if (!first_stack.empty()) return refuse("stack '" + first_stack + "'", "kontena client stack rm --project " + name + ' ' + first_stack);
  if (!first_network.empty())
    return refuse("network '" + first_network + "'", "kontena client network rm --project " + name + ' ' + first_network);
  Change change{.reply = {200, "{}"}, .resource = key};
  change.commit.unchanged = {unchanged(store::projects, *view.projects.find(key))};
  change.commit.deletes = {store::projects.key(key)};
  drop_given(view, key, change.commit);
  KTN_OK(drop_forwards(context.store, key + '/', change.commit));
  view.volumes.each(key + '/', [&](const auto& item) { change.commit.deletes.push_back(store::volumes.key(item.key)); });
  return change;
}

}  // namespace kontena::server
