#include "streams.h"

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_poll{api::longest_wait_ms + 10'000};

}  // namespace

Streams::~Streams() {
  for (Running& one : running_) one.thread.join();
}

void Streams::step() {
  forget_ended();
  const Duration asked = context_.clock.steady();
  const auto wanted =
      api::call<api::StreamList>(uplink_.server(), {.path = std::string(api::paths::agent_streams)}, longest_poll);
  if (!wanted) {
    log::debug("no streams can be asked for", {{"reason", wanted.error().message}});
    return wait_until_heard(context_, ++failures_);
  }
  failures_ = 0;
  forget_ended();
  for (const api::StreamWanted& one : wanted->streams) open(one);
  for (const api::Ask& one : wanted->asks) asks_.open(one);
  if (wanted->streams.empty() && wanted->asks.empty()) pace(context_, asked);
}

void Streams::open(const api::StreamWanted& wanted) {
  for (const Running& one : running_)
    if (one.stream == wanted.stream) return;
  const auto refuse = [&](const std::string& why) {
    http::Request request{.method = http::Method::post,
                          .path = api::path(api::paths::agent_stream, {wanted.stream}),
                          .body = codec::to_json(api::LogRecord{.instance = wanted.instance, .error = why}) + '\n'};
    [[maybe_unused]] const auto sent = uplink_.server().send(request, Duration(5'000));
  };
  if (wanted.kind != "logs") return refuse("this agent is too old for streams of '" + wanted.kind + "'");
  if (running_.size() >= most_streams)
    return refuse("this node sends " + std::to_string(most_streams) + " streams already: try again later");
  auto ended = std::make_shared<Synced<bool>>(false);
  std::jthread thread([context = context_, &server = uplink_.server(), wanted, ended] {
    send_log(context, server, wanted);
    ended->with([](bool& is) { is = true; });
  });
  running_.push_back({wanted.stream, ended, std::move(thread)});
}

void Streams::forget_ended() {
  std::erase_if(running_, [](Running& one) { return one.ended->with([](bool is) { return is; }); });
}

}  // namespace kontena::agent
