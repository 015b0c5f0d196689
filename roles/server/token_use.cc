#include "token_use.h"

#include <set>

#include "kontena/store/tables.h"

namespace kontena::server {

bool session_over(const model::Token& token, Time now) {
  if (token.kind != model::TokenKind::session) return false;
  return (token.expires_ms != 0 && token.expires_ms <= to_ms(now)) ||
         std::max(token.created_ms, token.used_ms) + session_idle.count() <= to_ms(now);
}

void TokenUse::note(const std::string& token, const std::string& from, Time now) {
  used_.with([&](auto& used) {
    if (used.size() < most || used.contains(token)) used[token] = {to_ms(now), from};
  });
}

Status TokenUse::flush(const model::ClusterView& view, store::Store& store, Time now) {
  const auto used = used_.with([](auto& noted) { return noted; });
  store::Commit commit;
  std::set<std::string> waits;
  for (const auto& [id, use] : used) {
    const auto* item = view.tokens.find(id);
    if (!item || item->value.kind == model::TokenKind::join) continue;
    if (item->value.used_ms + again.count() > to_ms(now)) {
      waits.insert(id);
      continue;
    }
    model::Token token = item->value;
    token.used_ms = use.at_ms;
    token.used_from = use.from;
    commit.unchanged.push_back({store::tokens.key(id), item->revision});
    commit.puts.push_back(store::tokens.put(id, token));
  }
  view.tokens.each("", [&](const auto& item) {
    if (!session_over(item.value, now) || used.contains(item.key) || commit.deletes.size() >= at_once) return;
    commit.unchanged.push_back({store::tokens.key(item.key), item.revision});
    commit.deletes.push_back(store::tokens.key(item.key));
  });
  if (!commit.empty()) {
    // One that was changed or revoked meanwhile is looked at again the next time.
    const auto done = store.commit(commit);
    if (!done && done.error().code != Code::conflict) return done.error();
    if (!done) return Done{};
  }
  used_.with([&](auto& noted) {
    std::erase_if(noted, [&](const auto& each) {
      const auto before = used.find(each.first);
      return before != used.end() && !waits.contains(each.first) && before->second.at_ms == each.second.at_ms;
    });
  });
  return Done{};
}

}  // namespace kontena::server
