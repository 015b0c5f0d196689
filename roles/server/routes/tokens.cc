#include "../summarise.h"
#include "find.h"
#include "handlers.h"
#include "kontena/access/token.h"
#include "kontena/crypto/digest.h"

namespace kontena::server {

Result<Answer> list_tokens(const Context&, const ClusterView& view, const Call&) {
  api::TokenList list;
  view.tokens.each("", [&](const auto& item) { list.tokens.push_back(summarise_token(item.value)); });
  return answer(list);
}

Result<Change> create_token(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const api::TokenRequest asked, body_of<api::TokenRequest>(call));
  if (!view.grids.get(asked.grid)) return absent("grid", asked.grid, "kontena client grid ls");
  if (asked.uses == 0 || asked.uses < -1) return Error{Code::invalid_argument, "a token is for 1 use or more"};
  if (asked.lifetime_ms < 0) return Error{Code::invalid_argument, "a token's lifetime is not below 0"};
  if (asked.description.size() > 200) return Error{Code::invalid_argument, "the description is longer than 200 bytes"};
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

Result<Change> remove_token(const Context&, const ClusterView& view, const Call& call) {
  const auto* item = view.tokens.find(call.at("token"));
  if (!item) return absent("token", call.at("token"), "kontena client token ls");
  std::int64_t others = 0;
  view.tokens.each("", [&](const auto& other) {
    others += other.value.kind == model::TokenKind::access && other.key != item->key;
  });
  if (item->value.kind == model::TokenKind::access && others == 0)
    return Error{Code::failed_precondition, "this is the only administrator token: without it nobody could log in"};
  Change change{.resource = item->key};
  change.commit.unchanged = {unchanged(store::tokens, *item)};
  change.commit.deletes = {store::tokens.key(item->key)};
  change.reply.body = "{}";
  return change;
}

}  // namespace kontena::server
