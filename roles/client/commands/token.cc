#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

namespace paths = api::paths;

Cell end_cell(const api::TokenSummary& token, Time now) {
  if (token.expires_ms == 0) return "never";
  const Duration left = from_ms(token.expires_ms) - now;
  if (left <= Duration(0)) return {"expired", Tone::bad};
  return "in " + text::human_duration(left);
}

}  // namespace

Result<int> token_create(Session& session) {
  api::TokenRequest request{.description = session.arguments.value("--description")};
  for (const std::string& label : session.arguments.values("--label")) KTN_OK(add_label(label, request.labels));
  KTN_TRY(const auto uses, number_option(session, "--uses", 1));
  if (uses) request.uses = *uses;
  if (const std::string expires = session.arguments.value("--expires"); session.arguments.has("--expires")) {
    const auto lifetime = text::duration(expires);
    if (!lifetime || *lifetime <= Duration(0))
      return Error{Code::invalid_argument, "--expires " + expires + ": a time like 30m, 24h or 7d is wanted"};
    request.lifetime_ms = lifetime->count();
  }
  KTN_TRY(request.grid, session.link.grid());
  KTN_TRY(const api::TokenAnswer answer,
          session.link.send<api::TokenAnswer>(http::Method::post, std::string(paths::tokens), request));
  session.note("a token for nodes of grid " + request.grid + ", shown this once; kontena client token rm " +
               answer.token.id + " revokes it");
  return session.show(answer, answer.text, [&] { return answer.text + '\n'; });
}

Result<int> token_ls(Session& session) {
  KTN_TRY(const api::TokenList list, session.link.get<api::TokenList>(std::string(paths::tokens)));
  return session.list(
      list.tokens, {"TOKEN", "KIND", "GRID", "USES LEFT", "EXPIRES", "AGE", "LABELS", "DESCRIPTION"},
      [&](const api::TokenSummary& t) -> std::vector<Cell> {
        return {t.id,
                t.kind,
                t.grid,
                t.uses_left < 0 ? std::string("any") : std::to_string(t.uses_left),
                end_cell(t, session.now()),
                session.age(t.created_ms),
                labels_text(t.labels),
                plain_text(t.description)};
      },
      [](const api::TokenSummary& t) { return t.id; });
}

Result<int> token_rm(Session& session) {
  KTN_TRY(const bool sure, session.confirmed("revoke token " + text::join(session.arguments.words, ", ") + '?'));
  if (!sure) return Error{Code::invalid_argument, "nothing was revoked"};
  return for_each_word(session, [&](const std::string& id) -> Status {
    KTN_OK(session.link.remove(api::path(paths::token, {id})));
    if (session.look.quiet) session.out() << id << '\n';
    session.note("token " + id + " is revoked");
    return Done{};
  });
}

Result<int> audit_ls(Session& session) {
  http::Query query;
  KTN_TRY(const auto limit, number_option(session, "--limit", 1));
  if (limit) query["limit"] = std::to_string(*limit);
  KTN_TRY(api::AuditList list, session.link.get<api::AuditList>(std::string(paths::audit), query));
  std::reverse(list.records.begin(), list.records.end());
  return session.list(
      list.records, {"TIME", "WHO", "FROM", "VERB", "RESOURCE", "OUTCOME", "REQUEST"},
      [](const model::AuditRecord& r) -> std::vector<Cell> {
        return {time_text(r.at_ms),
                plain_text(r.who),
                r.from,
                r.verb,
                plain_text(r.resource),
                {r.outcome, r.outcome == "ok" ? Tone::plain : Tone::bad},
                r.request};
      },
      [](const model::AuditRecord& r) { return r.request; });
}

}  // namespace kontena::client
