#include "asks.h"

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration to_send{5'000};

void send(http::Client& server, const std::string& ask, Result<std::string> answer) {
  if (answer && answer->size() > longest_answer) answer = Error{Code::exhausted, "the answer is too large to be sent"};
  api::AskAnswer told;
  if (answer)
    told.body = *std::move(answer);
  else
    told.error =
        api::ErrorBody{std::string(name(answer.error().code)), answer.error().message, answer.error().hint, ""};
  const auto sent =
      api::call<api::Nothing>(server, http::Method::post, api::path(api::paths::agent_ask, {ask}), told, to_send);
  if (!sent) log::debug("an answer was not taken", {{"ask", ask}, {"reason", sent.error().message}});
}

}  // namespace

void Asks::open(const api::Ask& ask) {
  http::Client& server = uplink_.server();
  const auto answers = answerers_.find(ask.kind);
  if (answers == answerers_.end())
    return send(server, ask.ask, Error{Code::unsupported, "this node's agent cannot tell of '" + ask.kind + "'"});
  if (running_.count() >= most_asks)
    return send(
        server, ask.ask,
        Error{Code::unavailable, "this node answers " + std::to_string(most_asks) + " questions already", "try again"});
  running_.begin(ask.ask, [&server, ask, answer = &answers->second] {
    send(server, ask.ask, (*answer)(ask.body, Duration(ask.patience_ms)));
  });
}

}  // namespace kontena::agent
