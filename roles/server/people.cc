#include "people.h"

#include <algorithm>

#include "kontena/access/rights.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/store/tables.h"
#include "sessions.h"

namespace kontena::server {
namespace {

constexpr std::string_view made_key = "meta/people";

// What somebody's being the administrator rests on: the keys of their records.
using Grounds = std::vector<std::string>;

std::optional<Grounds> administers(const model::ClusterView& view, const model::User& user, Time now) {
  if (user.disabled) return std::nullopt;
  const access::Rights rights(view, user);
  if (!rights.all_at({}).has(access::find_built_in("server-admin")->verbs)) return std::nullopt;
  Grounds grounds{store::users.key(user.name)};
  for (const model::Binding* binding : rights.bindings()) {
    if (!binding->scope.empty()) continue;
    grounds.push_back(store::bindings.key(model::binding_key(*binding)));
    if (view.roles.get(binding->role)) grounds.push_back(store::roles.key(binding->role));
  }
  if (!user.password.empty()) return grounds;
  std::string token;  // a whole one
  view.tokens.each("", [&](const auto& item) {
    const model::Token& each = item.value;
    if (each.kind == model::TokenKind::access && each.owner == user.name && each.scope.empty() && each.verbs.empty() &&
        (each.expires_ms == 0 || each.expires_ms > to_ms(now)))
      token = item.key;
  });
  if (token.empty()) return std::nullopt;
  grounds.push_back(store::tokens.key(token));
  return grounds;
}

std::int64_t revision_of(const model::ClusterView& view, const std::string& key) {
  const std::string tail = key.substr(key.find('/') + 1);
  const auto of = [&](const auto& table) -> std::int64_t {
    const auto* item = table.find(tail);
    return item ? item->revision : 0;
  };
  if (key.starts_with("users/")) return of(view.users);
  if (key.starts_with("bindings/")) return of(view.bindings);
  if (key.starts_with("roles/")) return of(view.roles);
  return of(view.tokens);
}

}  // namespace

Status keep_administrator(const model::ClusterView& view, Time now, store::Commit& commit) {
  store::Changed changed{.revision = view.revision, .put = {}, .deleted = commit.deletes};
  for (const auto& put : commit.puts) changed.put.push_back({put.key, put.value, view.revision});
  model::ClusterView after = view;
  store::apply(after, changed);
  std::optional<Grounds> found;
  after.users.each("", [&](const auto& item) {
    if (!found) found = administers(after, item.value, now);
  });
  if (!found)
    return Error{Code::failed_precondition, "after this nobody could administer the server any more",
                 "give another user the role server-admin, and a password or a token, first"};
  for (const std::string& key : *found) {
    const bool known = std::ranges::any_of(commit.unchanged, [&](const auto& each) { return each.key == key; }) ||
                       std::ranges::any_of(commit.puts, [&](const auto& each) { return each.key == key; });
    if (!known) commit.unchanged.push_back({key, revision_of(view, key)});
  }
  return Done{};
}

Status check_covers(const model::ClusterView& view, const Call& call, const model::User& user) {
  const auto groups = groups_of_sessions(view, user.name, call.now);
  for (const model::Binding* binding : access::Rights(view, user, {}, groups).bindings()) {
    const auto scope = access::parse_scope(binding->scope);
    const auto verbs = access::verbs_of_role(view, binding->role);
    if (!scope || !verbs || call.who.rights.all_at(*scope).has(*verbs)) continue;
    return Error{Code::permission_denied,
                 "the role " + binding->role + " at " + scope->shown() + " goes with it, which is more than you have",
                 "ask somebody who has it"};
  }
  return Done{};
}

Status check_whole_token(const model::ClusterView& view, const Call& call) {
  const model::Token* token = view.tokens.get(call.who.id);
  if (token && (token->kind == model::TokenKind::session || (token->scope.empty() && token->verbs.empty() && token->expires_ms == 0)))
    return Done{};
  return Error{Code::permission_denied, "a token that is narrower than its owner, or ends, may not do this", "log in: kontena client login"};
}

std::vector<api::Given> roles_of(const access::Rights& rights) {
  std::vector<api::Given> roles;
  for (const model::Binding* binding : rights.bindings())
    roles.push_back({binding->role, '/' + binding->scope, binding->kind == model::SubjectKind::group ? binding->subject : std::string()});
  return roles;
}

void drop_belongings(const model::ClusterView& view, const std::string& name, store::Commit& commit) {
  view.tokens.each("", [&](const auto& item) {
    if (item.value.owner == name) commit.deletes.push_back(store::tokens.key(item.key));
  });
  view.bindings.each("user/" + name + '/', [&](const auto& item) { commit.deletes.push_back(store::bindings.key(item.key)); });
}

void drop_given(const model::ClusterView& view, const std::string& scope, store::Commit& commit) {
  const auto inside = [&](const std::string& other) { return other == scope || other.starts_with(scope + '/'); };
  view.policies.each(scope, [&](const auto& item) {
    if (inside(item.key)) commit.deletes.push_back(store::policies.key(item.key));
  });
  view.secrets.each(scope + '/', [&](const auto& item) { commit.deletes.push_back(store::named_secrets.key(item.key)); });
  view.registries.each(scope + '/', [&](const auto& item) { commit.deletes.push_back(store::registries.key(item.key)); });
  view.alert_rules.each(scope + '/', [&](const auto& item) { commit.deletes.push_back(store::alert_rules.key(item.key)); });
  view.alert_states.each(scope + '/', [&](const auto& item) { commit.deletes.push_back(store::alert_states.key(item.key)); });
  view.webhooks.each(scope + '/', [&](const auto& item) { commit.deletes.push_back(store::webhooks.key(item.key)); });
  view.bindings.each("", [&](const auto& item) {
    if (inside(item.value.scope)) commit.deletes.push_back(store::bindings.key(item.key));
  });
}

Status make_first_user(store::Store& store, Time now) {
  KTN_TRY(const auto made, store.get(made_key));
  if (made) return Done{};
  const std::string name(first_user);
  const model::User admin{
      .name = name, .full_name = "the first administrator", .created_ms = to_ms(now), .created_by = "first start"};
  const model::Binding binding{
      .subject = name, .role = "server-admin", .created_ms = to_ms(now), .created_by = "first start"};
  store::Commit commit;
  commit.unchanged = {{std::string(made_key), 0}};
  commit.puts = {{std::string(made_key), text::rfc3339(now)},
                 store::users.put(name, admin),
                 store::bindings.put(model::binding_key(binding), binding)};
  KTN_TRY(const store::Listing tokens, store.list(store::tokens.key("")));
  for (const store::Entry& entry : tokens.entries) {
    auto token = store::tokens.read(entry);
    if (!token || token->kind == model::TokenKind::join || !token->owner.empty())
      continue;  // a damaged one is said elsewhere
    token->owner = name;
    commit.unchanged.push_back({entry.key, entry.revision});
    commit.puts.push_back(store::tokens.put(*token->id, *token));
  }
  auto committed = store.commit(commit);
  if (!committed) return std::move(committed).error();
  log::info("made the first user", {{"user", name}});
  return Done{};
}

}  // namespace kontena::server
