#include "identity.h"

#include "kontena/access/token.h"
#include "kontena/api/endpoints.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/store/tables.h"
#include "routes/find.h"
#include "sso.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

constexpr std::string_view bearer = "Bearer ";
// After a certificate's end. A key that was stolen from an old disk image is worth
// nothing after that, and a node that was away for a month joins anew.
constexpr Duration renewable_for = std::chrono::hours(24 * 30);

Error not_valid() {
  return {Code::unauthenticated, "the token is not valid here", "log in again, or ask for a new token"};
}

Status identify_by_token(const ClusterView& view, std::string_view shown, Call& call) {
  if (!shown.starts_with(bearer)) return Error{Code::unauthenticated, "only Bearer tokens are known here"};
  const auto token = access::parse_token(shown.substr(bearer.size()));
  if (!token) return token.error();
  KTN_OK(check_readable(view, store::tokens.key(*token->id)));
  const auto record = view.tokens.share(*token->id);
  const std::string digest = crypto::sha256_hex(token->secret.reveal());
  // An unknown id costs as much as a wrong secret.
  const bool right = crypto::equal_secret(digest, record ? record->value.secret_digest : std::string(64, '-'));
  if (!record || !right) return not_valid();
  if (record->value.expires_ms != 0 && record->value.expires_ms <= to_ms(call.now))
    return Error{Code::unauthenticated, "the token expired at " + text::rfc3339(from_ms(record->value.expires_ms)),
                 "ask for a new token"};
  if (record->value.kind == model::TokenKind::join) {
    call.token = &record->value;
    return Done{};
  }
  KTN_TRY(call.who, principal_of(view, record->value, call.now));
  call.secret_digest = digest;
  return Done{};
}

// By the newest certificate that was made for it, or by the one it asked for that
// with, or by one that a lost future has made. TLS has proved that it is one of our
// authority's, for this name. An expired one does for asking for another.
Status identify_node(const Context& context, const http::Peer& peer, const Route& route, const ClusterView& view,
                     Call& call) {
  const model::RemovedNode* removed = view.removed_nodes.get(peer.common_name);
  call.node_removed = removed && crypto::equal_secret(removed->certificate, peer.fingerprint);
  if (call.node_removed)
    return Error{Code::unauthenticated, "node '" + removed->name + "' was removed from its grid",
                 "join again with a new token and an empty state folder"};
  const model::Node* node = view.nodes.get(peer.common_name);
  if (!node) {
    KTN_OK(check_readable(view, store::nodes.key(peer.common_name)));
    return Error{Code::unauthenticated,
                 "this server does not know this node: it was removed, or it joined after the backup was made that the "
                 "server was restored from",
                 "join again with a new token and an empty state folder; what runs on it is left alone"};
  }
  const bool known = crypto::equal_secret(node->certificate, peer.fingerprint) ||
                     (!node->former.empty() && crypto::equal_secret(node->former, peer.fingerprint)) ||
                     in_lost_future(context.restores, peer.not_before_ms + pki::backdate.count());
  if (!known)
    return Error{Code::unauthenticated,
                 "this node's certificate is not valid any more: another one has taken its place",
                 "join again with a new token and an empty state folder"};
  const std::int64_t expired_for = peer.not_after_ms == 0 ? 0 : to_ms(call.now) - peer.not_after_ms;
  if (expired_for > 0 && Duration(expired_for) > renewable_for)
    return Error{Code::unauthenticated,
                 "this node's certificate expired at " + text::rfc3339(from_ms(peer.not_after_ms)) +
                     ", too long ago to be renewed",
                 "join again with a new token and an empty state folder"};
  if (expired_for > 0 && route.path != api::paths::agent_renew)
    return Error{Code::expired, "this node's certificate expired at " + text::rfc3339(from_ms(peer.not_after_ms)),
                 "its agent asks for another one"};
  call.who = {.kind = access::Kind::node, .id = *node->id, .name = node->name, .grid = node->grid};
  call.certificate = peer.fingerprint;
  call.certificate_ends_ms = peer.not_after_ms;
  return Done{};
}

}  // namespace

Status identify(const Context& context, const http::Request& request, const Route& route, const ClusterView& view,
                Call& call) {
  const std::string authorization = request.header("authorization");
  if (!authorization.empty()) return identify_by_token(view, authorization, call);
  if (request.peer.fingerprint.empty()) return Done{};
  return identify_node(context, request.peer, route, view, call);
}

