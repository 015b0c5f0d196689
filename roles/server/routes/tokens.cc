#include "../summarise.h"
#include "../identity.h"
#include "../people.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/token.h"
#include "kontena/crypto/digest.h"

namespace kontena::server {

namespace {

// Their own, and of others what they answer for: the join tokens of their grids, or all
// that people have.
bool shown(const Call& call, const model::Token& token) {
  if (token.kind == model::TokenKind::join) return call.may(access::Verb::tokens, {token.grid});
  return token.owner == call.who.name || call.may(access::Verb::users, {});
}

}  // namespace

Result<Answer> list_tokens(const Context&, const ClusterView& view, const Call& call) {
  api::TokenList list;
  view.tokens.each("", [&](const auto& item) {
    if (shown(call, item.value)) list.tokens.push_back(summarise_token(item.value));
  });
  return answer(list);
}

namespace {

constexpr std::int64_t most_lifetime_ms = 3650LL * 24 * 3600 * 1000;
constexpr std::size_t most_tokens = 200;  // of one owner

// Whose tokens one makes besides one's own: service accounts', by who makes accounts, or
// administers every project that it has something in; and nobody has more by it.
Status check_owns(const ClusterView& view, const Call& call, const std::string& owner) {
  KTN_OK(check_whole_token(view, call));
  if (owner == call.who.name) return Done{};
  const model::User* user = view.users.get(owner);
  bool may = user && call.may(access::Verb::users, {});
  if (user && !may) {
    const auto bindings = access::Rights(view, *user).bindings();
    may = !bindings.empty() && std::ranges::all_of(bindings, [&](const model::Binding* binding) {
      const auto scope = access::parse_scope(binding->scope);
      return scope && !scope->project.empty() && call.may(access::Verb::project_admin, {scope->grid, scope->project});
    });
  }
  if (!may) return absent("service account", owner.substr(0, 100), "kontena client user ls");
  if (!user->service)
    return Error{Code::permission_denied, "'" + owner + "' is a person, who makes their tokens themselves"};
  return check_covers(view, call, *user);
}

Result<Change> create_access_token(const Context& context, const ClusterView& view, const Call& call, const api::TokenRequest& asked) {
  const std::string owner = asked.owner.empty() ? call.who.name : asked.owner;
  KTN_OK(check_owns(view, call, owner));
  if (!asked.grid.empty() || !asked.labels.empty() || asked.uses != -1)
    return Error{Code::invalid_argument, "grid, labels and uses are of join tokens"};
  KTN_TRY(const access::Scope scope, access::parse_scope(asked.scope));
  access::Verbs verbs;
  for (const std::string& each : asked.verbs) {
    const auto verb = access::find_verb(each);
    if (!verb) return Error{Code::invalid_argument, "there is no verb '" + each.substr(0, 100) + "'", "kontena client can-i --list / lists yours"};
    verbs = verbs | access::Verbs{*verb};
  }
  std::size_t others = 0;
  view.tokens.each("", [&](const auto& item) {
    if (item.value.kind == model::TokenKind::access && item.value.owner == owner) ++others;
  });
  if (others >= most_tokens)
    return Error{Code::failed_precondition, "'" + owner + "' has " + std::to_string(others) + " tokens already", "kontena client token rm"};
  const auto* item = view.users.find(owner);
  if (!item) return absent("user", owner, "kontena client user ls");
  const Redacted secret = access::make_secret(context.ids.bytes(32));
  const model::Token token{.id = TokenId(context.ids.id()),
                           .kind = model::TokenKind::access,
                           .description = asked.description,
                           .secret_digest = crypto::sha256_hex(secret.reveal()),
                           .expires_ms = asked.lifetime_ms == 0 ? 0 : to_ms(call.now) + asked.lifetime_ms,
                           .created_ms = to_ms(call.now),
                           .created_by = call.who.text(),
                           .owner = owner,
                           .scope = scope.text(),
                           .verbs = verbs.names()};
  const std::string text = access::format({context.authority.fingerprint(), token.id, secret});
  Change change{.reply = json(api::TokenAnswer{summarise_token(token), text}, 201), .resource = *token.id};
  change.commit.unchanged = {unchanged(store::users, *item), {store::tokens.key(*token.id), 0}};
  change.commit.puts = {store::tokens.put(*token.id, token)};
  return change;
}

}  // namespace

Result<Change> create_token(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::TokenRequest asked, body_of<api::TokenRequest>(call));
  if (asked.lifetime_ms < 0 || asked.lifetime_ms > most_lifetime_ms)
    return Error{Code::invalid_argument, "a token's lifetime is between 0, for ever, and ten years"};
  if (asked.description.size() > 200) return Error{Code::invalid_argument, "the description is longer than 200 bytes"};
  if (asked.kind == "access") return create_access_token(context, view, call, asked);
  if (asked.kind != "join") return Error{Code::invalid_argument, "a token is of the kind join or access"};
  KTN_OK(check_allowed(call, access::Verb::tokens, {asked.grid}));
  if (!view.grids.get(asked.grid)) return absent("grid", asked.grid, grid_hint);
  if (asked.uses == 0 || asked.uses < -1) return Error{Code::invalid_argument, "a token is for 1 use or more"};
  KTN_OK(check_labels(asked.labels));
  const Redacted secret = access::make_secret(context.ids.bytes(32));
  const model::Token token{.id = TokenId(context.ids.id()),
                           .kind = model::TokenKind::join,
                           .description = asked.description,
                           .secret_digest = crypto::sha256_hex(secret.reveal()),
                           .grid = asked.grid,
                           .labels = asked.labels,
                           .uses_left = asked.uses,
                           .expires_ms = asked.lifetime_ms == 0 ? 0 : to_ms(call.now) + asked.lifetime_ms,
                           .created_ms = to_ms(call.now),
                           .created_by = call.who.text()};
  const std::string text = access::format({context.authority.fingerprint(), token.id, secret});
  Change change{.reply = json(api::TokenAnswer{summarise_token(token), text}, 201), .resource = *token.id};
  change.commit.unchanged = {{store::tokens.key(*token.id), 0}};
  change.commit.puts = {store::tokens.put(*token.id, token)};
  return change;
}

