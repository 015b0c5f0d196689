#include "dispatch.h"

#include "kontena/api/endpoints.h"
#include "kontena/api/message_fields.h"
#include "kontena/base/log.h"
#include "kontena/store/trail.h"
#include "identity.h"
#include "tell.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

constexpr int most_tries = 20;  // of a write that others' writes keep getting in the way of
constexpr int tries_beside_others = 4;

// The caller's rights at this view, which is newer than what they were let in by.
Status may_still(const Context& context, const model::ClusterView& view, const Route& route, Call& call) {
  KTN_OK(identify_again(view, context.clock.now(), call));
  if (call.who.kind == access::Kind::user) context.uses.note(call.who.id, call.from, context.clock.now());
  return check_allowed(call, route.permission, place_of(route, call));
}

http::Response response(Reply reply) { return {.status = reply.status, .body = std::move(reply.body)}; }

}  // namespace

http::Response error_response(const Error& error, const std::string& request) {
  const api::ErrorAnswer answer{{std::string(name(error.code)), error.message, error.hint, request}};
  int status = http_status(error.code);
  if (error.hint.starts_with("allowed: ")) status = 405;
  // Of what a server runs out of, its disk is the only thing that is not the caller's doing.
  if (error.code == Code::exhausted && !error.hint.starts_with("try again")) status = 507;
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

Result<http::Response> Dispatch::answer(http::Request& request, const Route& route, Call& call) {
  const View view = context_.views.now();  // keeps what `call.token` and the caller's rights point at
  const Status known = identify(context_, request, route, *view, call);
  if (!known && (route.permission != access::open || !request.header("authorization").empty())) {
    note_refused(context_, route, call, known.error());
    return known.error();
  }
  if (const model::Token* token = call.who.kind == access::Kind::user ? view->tokens.get(call.who.id) : nullptr)
    if (addresses_.is_new(*token, call.from))
      context_.refusals.note(audit_record(call, "token.address", *token->id, "ok"), Refusals::Of::known);
  if (Status may = check_allowed(call, route.permission, place_of(route, call)); !may) {
    // The audit trail has it; strangers are not to fill a log.
    log::debug("refused", {{"who", call.who.text()}, {"path", request.path}, {"request", call.request}});
    note_refused(context_, route, call, may.error());
    return std::move(may).error();
  }
  auto answered = serve_seated(request, route, view, call);
  // An attempt to log in that fails, or comes too soon.
  const bool attempt = std::holds_alternative<Slow>(route.handler);
  if (!answered && attempt && (answered.error().code == Code::unauthenticated || answered.error().code == Code::exhausted))
    note_refused(context_, route, call, answered.error());
  // What only the handler can tell. What is not there is noted as what they may not see is.
  if (!answered && (answered.error().code == Code::permission_denied ||
                    (answered.error().code == Code::not_found && !route.audit.empty())))
    note_refused(context_, route, call, answered.error());
  return answered;
}

// A user has so many requests under way, and an answer that is a stream is until it ends.
Result<http::Response> Dispatch::serve_seated(http::Request& request, const Route& route, const View& view, Call& call) {
  if (call.who.kind != access::Kind::user) return serve(request, route, view, call);
  KTN_TRY(const Crowd::Seat seat, crowd_.enter(call.who.name));
  KTN_TRY(http::Response response, serve(request, route, view, call));
  if (response.stream)
    response.stream = [seat, stream = std::move(response.stream)](http::Writer& writer) { stream(writer); };
  return response;
}

Result<http::Response> Dispatch::serve(http::Request& request, const Route& route, const View& view, Call& call) {
  if (const Live* live = std::get_if<Live>(&route.handler)) {
    if (!route.audit.empty())
      KTN_OK(context_.store.commit({.trail = {store::audit_text(audit_record(call, route.audit, request.path, "ok"))}}));
    return (*live)(context_, view, call, request.upload);
  }
  if (const Read* handler = std::get_if<Read>(&route.handler)) {
    KTN_TRY(Reply reply, read(*handler, route, call));
    return response(std::move(reply));
  }
  const Slow* slow = std::get_if<Slow>(&route.handler);
  if (slow) KTN_OK(slow->before(context_, view, call));
  KTN_TRY(Reply reply, write(slow ? slow->then : std::get<Write>(route.handler), route, call));
  return response(std::move(reply));
}

Result<Reply> Dispatch::read(Read handler, const Route& route, Call& call) {
  const Duration deadline = context_.clock.steady() + Duration(api::longest_wait_ms);
  while (true) {
    const std::int64_t sequence = context_.views.sequence();
    const View view = context_.views.now();
    KTN_OK(may_still(context_, *view, route, call));
    KTN_TRY(Answer answer, handler(context_, *view, call));
    if (Reply* reply = std::get_if<Reply>(&answer)) return std::move(*reply);
    Park& park = std::get<Park>(answer);
    // Who loses their account, token or rights while they wait is told so at once.
    if (call.who.kind == access::Kind::user)
      for (const char* table : {"bindings", "providers", "roles", "tokens", "users"}) park.prefixes.emplace_back(table);
    const Duration left = deadline - context_.clock.steady();
    const bool woken = left.count() > 0 && !stopped_ && context_.views.wait(sequence, park.prefixes, left);
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
    KTN_OK(may_still(context_, *view, route, call));
    if (call.path.contains("stack"))
      KTN_OK(check_readable(*view, model::StackPath{call.at("grid"), call.at("project"), call.at("stack")}));
    auto change = handler(context_, *view, call);
    if (!change) return std::move(change).error();
    if (change->commit.empty() && !change->acts) return std::move(change->reply);  // nothing to do is not a write
    tell_records(*view, call.who.text(), call.now, change->commit);
    if (!route.audit.empty()) KTN_OK(record_change(context_, route, call, *change));
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
