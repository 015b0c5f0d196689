#include "kontena/api/probe.h"

#include <algorithm>

#include "../events.h"
#include "../network_test.h"
#include "../networks.h"
#include "find.h"
#include "handlers.h"
#include "kontena/api/call.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

constexpr Duration to_look{8'000}, to_reach{20'000};
constexpr std::size_t drifts_shown = 10;
constexpr std::size_t longest_word = 300;

// A question under way; both sides of a path are asked at the same time.
class Question {
 public:
  template <class Body>
  Question(Context& context, const model::Node& node, std::string_view kind, const Body& body, Duration patience)
      : context_(context), node_(node.name), asked_(Error{Code::internal, ""}) {
    const std::string by_node = node.grid + '/' + *node.id;
    // Of one that was not heard yet nobody knows: it has its time to come.
    if (context.liveness.state(node.id) == model::NodeState::lost) {
      asked_ = Error{Code::unavailable, "node '" + node.name + "' is lost: nothing can be asked of it",
                     "kontena client node show " + node.name};
      return;
    }
    asked_ = context.asks.ask(context.ids, by_node, std::string(kind), codec::to_json(body), patience);
    if (asked_) context.views.nudge("streams/" + by_node);
  }
  Question(const Question&) = delete;
  ~Question() {
    if (asked_ && !waited_) (void)context_.asks.wait(*asked_, node_);
  }

  template <class T>
  Result<T> answer() {
    if (!asked_) return asked_.error();
    waited_ = true;
    KTN_TRY(const std::string text, context_.asks.wait(*asked_, node_));
    auto answer = codec::from_json<T>(text);
    if (!answer)
      return Error{Code::unavailable, "the answer of node '" + node_ + "' cannot be read: " + answer.error().message};
    return answer;
  }

 private:
  Context& context_;
  const std::string node_;
  Result<std::string> asked_;
  bool waited_ = false;
};

// Goes from one end to the other, and stops at the first thing that is wrong.
class Walk {
 public:
  Walk(Context& context, const ClusterView& view, api::NetworkTestRequest request, End from)
      : context_(context),
        view_(view),
        states_(context.liveness.states()),
        request_(std::move(request)),
        from_(std::move(from)) {
    told_.from = from_.name;
    told_.to = request_.to;
  }

  Result<api::NetworkTest> go() {
    told_.ok =
        step(judge_from(view_, states_, from_)) && has_node("from", from_) && find_target() && cross() && arrive();
    if (failed_) return *failed_;
    return told_;
  }

 private:
  bool step(api::TestStep step) {
    told_.steps.push_back(std::move(step));
    return told_.steps.back().ok;
  }
  bool fail(Error error) {
    failed_ = std::move(error);
    return false;
  }
  // A node that does not answer is something that is wrong.
  bool silent(std::string_view what, const Error& error) {
    return step({.what = std::string(what), .text = error.message, .hint = error.hint});
  }
  const model::Node* node_of(const End& end) const {
    return view_.nodes.get(end.instance->grid + '/' + *end.instance->node);
  }
  // Its record may be damaged.
  bool has_node(std::string_view what, const End& end) {
    return node_of(end) || step({.what = std::string(what),
                                 .text = "node '" + end.node + "' of " + end.name + " is not known",
                                 .hint = "kontena client status"});
  }

  bool find_target() {
    if (parse_ipv4(request_.to)) {
      target_ = holder(view_, {from_.instance->grid, from_.instance->project}, request_.to);
      return step(judge_network(view_, from_, target_));
    }
    if (request_.to.find('/') == std::string::npos) return find_by_name(text::lower(request_.to));
    auto end = find_end(view_, {from_.instance->grid, from_.instance->project}, request_.to);
    if (!end) return fail(end.error());
    const model::Instance& to = *end->instance;
    target_.end = *end;
    for (const auto& [name, address] : shared(*from_.instance, to)) {
      target_.network = network_key(to.grid, to.project, name);
      target_.address = address;
      break;
    }
    if (!step(judge_network(view_, from_, target_))) return false;
    // Before its name, which only leads to who is up.
    if (!step(judge_member(view_, states_, target_))) return false;
    return resolve(text::lower(to.service) + '-' + std::to_string(to.slot) + '.' + to.stack);
  }

  bool find_by_name(const std::string& name) {
    if (!resolve(name)) return false;
    target_ = holder(view_, {from_.instance->grid, from_.instance->project}, answers_.front());
    return step(judge_network(view_, from_, target_));
  }

  bool resolve(const std::string& name) {
    Question question(context_, *node_of(from_), api::asks::resolve, api::ResolveAsk{*from_.instance->id, name},
                      to_look);
    const auto resolved = question.answer<api::Resolved>();
    if (!resolved) return silent("name", resolved.error());
    answers_ = resolved->answers;
    api::TestStep found = judge_name(from_, name, *resolved, target_);
    if (found.ok && answers_.empty()) found = {.what = "name", .text = "'" + name + "' has no IPv4 address"};
    return step(std::move(found));
  }

