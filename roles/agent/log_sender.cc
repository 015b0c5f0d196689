#include "log_sender.h"

#include <algorithm>

#include "kontena/api/endpoints.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::agent {
namespace {

constexpr Duration wait_limit{1'000};
constexpr Duration send_limit{30'000};
constexpr Duration no_route_pause{60'000};
constexpr Duration shortest_pause{100};
constexpr Duration longest_pause{60'000};

std::string header_of(const http::Response& response, const char* name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

Duration retry_after(const http::Response& response) {
  const auto seconds = text::integer(header_of(response, "retry-after"));
  return std::clamp(Duration(seconds.value_or(1) * 1'000), shortest_pause, longest_pause);
}

}  // namespace

void LogSender::step() {
  const auto waiting = spool_.next(wait_limit);
  if (waiting) send(*waiting);
}

void LogSender::pause(Duration limit) {
  context_.state.wait(limit, [](const State& s) { return s.stopping; });
}

void LogSender::send(const LogSpool::Waiting& waiting) {
  http::Request request{.method = http::Method::post, .path = std::string(api::paths::agent_logs)};
  request.headers["content-type"] = "application/octet-stream";
  request.body = waiting.batch;
  const auto response = uplink_.server().send(request, send_limit);
  if (!response) {
    log::debug("logs cannot be sent", {{"reason", response.error().message}});
    return wait_until_heard(context_, ++failures_);
  }
  if (response->status == 200) {
    const auto answer = codec::Document::parse(response->body);
    const std::int64_t number = answer ? codec::integer_at(answer->root(), {"number"}) : 0;
    if (number > 0) spool_.acknowledge(static_cast<std::uint64_t>(number));
    if (static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0)) >= waiting.number) {
      failures_ = 0;
      if (std::exchange(told_, false)) log::info("the server takes logs again");
      return;
    }
    return wait_until_heard(context_, ++failures_);  // it has not kept this one
  }
  const Error error = api::error_of(*response);
  switch (response->status) {
    case 400:
    case 413: return refused(waiting, error);
    case 404: return pause(no_route_pause);  // a server that is older than us
    case 429:
    case 503: return pause(retry_after(*response));
    default:
      if (!std::exchange(told_, true)) log::warn("the server takes no logs", {{"status", response->status}, {"reason", error.message}});
      return wait_until_heard(context_, ++failures_);
  }
}

// It never will be taken: those behind it are not to wait for it.
void LogSender::refused(const LogSpool::Waiting& waiting, const Error& error) {
  log::warn("the server refuses a batch of logs, which is dropped", {{"batch", waiting.number}, {"reason", error.message}});
  std::set<std::string> containers;
  if (const auto batch = logs::decode(waiting.batch))
    for (const logs::Section& section : batch->sections) containers.insert(section.container);
  collector_.note(containers, "lines are missing here: the server refused them (" + error.message + ')');
  spool_.acknowledge(waiting.number);
}

}  // namespace kontena::agent
