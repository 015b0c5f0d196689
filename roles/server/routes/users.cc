#include "../people.h"
#include "../sessions.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/token.h"
#include "kontena/api/people.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"

namespace kontena::server {
namespace {

constexpr std::int64_t usual_invite_ms = 72LL * 3600 * 1000, most_invite_ms = 30LL * 24 * 3600 * 1000;
constexpr std::size_t most_groups = 50;

Result<const Ordered<model::User>::Item*> find_user(const ClusterView& view, const Call& call) {
  const std::string name = call.at("user");
  KTN_OK(check_readable(view, store::users.key(name)));
  const auto* item = view.users.find(name);
  if (!item) return absent("user", name, "kontena client user ls");
  return item;
}

api::UserSummary summarise_user(const ClusterView& view, const model::User& user, Time now) {
  api::UserSummary summary{.name = user.name,
                           .full_name = user.full_name,
                           .service = user.service,
                           .sso = !user.outside.empty(),
                           .groups = user.groups,
                           .session_groups = groups_of_sessions(view, user.name, now),
                           .roles = {},
                           .invite_expires_ms = user.invite_digest.empty() ? 0 : user.invite_expires_ms,
                           .created_ms = user.created_ms,
                           .created_by = user.created_by};
  summary.roles = roles_of(access::Rights(view, user, {}, summary.session_groups));
  view.tokens.each("", [&](const auto& item) {
    if (item.value.owner != user.name || session_over(item.value, now)) return;
    ++(item.value.kind == model::TokenKind::session ? summary.sessions : summary.tokens);
  });
  const bool invited = summary.invite_expires_ms > to_ms(now);
  const bool usable = !user.password.empty() || summary.tokens > 0 || !user.outside.empty();
  summary.state = user.disabled ? "disabled" : usable ? "active" : invited ? "invited" : "new";
  return summary;
}

Status check_about(const std::string& full_name, const std::vector<std::string>& groups) {
  if (full_name.size() > 200) return Error{Code::invalid_argument, "the full name is longer than 200 bytes"};
  if (groups.size() > most_groups)
    return Error{Code::invalid_argument, "a user is in no more than " + std::to_string(most_groups) + " groups"};
  for (const std::string& group : groups)
    if (!text::is_label(group))
      return Error{Code::invalid_argument, "'" + group.substr(0, 100) + "' cannot be a group's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  return Done{};
}

}  // namespace

Result<Answer> list_users(const Context&, const ClusterView& view, const Call& call) {
  api::UserList list;
  view.users.each("", [&](const auto& item) { list.users.push_back(summarise_user(view, item.value, call.now)); });
  return answer(list);
}

Result<Answer> get_user(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_user(view, call));
  return answer(summarise_user(view, item->value, call.now));
}

Result<Change> create_user(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(api::UserRequest asked, body_of<api::UserRequest>(call));
  const std::string name = call.at("user");
  if (!text::is_label(name))
    return Error{Code::invalid_argument, "'" + name.substr(0, 100) + "' cannot be a user's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  KTN_OK(check_readable(view, store::users.key(name)));
  if (view.users.get(name)) return Error{Code::already_exists, "user '" + name + "' is there already"};
  std::ranges::sort(asked.groups);
  asked.groups.erase(std::ranges::unique(asked.groups).begin(), asked.groups.end());
  KTN_OK(check_about(asked.full_name, asked.groups));
  const model::User user{.name = name,
                         .service = asked.service,
                         .full_name = asked.full_name,
                         .groups = asked.groups,
                         .created_ms = to_ms(call.now),
                         .created_by = call.who.text()};
  Change change{.resource = name};
  change.commit.unchanged = {{store::users.key(name), 0}};
  change.commit.puts = {store::users.put(name, user)};
  drop_belongings(view, name, change.commit);
  model::User bare = user;
  bare.name.clear();  // its groups' roles only
  KTN_OK(check_covers(view, call, bare));
  change.reply = json(summarise_user(view, user, call.now), 201);
  return change;
}

Result<Change> change_user(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_user(view, call));
  KTN_TRY(const api::UserChange asked, body_of<api::UserChange>(call));
  model::User user = item->value;
  if (asked.full_name) user.full_name = *asked.full_name;
  if (asked.disabled) user.disabled = *asked.disabled;
  for (const std::string& group : asked.leave) std::erase(user.groups, group);
  for (const std::string& group : asked.join)
    if (std::ranges::find(user.groups, group) == user.groups.end()) user.groups.push_back(group);
  std::ranges::sort(user.groups);
  KTN_OK(check_about(user.full_name, user.groups));
  KTN_OK(check_covers(view, call, item->value));
  KTN_OK(check_covers(view, call, user));
  Change change{.resource = user.name};
  change.commit.unchanged = {unchanged(store::users, *item)};
  change.commit.puts = {store::users.put(user.name, user)};
  // Enabled again, they log in again.
  if (user.disabled && !item->value.disabled)
    view.tokens.each("", [&](const auto& each) {
      if (each.value.kind == model::TokenKind::session && each.value.owner == user.name) change.commit.deletes.push_back(store::tokens.key(each.key));
    });
  KTN_OK(keep_administrator(view, call.now, change.commit));
  change.reply = json(summarise_user(view, user, call.now));
  return change;
}

Result<Change> invite_user(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_user(view, call));
  if (!item->value.outside.empty())
    return Error{Code::failed_precondition, "'" + item->key + "' logs in at the provider, and has no password here",
                 "kontena client login --sso; kontena client user create makes a local account"};
  if (item->value.service)
    return Error{Code::failed_precondition, "'" + item->key + "' is a service account, and has no password",
                 "kontena client token create --for " + item->key};
  KTN_OK(check_covers(view, call, item->value));
  KTN_TRY(const std::int64_t lifetime, number_asked(call, "lifetime", usual_invite_ms));
  if (lifetime < 60'000 || lifetime > most_invite_ms)
    return Error{Code::invalid_argument, "an invitation is good for a minute to 30 days"};
  const access::TokenText code{context.authority.fingerprint(), TokenId(context.ids.id()), access::make_secret(context.ids.bytes(32))};
  model::User user = item->value;
  user.invite_digest = crypto::sha256_hex(code.secret.reveal());
  user.invite_expires_ms = to_ms(call.now) + lifetime;
  Change change{.reply = json(api::InviteAnswer{user.name, access::format(code), user.invite_expires_ms}, 201), .resource = user.name};
  change.commit.unchanged = {unchanged(store::users, *item)};
  change.commit.puts = {store::users.put(user.name, user)};
  return change;
}

Result<Change> remove_user(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_user(view, call));
  KTN_OK(check_covers(view, call, item->value));
  Change change{.reply = {200, "{}"}, .resource = item->key};
  change.commit.unchanged = {unchanged(store::users, *item)};
  change.commit.deletes = {store::users.key(item->key)};
  drop_belongings(view, item->key, change.commit);
  KTN_OK(keep_administrator(view, call.now, change.commit));
  return change;
}

}  // namespace kontena::server
