#include "../identity.h"
#include "../people.h"
#include "../sessions.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/people.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

using access::Verb;

// What it takes to say who may what there, and where that is asked.
Verb verb_of(const access::Scope& scope) {
  if (scope.grid.empty()) return Verb::server_admin;
  return scope.project.empty() ? Verb::grid_admin : Verb::project_admin;
}
access::Scope administered(access::Scope scope) {
  scope.stack.clear();
  return scope;
}

api::BindingSummary summarise(const model::Binding& binding) {
  return {.kind = binding.kind == model::SubjectKind::user ? "user" : "group",
          .subject = binding.subject,
          .role = binding.role,
          .scope = '/' + binding.scope,
          .created_ms = binding.created_ms,
          .created_by = binding.created_by};
}

// That the caller administers the scope, which is there.
Status check_administers(const ClusterView& view, const Call& call, const access::Scope& scope) {
  KTN_OK(check_allowed(call, verb_of(scope), administered(scope)));
  if (!scope.grid.empty() && !view.grids.get(scope.grid)) return absent("grid", scope.grid, grid_hint);
  if (!scope.project.empty() && !view.projects.get(scope.grid + '/' + scope.project)) return absent("project", scope.project, project_hint);
  return Done{};
}

}  // namespace

Result<Answer> list_bindings(const Context&, const ClusterView& view, const Call& call) {
  const std::string user = call.ask("user"), group = call.ask("group");
  KTN_TRY(const access::Scope within, access::parse_scope(call.ask("scope")));
  api::BindingList list;
  const auto own = call.who.rights.bindings();
  view.bindings.each("", [&](const auto& item) {
    const model::Binding& binding = item.value;
    const bool of_user = binding.kind == model::SubjectKind::user;
    if ((!user.empty() && (!of_user || binding.subject != user)) || (!group.empty() && (of_user || binding.subject != group))) return;
    const auto scope = access::parse_scope(binding.scope);
    if (!scope || !access::holds(within, *scope)) return;
    const bool theirs = std::ranges::find(own, &binding) != own.end();
    if (theirs || call.may(Verb::users, {}) || call.may(verb_of(*scope), administered(*scope))) list.bindings.push_back(summarise(binding));
  });
  return answer(list);
}

Result<Change> create_binding(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::BindingSummary asked, body_of<api::BindingSummary>(call));
  KTN_TRY(const access::Scope scope, access::parse_scope(asked.scope));
  KTN_OK(check_administers(view, call, scope));
  if (asked.kind != "user" && asked.kind != "group")
    return Error{Code::invalid_argument, "a role is given to a user or to a group"};
  const bool to_user = asked.kind == "user";
  const auto verbs = access::verbs_of_role(view, asked.role);
  if (!verbs) return absent("role", asked.role.substr(0, 100), "kontena client role ls");
  const auto* user = to_user ? view.users.find(asked.subject) : nullptr;
  if (to_user && !user) return absent("user", asked.subject.substr(0, 100), "kontena client user ls");
  if (!to_user && !text::is_label(asked.subject))
    return Error{Code::invalid_argument, "'" + asked.subject.substr(0, 100) + "' cannot be a group's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  if (const auto lacking = verbs->without(call.who.rights.all_at(scope)); !lacking.empty())
    return Error{Code::permission_denied, "you cannot give what you do not have at " + scope.shown() + ": " + text::join(lacking.names(), ", "),
                 "ask somebody who has it"};
  const model::Binding binding{.kind = to_user ? model::SubjectKind::user : model::SubjectKind::group,
                               .subject = asked.subject,
                               .scope = scope.text(),
                               .role = asked.role,
                               .created_ms = to_ms(call.now),
                               .created_by = call.who.text()};
  const std::string key = model::binding_key(binding);
  KTN_OK(check_readable(view, store::bindings.key(key)));
  if (view.bindings.get(key))
    return Error{Code::already_exists, "'" + binding.subject + "' has the role " + binding.role + " at " + scope.shown() + " already"};
  Change change{.reply = json(summarise(binding), 201), .resource = key};
  if (!scope.grid.empty()) change.place = administered(scope);
  change.commit.unchanged = {{store::bindings.key(key), 0}};
  if (user) change.commit.unchanged.push_back(unchanged(store::users, *user));
  if (const auto* role = view.roles.find(asked.role)) change.commit.unchanged.push_back(unchanged(store::roles, *role));
  if (!scope.project.empty()) change.commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(scope.grid + '/' + scope.project)));
  if (!scope.grid.empty() && scope.project.empty()) change.commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(scope.grid)));
  change.commit.puts = {store::bindings.put(key, binding)};
  return change;
}

