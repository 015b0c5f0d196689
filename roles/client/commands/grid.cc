#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

Result<api::GridSummary> get_grid(Session& session, const std::string& name) {
  return session.link.get<api::GridSummary>(api::path(paths::grid, {name}));
}

}  // namespace

Result<int> grid_create(Session& session) {
  const std::string& name = session.arguments.words[0];
  KTN_TRY(const api::GridSummary grid,
          session.link.send<api::GridSummary>(http::Method::put, api::path(paths::grid, {name})));
  session.note("grid " + name + " is made; kontena client token create --grid " + name +
               " makes a token for its nodes");
  if (session.look.quiet || session.look.machine()) session.show(grid, name, [] { return std::string(); });
  return 0;
}

Result<int> grid_ls(Session& session) {
  KTN_TRY(const api::GridList list, session.link.get<api::GridList>(std::string(paths::grids)));
  return session.list(
      list.grids, {"GRID", "NODES READY", "STACKS", "INSTANCES", "AGE"},
      [&](const api::GridSummary& g) -> std::vector<Cell> {
        return {g.name, std::to_string(g.nodes_ready) + '/' + std::to_string(g.nodes), g.stacks, g.instances,
                session.age(g.created_ms)};
      },
      [](const api::GridSummary& g) { return g.name; });
}

Result<int> grid_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("remove grid " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was removed"};
  return for_each_word(session, [&](const std::string& name) -> Status {
    KTN_OK(session.link.remove(api::path(paths::grid, {name})));
    if (session.look.quiet) session.out() << name << '\n';
    session.note("grid " + name + " is removed");
    return Done{};
  });
}

Result<int> grid_show(Session& session) {
  std::string name;
  if (session.arguments.words.empty()) {
    KTN_TRY(name, session.link.grid());
  } else {
    name = session.arguments.words[0];
  }
  KTN_TRY(const api::GridSummary grid, get_grid(session, name));
  return session.show(grid, grid.name, [&] {
    Look plain = session.look;
    plain.headers = false;
    Table facts({});
    facts.add({"grid", grid.name});
    facts.add({"nodes", std::to_string(grid.nodes_ready) + " of " + std::to_string(grid.nodes) + " ready"});
    facts.add({"stacks", grid.stacks});
    facts.add({"instances", grid.instances});
    facts.add({"made", time_text(grid.created_ms)});
    return facts.text(plain);
  });
}

}  // namespace kontena::client