Status identify_again(const ClusterView& view, Time now, Call& call) {
  if (call.who.kind != access::Kind::user) return Done{};
  const model::Token* token = view.tokens.get(call.who.id);
  if (!token) return Error{Code::unauthenticated, "the token was revoked", "log in again"};
  if (!crypto::equal_secret(call.secret_digest, token->secret_digest))
    return Error{Code::unauthenticated, "the token has another secret now", "log in again, or ask for the new token"};
  KTN_TRY(call.who, principal_of(view, *token, now));
  return Done{};
}

Result<access::Principal> principal_of(const ClusterView& view, const model::Token& token, Time now) {
  KTN_OK(check_readable(view, store::users.key(token.owner)));
  const model::User* user = view.users.get(token.owner);
  if (!user || token.kind == model::TokenKind::join) return not_valid();
  if (user->disabled)
    return Error{Code::unauthenticated, "the account '" + user->name + "' is disabled", "ask an administrator"};
  const bool session = token.kind == model::TokenKind::session;
  if (token.expires_ms != 0 && token.expires_ms <= to_ms(now))
    return Error{Code::unauthenticated, std::string(session ? "the session" : "the token") + " has expired",
                 "log in again"};
  if (session_over(token, now))
    return Error{Code::unauthenticated, "the session is over: it was not used for " + text::human_duration(session_idle),
                 "log in again"};
  if (session && token.created_ms < user->password_ms)
    return Error{Code::unauthenticated, "the session is over: the password was changed", "log in again"};
  if (session && !user->outside.empty()) {
    const model::Provider* provider = view.providers.get(provider_key);
    if (!provider || !is_of(*user, *provider))
      return Error{Code::unauthenticated, "the session is over: people of its provider are not let in any more", "ask an administrator"};
  }
  access::Limit limit;
  KTN_TRY(limit.scope, access::parse_scope(token.scope));
  if (!token.verbs.empty()) limit.verbs.emplace();
  for (const std::string& each : token.verbs)
    if (const auto verb = access::find_verb(each)) limit.verbs = *limit.verbs | access::Verbs{*verb};
  return access::Principal{.kind = access::Kind::user,
                           .id = *token.id,
                           .name = user->name,
                           .session = session,
                           .rights = access::Rights(view, *user, std::move(limit), token.groups)};
}

access::Scope place_of(const Route& route, const Call& call) {
  const auto part = [&](std::string_view name) {
    const auto found = call.path.find(name);
    return found == call.path.end() ? std::string() : found->second;
  };
  access::Scope place{part("grid"), part("project"), part("stack")};
  // What is of a project is asked about the project, also where the path leads on.
  const auto least = access::verbs()[static_cast<std::size_t>(route.permission.verb)].least;
  if (least <= access::Level::project) place.stack.clear();
  if (least <= access::Level::grid) place.project.clear();
  if (least <= access::Level::server) place.grid.clear();
  return place;
}

Status check_allowed(const Call& call, const access::Permission& permission, const access::Scope& place) {
  // Keys of bindings are put together of such names: none is to be two.
  const auto is_two = [](const std::string& name) { return name.find_first_of("/#") != std::string::npos; };
  if (is_two(place.grid)) return absent("grid", place.grid, grid_hint);
  if (is_two(place.project)) return absent("project", place.project, project_hint);
  if (is_two(place.stack)) return absent("stack", place.stack, stack_hint);
  if (access::allowed(call.who, permission, place)) return Done{};
  if (call.who.kind == access::Kind::nobody)
    return Error{Code::unauthenticated, "log in first", "kontena client login --url https://HOST:7443"};
  if (call.who.kind != access::Kind::user || permission.who == access::Permission::Who::node)
    return Error{Code::permission_denied, call.who.text() + " may not do this"};
  const access::Rights& rights = call.who.rights;
  if (!place.grid.empty() && !rights.reaches({place.grid})) return absent("grid", place.grid, grid_hint);
  if (!place.project.empty() && !rights.reaches({place.grid, place.project}))
    return absent("project", place.project, project_hint);
  if (!place.stack.empty() && !rights.reaches(place)) return absent("stack", place.stack, stack_hint);
  const auto decision = rights.decide(permission.verb, place);
  return Error{Code::permission_denied, "you may not do this: " + decision.missing,
               "ask whoever administers " + place.shown() + "; what you may: kontena client can-i --list"};
}

}  // namespace kontena::server