  // Both nodes: their rules, routes, and whether they hear each other.
  bool cross() {
    if (target_.network.empty()) return true;
    const bool judged = std::ranges::any_of(told_.steps, [](const auto& one) { return one.what == "member"; });
    if (!judged && !step(judge_member(view_, states_, target_))) return false;
    if (!has_node("member", *target_.end)) return false;
    const std::string name = target_.network.substr(target_.network.rfind('/') + 1);
    const model::Node &here = *node_of(from_), &there = *node_of(*target_.end);
    const bool same = here.id == there.id;
    Sides sides{.from = from_, .to = target_, .from_address = from_.instance->addresses.at(name)};
    api::LookAsk ask{
        .network = from_.instance->project + '/' + name, .own = sides.from_address, .other = target_.address};
    if (!same) ask.peer = *there.id;
    api::LookAsk back{.network = ask.network,
                      .own = ask.other,
                      .other = ask.own,
                      .listens = *target_.end->instance->id,
                      .port = request_.port};
    if (!same) back.peer = *here.id;
    Question first(context_, here, api::asks::look, ask, to_look),
        second(context_, there, api::asks::look, back, to_look);
    auto looked = first.answer<api::Looked>();
    auto looked_back = second.answer<api::Looked>();
    if (!looked) return silent("rules", looked.error());
    if (!looked_back) return silent("rules", looked_back.error());
    sides.there = *std::move(looked);
    sides.back = *std::move(looked_back);
    looked_ = sides.back;
    return step(judge_rules(sides)) && step(judge_route(sides)) && (same || step(judge_handshake(sides)));
  }

  bool arrive() {
    const bool outside = target_.network.empty();
    const std::string to = target_.end ? target_.end->name : target_.address;
    Question question(context_, *node_of(from_), api::asks::reach,
                      api::ReachAsk{*from_.instance->id, target_.address, request_.port, !outside}, to_reach);
    const auto reached = question.answer<api::Reached>();
    if (!reached) return silent("path", reached.error());
    const bool port = request_.port != 0;
    // Outside many do not answer echoes; whether the port does says more.
    if (!(outside && port) && !step(judge_path(from_, to, outside, *reached))) return false;
    return !port || step(judge_port(to, request_.port, *reached, looked_ ? &*looked_ : nullptr));
  }

  Context& context_;
  const ClusterView& view_;
  const model::Liveness states_;
  const api::NetworkTestRequest request_;
  const End from_;
  Target target_;
  std::vector<std::string> answers_;   // to the name
  std::optional<api::Looked> looked_;  // by the target's node
  api::NetworkTest told_;
  std::optional<Error> failed_;  // what was asked for is not there
};

}  // namespace

// Of the node's kernel, at this moment, by its agent.
Result<http::Response> get_node_state(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_TRY(const auto* item, find_node(*view, call));
  const model::Node& node = item->value;
  Question question(context, node, api::asks::network, api::Nothing{}, to_look);
  KTN_TRY(auto state, question.answer<api::NodeNetworkState>());
  state.node = node.name;
  for (api::MeshPeer& peer : state.peers) {
    const auto* other = view->nodes.get(node.grid + '/' + peer.id);
    peer.state = other ? std::string(model::name(context.liveness.state(other->id))) : "removed";
    if (other) peer.name = other->name;
  }
  KTN_TRY(api::EventList drifts, find_events(context.store, node.grid,
                                             {.node = *node.id, .kinds = {std::string(api::network_drift)}, .most = drifts_shown}));
  state.drifts = std::move(drifts.events);
  return http::Response{.body = codec::to_json(state)};
}

Result<http::Response> test_network(Context& context, const View& view, const Call& call, http::Upload*) {
  KTN_OK(need_project(*view, call));
  KTN_TRY(api::NetworkTestRequest request, body_of<api::NetworkTestRequest>(call));
  if (request.to.empty() || request.to.size() > longest_word || request.from.size() > longest_word)
    return Error{Code::invalid_argument,
                 "`from` and `to` are an instance, a service, and for `to` a name or an address"};
  if (request.port < 0 || request.port > 65535) return Error{Code::invalid_argument, "a port is 1 to 65535"};
  KTN_TRY(End from, find_end(*view, {call.at("grid"), call.at("project")}, request.from));
  KTN_TRY(const api::NetworkTest told, Walk(context, *view, std::move(request), std::move(from)).go());
  return http::Response{.body = codec::to_json(told)};
}

// The agent's end of a question.
Result<http::Response> answer_ask(Context& context, const View&, const Call& call, http::Upload*) {
  KTN_TRY(api::AskAnswer answer, body_of<api::AskAnswer>(call));
  KTN_OK(context.asks.answer(call.at("ask"), call.who.grid + '/' + call.who.id, std::move(answer)));
  return http::Response{.body = "{}"};
}

}  // namespace kontena::server
