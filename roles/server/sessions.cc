#include "sessions.h"

#include <algorithm>

#include "kontena/access/token.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_sessions = 50;  // of one user

std::string shown(const std::string& client) {
  std::string text = client.substr(0, 100);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

}  // namespace

NewSession add_session(const Context& context, const model::ClusterView& view, const Call& call,
                       const SessionRequest& asked, Change& change) {
  std::map<std::pair<std::int64_t, std::string>, bool> others;  // the oldest first; over?
  view.tokens.each("", [&](const auto& item) {
    if (item.value.kind == model::TokenKind::session && item.value.owner == asked.owner)
      others[{item.value.created_ms, item.key}] = session_over(item.value, call.now);
  });
  std::size_t left = others.size();
  for (const auto& [key, over] : others)
    if (over || left >= most_sessions) {
      change.commit.deletes.push_back(store::tokens.key(key.second));
      --left;
    }
  const Redacted secret = access::make_secret(context.ids.bytes(32));
  const model::Token token{.id = TokenId(context.ids.id()),
                           .kind = model::TokenKind::session,
                           .description = shown(asked.client),
                           .secret_digest = crypto::sha256_hex(secret.reveal()),
                           .expires_ms = to_ms(call.now + asked.lifetime),
                           .created_ms = to_ms(call.now),
                           .created_by = asked.owner,
                           .owner = asked.owner,
                           .from = call.from,
                           .groups = asked.groups};
  change.commit.unchanged.push_back({store::tokens.key(*token.id), 0});
  change.commit.puts.push_back(store::tokens.put(*token.id, token));
  if (change.resource.empty()) change.resource = *token.id;
  return {access::format({context.authority.fingerprint(), token.id, secret}), token.expires_ms};
}

std::vector<std::string> groups_of_sessions(const model::ClusterView& view, const std::string& user, Time now) {
  std::vector<std::string> groups;
  view.tokens.each("", [&](const auto& item) {
    const model::Token& token = item.value;
    if (token.kind == model::TokenKind::session && token.owner == user && !session_over(token, now))
      groups.insert(groups.end(), token.groups.begin(), token.groups.end());
  });
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  return groups;
}

}  // namespace kontena::server
