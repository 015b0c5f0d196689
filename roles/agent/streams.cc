#include "streams.h"

#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_poll{api::longest_wait_ms + 10'000};

}  // namespace

void Streams::step() {
  const Duration asked = context_.clock.steady();
  const auto wanted =
      api::call<api::StreamList>(uplink_.server(), {.path = std::string(api::paths::agent_streams)}, longest_poll);
  if (!wanted) {
    log::debug("no streams can be asked for", {{"reason", wanted.error().message}});
    return wait_until_heard(context_, ++failures_);
  }
  failures_ = 0;
  for (const api::StreamWanted& one : wanted->streams) open(one);
  for (const api::Ask& one : wanted->asks) asks_.open(one);
  if (wanted->streams.empty() && wanted->asks.empty()) pace(context_, asked);
}

void Streams::open(const api::StreamWanted& wanted) {
  const std::size_t open = running_.count();
  if (running_.has(wanted.stream) || ways_in_.has(wanted.stream)) return;
  const auto refuse = [&](const std::string& why) {
    http::Request request{.method = http::Method::post,
                          .path = api::path(api::paths::agent_stream, {wanted.stream}),
                          .body = codec::to_json(api::LogRecord{.instance = wanted.instance, .error = why}) + '\n'};
    [[maybe_unused]] const auto sent = uplink_.server().send(request, Duration(5'000));
  };
  if (wanted.kind == "build" && builds_)
    return running_.begin(wanted.stream, [this, wanted] { builds_->run(wanted); });
  if (wanted.kind == "channel" && channels_) {
    ways_in_.count();  // lets go of those that have ended
    return ways_in_.begin(wanted.stream, [this, wanted] { channels_->run(wanted); });
  }
  if (wanted.kind != "logs") return refuse("this agent is too old for streams of '" + wanted.kind + "'");
  if (open >= most_streams)
    return refuse("this node sends " + std::to_string(most_streams) + " streams already: try again later");
  running_.begin(wanted.stream, [context = context_, &server = uplink_.server(), wanted] {
    send_log(context, server, wanted);
  });
}

}  // namespace kontena::agent