// ?user= or ?group=, ?role= &scope=
Result<Change> remove_binding(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const access::Scope scope, access::parse_scope(call.ask("scope")));
  KTN_OK(check_allowed(call, verb_of(scope), administered(scope)));
  const std::string user = call.ask("user"), group = call.ask("group");
  if (user.empty() == group.empty()) return Error{Code::invalid_argument, "?user= or ?group= is wanted"};
  const std::string key = model::binding_key({.kind = group.empty() ? model::SubjectKind::user : model::SubjectKind::group,
                                              .subject = user + group,
                                              .scope = scope.text(),
                                              .role = call.ask("role")});
  const auto* item = view.bindings.find(key);
  if (!item) return absent("role '" + call.ask("role") + "' at " + scope.shown() + " of", user + group, "kontena client binding ls");
  Change change{.reply = {200, "{}"}, .resource = key};
  if (!scope.grid.empty()) change.place = administered(scope);
  change.commit.unchanged = {unchanged(store::bindings, *item)};
  change.commit.deletes = {store::bindings.key(key)};
  KTN_OK(keep_administrator(view, call.now, change.commit));
  return change;
}

Result<Answer> can_i(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(access::Scope scope, access::parse_scope(call.ask("at")));
  api::CanI said{.user = call.ask("user").empty() ? call.who.name : call.ask("user"), .verb = call.ask("verb")};
  access::Rights rights = call.who.rights;
  if (said.user != call.who.name) {
    // Who gives roles there may know, and who makes accounts.
    if (!call.may(Verb::users, {})) KTN_OK(check_allowed(call, verb_of(scope), administered(scope)));
    const model::User* user = view.users.get(said.user);
    if (!user) return absent("user", said.user.substr(0, 100), "kontena client user ls");
    rights = user->disabled ? access::Rights() : access::Rights(view, *user, {}, groups_of_sessions(view, user->name, call.now));
    if (user->disabled) said.missing = "the account '" + user->name + "' is disabled";
  }
  if (said.verb.empty()) {
    said.scope = scope.shown();
    said.verbs = rights.all_at(scope).names();
    said.allowed = !said.verbs.empty();
    return answer(said);
  }
  const auto verb = access::find_verb(said.verb);
  if (!verb) return Error{Code::invalid_argument, "there is no verb '" + said.verb.substr(0, 100) + "'", "kontena client can-i --list / lists yours"};
  const auto least = access::verbs()[static_cast<std::size_t>(*verb)].least;
  if (least <= access::Level::project) scope.stack.clear();
  if (least <= access::Level::grid) scope.project.clear();
  if (least <= access::Level::server) scope.grid.clear();
  said.scope = scope.shown();
  const access::Decision decision = rights.decide(*verb, scope);
  said.allowed = decision.allowed;
  if (said.missing.empty()) said.missing = decision.missing;
  if (const model::Binding* binding = view.bindings.get(decision.binding); decision.allowed && binding)
    said.binding = binding->role + " at /" + binding->scope + " of " + (binding->kind == model::SubjectKind::group ? "group " : "") + binding->subject;
  return answer(said);
}

}  // namespace kontena::server
