#include "kontena/api/projects.h"

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
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
      [&](const model::Project& p) -> std::vector<Cell> { return {p.name, session.age(p.created_ms)}; },
      [](const model::Project& p) { return p.name; });
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