// The same token with another secret; the old one is worth nothing from then on.
Result<Change> rotate_token(const Context& context, const ClusterView& view, const Call& call) {
  const auto* item = view.tokens.find(call.at("token"));
  if (!item || !shown(call, item->value)) return absent("token", call.at("token"), "kontena client token ls");
  if (item->value.kind != model::TokenKind::access)
    return Error{Code::failed_precondition, "only access tokens are rotated", "make another, and remove this one"};
  if (item->key != call.who.id) KTN_OK(check_owns(view, call, item->value.owner));
  model::Token token = item->value;
  const Redacted secret = access::make_secret(context.ids.bytes(32));
  token.secret_digest = crypto::sha256_hex(secret.reveal());
  Change change{.reply = json(api::TokenAnswer{summarise_token(token), access::format({context.authority.fingerprint(), token.id, secret})}), .resource = item->key};
  change.commit.unchanged = {unchanged(store::tokens, *item)};
  change.commit.puts = {store::tokens.put(item->key, token)};
  return change;
}

Result<Change> remove_token(const Context&, const ClusterView& view, const Call& call) {
  const auto* item = view.tokens.find(call.at("token"));
  if (!item || !shown(call, item->value)) return absent("token", call.at("token"), "kontena client token ls");
  // A narrowed one ends itself and no others of its owner.
  if (item->value.kind != model::TokenKind::join && item->key != call.who.id) KTN_OK(check_whole_token(view, call));
  Change change{.resource = item->key};
  change.commit.unchanged = {unchanged(store::tokens, *item)};
  change.commit.deletes = {store::tokens.key(item->key)};
  KTN_OK(keep_administrator(view, call.now, change.commit));
  change.reply.body = "{}";
  return change;
}

}  // namespace kontena::server
