#include "../identity.h"
#include "../people.h"
#include "../sessions.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/token.h"
#include "kontena/api/people.h"
#include "kontena/crypto/digest.h"
#include "kontena/crypto/password.h"

namespace kontena::server {
namespace {

Error not_right() {
  return {Code::unauthenticated, "the user or the password is not right",
          "after a few wrong ones there is a wait; an administrator makes a new one possible: kontena client user invite"};
}
Error not_invited() {
  return {Code::unauthenticated, "the invitation is not valid: it is wrong, was used, or has expired",
          "ask an administrator for another: kontena client user invite"};
}
Error changed_meanwhile() {
  return {Code::unauthenticated, "the account was changed at this moment", "log in again"};
}

const model::User* known(const ClusterView& view, const std::string& name, Call& call) {
  const model::User* user = view.users.get(name);
  if (user) call.about = "users/" + name;
  return user;
}

// The account that was proved before, if it still is that.
const Ordered<model::User>::Item* proved(const ClusterView& view, const Call& call, std::string model::User::*kept) {
  const auto* item = view.users.find(call.proven);
  return item && !item->value.disabled && crypto::equal_secret(item->value.*kept, call.proof) ? item : nullptr;
}

void answer_session(const Context& context, const ClusterView& view, const Call& call, const std::string& client,
                    Change& change) {
  const NewSession made = add_session(context, view, call, {.owner = call.proven, .client = client}, change);
  change.reply = json(api::LoginAnswer{call.proven, made.token, made.expires_ms}, 201);
}

}  // namespace

Status prove_password(Context& context, const View& view, Call& call) {
  KTN_TRY(const api::LoginRequest asked, body_of<api::LoginRequest>(call));
  const model::User* user = known(*view, asked.user, call);
  KTN_OK(check_readable(*view, store::users.key(asked.user)));
  KTN_OK(context.logins.begin(asked.user, call.from, context.clock.steady()));
  // Whoever cannot log in by a password costs as much as who can.
  const bool can = user && !user->service && !user->password.empty() && asked.password.size() <= small_body.most;
  const Redacted password(asked.password);
  KTN_TRY(const bool right, context.logins.verify(password, can ? user->password : Logins::decoy()));
  if (!can || !right) return not_right();
  context.logins.succeeded(asked.user, call.from);
  if (user->disabled)
    return Error{Code::unauthenticated, "the account '" + user->name + "' is disabled", "ask an administrator"};
  call.proven = user->name;
  call.proof = user->password;
  if (crypto::needs_rehash(user->password)) {
    KTN_TRY(call.fresh, context.logins.hash(password, context.ids.bytes(crypto::password_salt_bytes)));
  }
  return Done{};
}

Result<Change> create_session(const Context& context, const ClusterView& view, const Call& call) {
  const auto* item = proved(view, call, &model::User::password);
  if (!item) return changed_meanwhile();
  KTN_TRY(const api::LoginRequest asked, body_of<api::LoginRequest>(call));
  Change change;
  change.commit.unchanged = {unchanged(store::users, *item)};
  answer_session(context, view, call, asked.client, change);
  if (!call.fresh.empty()) {
    model::User user = item->value;
    user.password = call.fresh;
    change.commit.puts.push_back(store::users.put(user.name, user));
  }
  return change;
}

Status prove_invitation(Context& context, const View& view, Call& call) {
  KTN_TRY(const api::InviteRequest asked, body_of<api::InviteRequest>(call));
  KTN_OK(check_new_password(asked.user, asked.password));
  const model::User* user = known(*view, asked.user, call);
  KTN_OK(context.logins.begin(asked.user, call.from, context.clock.steady()));
  const auto code = access::parse_token(asked.code);
  const std::string digest = code ? crypto::sha256_hex(code->secret.reveal()) : std::string();
  const bool right = crypto::equal_secret(digest, user && !user->invite_digest.empty() ? user->invite_digest : std::string(64, '-'));
  if (!user || !right || user->disabled || user->invite_expires_ms <= to_ms(call.now)) return not_invited();
  KTN_TRY(call.fresh, context.logins.hash(Redacted(asked.password), context.ids.bytes(crypto::password_salt_bytes)));
  context.logins.succeeded(asked.user, call.from);
  call.proven = user->name;
  call.proof = user->invite_digest;
  return Done{};
}

Result<Change> join_user(const Context& context, const ClusterView& view, const Call& call) {
  const auto* item = proved(view, call, &model::User::invite_digest);
  if (!item) return not_invited();
  KTN_TRY(const api::InviteRequest asked, body_of<api::InviteRequest>(call));
  model::User user = item->value;
  user.password = call.fresh;
  user.password_ms = to_ms(call.now);
  user.invite_digest.clear();
  user.invite_expires_ms = 0;
  Change change{.resource = user.name};
  change.commit.unchanged = {unchanged(store::users, *item)};
  change.commit.puts = {store::users.put(user.name, user)};
  answer_session(context, view, call, asked.client, change);
  return change;
}

Status prove_old_password(Context& context, const View& view, Call& call) {
  KTN_TRY(const api::PasswordChange asked, body_of<api::PasswordChange>(call));
  KTN_OK(check_whole_token(*view, call));
  const model::User* user = view->users.get(call.who.name);
  if (!user || user->service || user->password.empty())
    return Error{Code::failed_precondition, "the account '" + call.who.name + "' has no password",
                 "kontena client user invite " + call.who.name + " makes a code that sets one"};
  KTN_OK(check_new_password(user->name, asked.password));
  KTN_OK(context.logins.begin(user->name, call.from, context.clock.steady()));
  KTN_TRY(const bool right, context.logins.verify(Redacted(asked.old_password), user->password));
  if (!right) return Error{Code::permission_denied, "the old password is not right"};
  context.logins.succeeded(user->name, call.from);
  call.proven = user->name;
  call.proof = user->password;
  KTN_TRY(call.fresh, context.logins.hash(Redacted(asked.password), context.ids.bytes(crypto::password_salt_bytes)));
  return Done{};
}

Result<Change> change_password(const Context&, const ClusterView& view, const Call& call) {
  const auto* item = proved(view, call, &model::User::password);
  if (!item || call.proven != call.who.name) return changed_meanwhile();
  model::User user = item->value;
  user.password = call.fresh;
  user.password_ms = to_ms(call.now);
  Change change{.reply = {200, "{}"}, .resource = user.name};
  change.commit.unchanged = {unchanged(store::users, *item)};
  change.commit.puts = {store::users.put(user.name, user)};
  view.tokens.each("", [&](const auto& each) {
    if (each.value.kind != model::TokenKind::session || each.value.owner != user.name) return;
    if (each.key != call.who.id) {
      change.commit.deletes.push_back(store::tokens.key(each.key));
      return;
    }
    model::Token own = each.value;  // this session goes on, as one of the new password
    own.created_ms = user.password_ms;
    change.commit.unchanged.push_back(unchanged(store::tokens, each));
    change.commit.puts.push_back(store::tokens.put(each.key, own));
  });
  return change;
}

Result<Change> end_session(const Context&, const ClusterView& view, const Call& call) {
  const auto* item = view.tokens.find(call.who.id);
  if (!item || item->value.kind != model::TokenKind::session)
    return Error{Code::failed_precondition, "this is an access token, and no session", "kontena client token rm " + call.who.id + " revokes it"};
  Change change{.reply = {200, "{}"}, .resource = item->key};
  change.commit.deletes = {store::tokens.key(item->key)};
  return change;
}

}  // namespace kontena::server
