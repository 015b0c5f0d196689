#include "kontena/access/verb.h"

#include <algorithm>
#include <array>

namespace kontena::access {
namespace {

using enum Verb;

constexpr std::array table{
    VerbRow{audit_read, "audit.read", Level::project, "read who did what"},
    VerbRow{backup, "backup", Level::server, "read all there is, the authority's key too"},
    VerbRow{deploy, "deploy", Level::stack, "make, change and remove stacks"},
    VerbRow{exec, "exec", Level::stack, "run commands in containers, copy files and reach ports"},
    VerbRow{grid_admin, "grid.admin", Level::grid,
            "settings, policies, quotas and projects of a grid, and who may what in it"},
    VerbRow{Verb::logs, "logs", Level::stack, "read logs"},
    VerbRow{networks, "networks", Level::project, "make, remove and test networks"},
    VerbRow{nodes, "nodes", Level::grid, "label, drain and remove nodes"},
    VerbRow{project_admin, "project.admin", Level::project, "policies of a project, and who may what in it"},
    VerbRow{registries, "registries", Level::project, "give and remove credentials of image registries"},
    VerbRow{run, "run", Level::stack, "start, stop and restart"},
    VerbRow{scale, "scale", Level::stack, "change numbers of replicas"},
    VerbRow{secrets_list, "secrets.list", Level::project, "see which secrets there are, and who uses them"},
    VerbRow{secrets_read, "secrets.read", Level::project, "read the values of secrets"},
    VerbRow{secrets_use, "secrets.use", Level::project, "give secrets to services"},
    VerbRow{secrets_write, "secrets.write", Level::project, "set and remove secrets"},
    VerbRow{server_admin, "server.admin", Level::server, "make and remove grids, and set who may what on the server"},
    VerbRow{tokens, "tokens", Level::grid, "make and revoke the tokens that nodes join with"},
    VerbRow{users, "users", Level::server, "make and change accounts, roles, and what they have"},
    VerbRow{view, "view", Level::stack, "see what there is, and its state"},
    VerbRow{volumes, "volumes", Level::project, "make and remove volumes"},
};
static_assert(std::ranges::is_sorted(table, {}, &VerbRow::name));
static_assert(
    [] {
      for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].verb) != i) return false;
      return static_cast<std::size_t>(volumes) + 1 == table.size();
    }(),
    "one row for each Verb, in its order");

constexpr Verbs look{view};
constexpr Verbs operate = look | Verbs{Verb::logs, exec, run, scale};
constexpr Verbs build = operate | Verbs{deploy, networks, volumes, secrets_list, secrets_use, secrets_write};
constexpr Verbs own_project = build | Verbs{secrets_read, project_admin, registries, audit_read};
constexpr Verbs own_grid = own_project | Verbs{grid_admin, nodes, tokens};
constexpr Verbs own_server = own_grid | Verbs{server_admin, users, backup};

constexpr std::array roles{
    RoleRow{"deployer", build, "operator, and deploy; sets secrets, does not read them"},
    RoleRow{"grid-admin", own_grid, "project-admin of all projects; nodes, join tokens and settings of the grid"},
    RoleRow{"operator", operate, "viewer; and logs, exec, start, stop, restart and scale"},
    RoleRow{"project-admin", own_project, "deployer; and secrets' values, audit, registries, and who may what"},
    RoleRow{"server-admin", own_server, "everything"},
    RoleRow{"viewer", look, "see what there is"},
};
static_assert(std::ranges::is_sorted(roles, {}, &RoleRow::name));

}  // namespace

std::span<const VerbRow> verbs() { return table; }
std::string_view name(Verb verb) { return table[static_cast<std::size_t>(verb)].name; }

std::optional<Verb> find_verb(std::string_view name) {
  const auto at = std::ranges::lower_bound(table, name, {}, &VerbRow::name);
  return at != table.end() && at->name == name ? std::optional(at->verb) : std::nullopt;
}

std::vector<std::string> Verbs::names() const {
  std::vector<std::string> names;
  for (const VerbRow& row : table)
    if (has(row.verb)) names.emplace_back(row.name);
  return names;
}

std::span<const RoleRow> built_in_roles() { return roles; }

const RoleRow* find_built_in(std::string_view name) {
  const auto at = std::ranges::lower_bound(roles, name, {}, &RoleRow::name);
  return at != roles.end() && at->name == name ? &*at : nullptr;
}

}  // namespace kontena::access
