#include "dispatch.h"

#include "kontena/access/token.h"
#include "kontena/api/endpoints.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/crypto/digest.h"
#include "kontena/api/endpoints.h"
#include "kontena/store/tables.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

constexpr int most_tries = 20;  // of a write that others' writes keep getting in the way of
constexpr int tries_beside_others = 4;
constexpr std::string_view bearer = "Bearer ";
// After a certificate's end. A key that was stolen from an old disk image is worth
// nothing after that, and a node that was away for a month joins anew.
constexpr Duration renewable_for = std::chrono::hours(24 * 30);

store::Commit::Put audit_put(const Call& call, std::string_view verb, const std::string& resource,
                             std::string_view outcome) {
  const model::AuditRecord record{.at_ms = to_ms(call.now),
                                  .who = call.token ? "join token " + *call.token->id : call.who.text(),
                                  .from = call.from,
                                  .verb = std::string(verb),
                                  .resource = resource,
                                  .outcome = std::string(outcome),
                                  .request = call.request};
  return store::audit.put(audit_tail(record), record);
}

http::Response response(Reply reply) { return {.status = reply.status, .body = std::move(reply.body)}; }

}  // namespace

std::string audit_tail(const model::AuditRecord& record) {
  std::string time = std::to_string(record.at_ms);
  time.insert(0, 15 - std::min<std::size_t>(15, time.size()), '0');
  return time + '/' + record.request;
}

http::Response error_response(const Error& error, const std::string& request) {
  const api::ErrorAnswer answer{{std::string(name(error.code)), error.message, error.hint, request}};
  int status = http_status(error.code);
  if (error.hint.starts_with("allowed: ")) status = 405;
  // Of what a server runs out of, its disk is the only thing that is not the caller's doing.
  if (error.code == Code::exhausted) status = 507;
  return {.status = status, .body = codec::to_json(answer)};
}

Dispatch::Dispatch(Context& context) : context_(context) {
  for (std::size_t row = 0; row < routes().size(); ++row) router_.add(routes()[row].method, routes()[row].path, row);
}

std::optional<std::size_t> Dispatch::body_limit(const http::Request& request) const {
  const auto match = router_.find(request.method, request.path);
  if (!match) return 0;
  const Body& body = routes()[match->row].body;
  return body.streamed ? std::nullopt : std::optional(body.most);
}

http::Response Dispatch::handle(http::Request& request) {
  Call call;
  call.request = context_.ids.id();
  call.from = request.peer.address;
  call.now = context_.clock.now();
  Result<http::Response> answered = Error{Code::internal, ""};
  auto match = router_.find(request.method, request.path);
  if (!match) {
    answered = std::move(match).error();
  } else {
    call.path = std::move(match->parameters);
    call.query = request.query;
    call.body = std::move(request.body);
    answered = answer(request, routes()[match->row], call);
  }
  http::Response response = answered ? *std::move(answered) : error_response(answered.error(), call.request);
  if (!answered && response.status >= 500 && answered.error().code != Code::unavailable)
    log::error("a request failed", {{"request", call.request}, {"path", request.path}, {"reason", answered.error().message}});
  response.headers["x-request-id"] = call.request;
  if (call.node_removed) response.headers[std::string(api::removed_header)] = "true";
  return response;
}

// Who asks: a node by its certificate, a person by an access token, somebody who
// joins by a join token. Being nobody is no error; showing something wrong is.
Status Dispatch::identify(const http::Request& request, const Route& route, const model::ClusterView& view,
                          Call& call) const {
  const std::string authorization = request.header("authorization");
  if (!authorization.empty()) {
    const Error wrong{Code::unauthenticated, "the token is not valid here", "log in again, or ask for a new token"};
    if (!authorization.starts_with(bearer)) return Error{Code::unauthenticated, "only Bearer tokens are known here"};
    const auto token = access::parse_token(std::string_view(authorization).substr(bearer.size()));
    if (!token) return token.error();
    KTN_OK(check_readable(view, store::tokens.key(*token->id)));
    const auto record = view.tokens.share(*token->id);
    const std::string digest = crypto::sha256_hex(token->secret.reveal());
    // An unknown id costs as much as a wrong secret.
    const bool right = crypto::equal_secret(digest, record ? record->value.secret_digest : std::string(64, '-'));
    if (!record || !right) return wrong;
    if (record->value.expires_ms != 0 && record->value.expires_ms <= to_ms(call.now))
      return Error{Code::unauthenticated, "the token expired at " + text::rfc3339(from_ms(record->value.expires_ms)),
                   "ask for a new token"};
    if (record->value.kind == model::TokenKind::access)
      call.who = {access::Kind::administrator, *token->id, "administrator", ""};
    else
      call.token = &record->value;
    return Done{};
  }
  if (request.peer.fingerprint.empty()) return Done{};
  return identify_node(request.peer, route, view, call);
}

