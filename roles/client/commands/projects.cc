#include "kontena/api/projects.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/api/network.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

Result<std::string> path_of(Session& session, const std::string& project) {
  KTN_TRY(const std::string grid, session.link.grid());
  return api::path(paths::project, {grid, project});
}

}  // namespace

Result<int> project_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  KTN_TRY(std::string path, path_of(session, name));
  KTN_TRY(const model::Project project,
          session.link.send<model::Project>(http::Method::put, std::move(path), api::Nothing{}));
  session.note("project " + name + " is made; --project " + name + " works in it");
  if (session.look.quiet || session.look.machine()) session.show(project, name, [] { return std::string(); });
  return 0;
}

Result<int> project_ls(Session& session) {
  KTN_TRY(std::string path, session.link.path(paths::projects));
  KTN_TRY(const api::ProjectList list, session.link.get<api::ProjectList>(std::move(path)));
  return session.list(
      list.projects, {"PROJECT", "AGE"},
      [&](const model::Project& p) -> std::vector<Cell> {
        return {p.name, session.age(p.created_ms)};
      },
      [](const model::Project& p) { return p.name; });
}

Result<int> project_show(Session& session) {
  KTN_TRY(const std::string name,
          session.arguments.words.empty() ? session.link.project() : Result<std::string>(session.arguments.words[0]));
  KTN_TRY(const std::string grid, session.link.grid());
  KTN_TRY(const auto list, session.link.get<api::ProjectList>(api::path(paths::projects, {grid})));
  const auto found = std::ranges::find(list.projects, name, &model::Project::name);
  if (found == list.projects.end())
    return Error{Code::not_found, "there is no project '" + plain_text(name) + "'", "kontena client project ls"};
  api::ProjectDetail detail{.project = *found, .stacks = {}, .networks = {}, .bindings = {}};
  KTN_TRY(const auto stacks, session.link.get<api::StackList>(api::path(paths::stacks, {grid, name})));
  for (const auto& stack : stacks.stacks) detail.stacks.push_back(stack.name);
  // Who has a role at some of the stacks only does not see the networks.
  if (const auto networks = session.link.get<api::NetworkList>(api::path(paths::networks, {grid, name})); networks) {
    for (const auto& network : networks->networks)
      if (network.stack.empty()) detail.networks.push_back(network.name);
  } else if (networks.error().code != Code::permission_denied) {
    return networks.error();
  }
  KTN_TRY(auto given,
          session.link.get<api::BindingList>(std::string(paths::bindings), {{"scope", '/' + grid + '/' + name}}));
  detail.bindings = std::move(given.bindings);
  return session.show(detail, name, [&] {
    Look plain = session.look;
    plain.headers = false;
    Table table({});
    table.add({"project", '/' + grid + '/' + name});
    table.add({"made", session.age(found->created_ms) + " ago"});
    for (const std::string& stack : detail.stacks) table.add({"stack", stack});
    for (const std::string& network : detail.networks) table.add({"network", network});
    for (const api::BindingSummary& binding : detail.bindings)
      table.add({"role", (binding.kind == "group" ? "group:" : "") + plain_text(binding.subject) + " is " +
                             binding.role + " at " + plain_text(binding.scope)});
    return table.text(plain);
  });
}

Result<int> project_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove project " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_TRY(std::string path, path_of(session, name));
    KTN_OK(session.link.remove(std::move(path)));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("project " + name + " is removed");
    return Done{};
  });
}

}  // namespace kontena::client
