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

// Which grid nodes join with it; or whom it acts as, and how narrowly.
std::string for_text(const api::TokenSummary& token) {
  if (token.kind == "join") return "grid " + token.grid;
  std::string text = token.owner;
  if (!token.scope.empty()) text += " at /" + plain_text(token.scope);
  if (!token.verbs.empty()) text += ": " + text::join(token.verbs, ",");
  return text;
}

}  // namespace

Result<int> token_create(Session& session) {
  const Arguments& given = session.arguments;
  const bool access = given.has("--access") || given.has("--for") || given.has("--scope") || given.has("--verbs");
  api::TokenRequest request{.kind = access ? "access" : "join", .description = given.value("--description")};
  if (access && (given.has("--uses") || given.has("--label")))
    return Error{Code::invalid_argument, "--uses and --label are of tokens that nodes join with"};
  for (const std::string& label : given.values("--label")) KTN_OK(add_label(label, request.labels));
  KTN_TRY(const auto uses, number_option(session, "--uses", 1));
  if (uses) request.uses = *uses;
  if (const std::string expires = given.value("--expires"); given.has("--expires")) {
    const auto lifetime = text::duration(expires);
    if (!lifetime || *lifetime <= Duration(0))
      return Error{Code::invalid_argument, "--expires " + expires + ": a time like 30m, 24h or 7d is wanted"};
    request.lifetime_ms = lifetime->count();
  }
  request.owner = given.value("--for");
  request.scope = given.value("--scope");
  request.verbs = listed(session, "--verbs");
  if (!access) {
    KTN_TRY(request.grid, session.link.grid());
  }
  KTN_TRY(const api::TokenAnswer answer,
          session.link.send<api::TokenAnswer>(http::Method::post, std::string(paths::tokens), request));
  session.note((access ? "a token to act as " + answer.token.owner : "a token for nodes of grid " + request.grid) +
               ", shown this once; kontena client token rm " + answer.token.id + " revokes it");
  return session.show(answer, answer.text, [&] { return answer.text + '\n'; });
}

Result<int> token_ls(Session& session) {
  KTN_TRY(api::TokenList list, session.link.get<api::TokenList>(std::string(paths::tokens)));
  std::erase_if(list.tokens, [](const api::TokenSummary& token) { return token.kind == "session"; });
  return session.list(
      list.tokens, {"TOKEN", "KIND", "FOR", "USES LEFT", "EXPIRES", "USED", "AGE", "LABELS", "DESCRIPTION"},
      [&](const api::TokenSummary& t) -> std::vector<Cell> {
        return {t.id,
                t.kind,
                for_text(t),
                t.kind == "join" && t.uses_left >= 0 ? std::to_string(t.uses_left) : std::string("any"),
                end_cell(t, session.now()),
                session.age(t.used_ms),
                session.age(t.created_ms),
                labels_text(t.labels),
                plain_text(t.description)};
      },
      [](const api::TokenSummary& t) { return t.id; });
}

Result<int> token_rotate(Session& session) {
  const std::string& id = session.arguments.words[0];
  KTN_TRY(const api::TokenAnswer answer,
          session.link.send<api::TokenAnswer>(http::Method::post, api::path(paths::token_rotate, {id})));
  session.note("token " + id + " has another secret, shown this once; the one before is worth nothing any more");
  return session.show(answer, answer.text, [&] { return answer.text + '\n'; });
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

}  // namespace kontena::client