// By the newest certificate that was made for it, or by the one it asked for that
// with, or by one that a lost future has made. TLS has proved that it is one of our
// authority's, for this name. An expired one does for asking for another.
Status Dispatch::identify_node(const http::Peer& peer, const Route& route, const model::ClusterView& view,
                               Call& call) const {
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
                     in_lost_future(context_.restores, peer.not_before_ms + pki::backdate.count());
  if (!known)
    return Error{Code::unauthenticated, "this node's certificate is not valid any more: another one has taken its place",
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
  call.who = {access::Kind::node, *node->id, node->name, node->grid};
  call.certificate = peer.fingerprint;
  return Done{};
}

Result<http::Response> Dispatch::answer(http::Request& request, const Route& route, Call& call) {
  const View view = context_.views.now();  // keeps what `call.token` points at
  if (Status known = identify(request, route, *view, call); !known && route.permission != access::Permission::open)
    return std::move(known).error();
  else if (!known && !request.header("authorization").empty())
    return std::move(known).error();
  if (!access::allowed(call.who, route.permission)) {
    if (call.who.kind == access::Kind::nobody)
      return Error{Code::unauthenticated, "log in first", "kontena client login --url https://HOST:7443"};
    log::warn("refused", {{"who", call.who.text()}, {"path", request.path}, {"request", call.request}});
    if (!route.audit.empty())
      KTN_OK(context_.store.commit({.puts = {audit_put(call, route.audit, request.path, "permission_denied")}}));
    return Error{Code::permission_denied, call.who.text() + " may not do this"};
  }
  if (const Live* live = std::get_if<Live>(&route.handler)) {
    if (!route.audit.empty())
      KTN_OK(context_.store.commit({.puts = {audit_put(call, route.audit, request.path, "ok")}}));
    return (*live)(context_, view, call, request.upload);
  }
  if (const Read* handler = std::get_if<Read>(&route.handler)) {
    KTN_TRY(Reply reply, read(*handler, call));
    return response(std::move(reply));
  }
  KTN_TRY(Reply reply, write(std::get<Write>(route.handler), route, call));
  return response(std::move(reply));
}

Result<Reply> Dispatch::read(Read handler, Call& call) {
  const Duration deadline = context_.clock.steady() + Duration(api::longest_wait_ms);
  while (true) {
    const std::int64_t sequence = context_.views.sequence();
    KTN_TRY(Answer answer, handler(context_, *context_.views.now(), call));
    if (Reply* reply = std::get_if<Reply>(&answer)) return std::move(*reply);
    const Duration left = deadline - context_.clock.steady();
    const bool woken = left.count() > 0 && !stopped_ && context_.views.wait(sequence, std::get<Park>(answer).prefixes, left);
    call.last = !woken || stopped_;
  }
}

class Dispatch::Turn {
 public:
  explicit Turn(Synced<bool>& taken) : taken_(taken) {}
  ~Turn() {
    if (mine_) taken_.change([](bool& taken) { taken = false; });
  }
  Turn(const Turn&) = delete;

  // Lets one that has a turn go first; `want`s to have it after so many tries. No
  // longer than a moment: the conflicts decide, this only orders.
  void wait(bool want) {
    constexpr Duration moment(1'000);
    if (mine_) return;
    const auto free = [](bool taken) { return !taken; };
    if (!want)
      taken_.wait(moment, free);
    else
      mine_ = taken_.wait_then(moment, free, [](bool& taken) { return !std::exchange(taken, true); });
  }

 private:
  Synced<bool>& taken_;
  bool mine_ = false;
};

Result<Reply> Dispatch::write(Write handler, const Route& route, Call& call) {
  Turn turn(turn_taken_);
  for (int tried = 1;; ++tried) {
    turn.wait(tried > tries_beside_others);
    const View view = context_.views.now();
    if (call.path.contains("stack"))
      KTN_OK(check_readable(*view, model::StackPath{call.at("grid"), call.at("project"), call.at("stack")}));
    auto change = handler(context_, *view, call);
    if (!change) return std::move(change).error();
    if (change->commit.empty()) return std::move(change->reply);  // nothing to do is not a write
    if (!route.audit.empty()) change->commit.puts.push_back(audit_put(call, route.audit, change->resource, "ok"));
    auto committed = context_.store.commit(change->commit);
    if (committed) {
      context_.views.await(*committed);
      return std::move(change->reply);
    }
    if (committed.error().code != Code::conflict || tried == most_tries) return std::move(committed).error();
    // Somebody else wrote what this decision rests on: decide anew on what is there now.
    context_.views.await(view->revision + 1);
  }
}

}  // namespace kontena::server
