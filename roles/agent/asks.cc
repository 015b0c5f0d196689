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

Asks::~Asks() {
  for (Running& one : running_) one.thread.join();
}

void Asks::open(const api::Ask& ask) {
  forget_ended();
  http::Client& server = uplink_.server();
  const auto answers = answerers_.find(ask.kind);
  if (answers == answerers_.end())
    return send(server, ask.ask, Error{Code::unsupported, "this node's agent cannot tell of '" + ask.kind + "'"});
  if (running_.size() >= most_asks)
    return send(
        server, ask.ask,
        Error{Code::unavailable, "this node answers " + std::to_string(most_asks) + " questions already", "try again"});
  auto ended = std::make_shared<Synced<bool>>(false);
  std::jthread thread([&server, ask, ended, answer = &answers->second] {
    send(server, ask.ask, (*answer)(ask.body, Duration(ask.patience_ms)));
    ended->with([](bool& is) { is = true; });
  });
  running_.push_back({ended, std::move(thread)});
}

void Asks::forget_ended() {
  std::erase_if(running_, [](Running& one) { return one.ended->with([](bool is) { return is; }); });
}

}  // namespace kontena::agent
