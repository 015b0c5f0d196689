#include "log_forwards.h"

#include <algorithm>
#include <exception>

#include "kontena/api/endpoints.h"
#include "kontena/api/messages.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr Duration longest_poll{api::longest_wait_ms + 10'000};
constexpr Duration between_asks{1'000};
constexpr Duration no_route_pause{60'000};
constexpr Duration between_tells{5'000}, tell_limit{10'000}, tell_again{20'000};
constexpr std::size_t most_forwards = 100;
constexpr std::size_t largest_list = 16u << 20;

std::string list_file(const std::string& folder) { return folder + "/forwards.json"; }

}  // namespace

LogForwards::~LogForwards() {
  for (Running& one : running_) one.forwarder->end();
  context_.state.change([](State&) {});
  for (Running& one : running_) one.thread.join();
}

// Names are labels: no '.' is in them.
std::string LogForwards::position_file(const api::AgentForward& what) const {
  return options_.folder + '/' + (what.project.empty() ? "_" : what.project) + '.' + what.name + ".position";
}

void LogForwards::load() {
  if (const Status made = files::make_folder(options_.folder, 0700); !made) {
    log::error("forwards of logs cannot be kept", {{"reason", made.error().message}});
    return;
  }
  const auto text = files::read(list_file(options_.folder), largest_list);
  if (!text) return;
  auto kept = codec::from_json<api::AgentForwards>(*text);
  if (!kept) {
    log::warn("what was kept of forwards cannot be read; the server is asked", {{"reason", kept.error().message}});
    return;
  }
  told_ = std::move(*kept);
  // Values of headers are on no disk: they are asked for anew.
  if (std::ranges::any_of(told_.forwards, [](const api::AgentForward& each) { return !each.headers.empty(); })) told_.digest.clear();
  apply(told_.forwards);
}

void LogForwards::start(const api::AgentForward& what) {
  auto made = LogForwarder::make({.context = context_,
                                  .spool = spool_,
                                  .collector = collector_,
                                  .node_name = options_.node_name,
                                  .seams = options_.seams},
                                 what, position_file(what));
  if (!made) {
    log::error("logs cannot be forwarded as the server says", {{"forward", what.name}, {"reason", made.error().message}});
    return;
  }
  Running one{.forwarder = std::move(*made), .thread = {}};
  one.thread = std::thread([this, forwarder = one.forwarder.get()] {
    while (!forwarder->ended()) {
      if (context_.state.with([](const State& s) { return s.stopping; })) {
        context_.state.wait(Duration(100), [&](const State&) { return forwarder->ended(); });
        continue;
      }
      try {
        forwarder->step();
      } catch (const std::exception& thrown) {
        log::error("forwarding failed", {{"forward", forwarder->what().name}, {"reason", thrown.what()}});
        context_.state.wait(between_asks, [&](const State& s) { return s.stopping || forwarder->ended(); });
      }
    }
  });
  running_.push_back(std::move(one));
}

void LogForwards::apply(const std::vector<api::AgentForward>& wanted) {
  const auto is_wanted = [&](const Running& one) { return std::ranges::find(wanted, one.forwarder->what()) != wanted.end(); };
  for (Running& one : running_)
    if (!is_wanted(one)) one.forwarder->end();
  context_.state.change([](State&) {});
  std::vector<api::AgentForward> gone;
  std::erase_if(running_, [&](Running& one) {
    if (is_wanted(one)) return false;
    one.thread.join();
    gone.push_back(one.forwarder->what());
    return true;
  });
  for (const api::AgentForward& old : gone) {
    const bool stays = std::ranges::any_of(wanted, [&](const api::AgentForward& each) { return position_file(each) == position_file(old); });
    if (stays) continue;
    spool_.let_go(position_file(old));
    static_cast<void>(files::remove(position_file(old)));
  }
  for (const api::AgentForward& what : wanted)
    if (std::ranges::none_of(running_, [&](const Running& one) { return one.forwarder->what() == what; })) start(what);
  std::vector<std::shared_ptr<const LogForwarder>> shown;
  for (const Running& one : running_) shown.push_back(one.forwarder);
  shown_.with([&](auto& all) { all = std::move(shown); });
}

std::vector<LogForwards::Numbers> LogForwards::numbers() const {
  const auto all = shown_.with([](const auto& shown) { return shown; });
  std::vector<Numbers> numbers;
  for (const auto& one : all) numbers.push_back({one->what().project, one->what().name, one->state(), one->position()});
  return numbers;
}

void LogForwards::tell() {
  if (context_.state.wait(between_tells, [](const State& s) { return s.stopping; })) return;
  const auto [epoch, away] = context_.state.with([](const State& s) { return std::pair(s.server_epoch, s.server_away); });
  std::vector<api::AgentForwardTrouble> troubles;
  for (const Numbers& one : numbers())
    if ((!one.state.error.empty() || one.state.dropped_lines > 0) && troubles.size() < api::most_forward_troubles)
      troubles.push_back({one.project, one.name, one.state.error, static_cast<std::int64_t>(one.state.dropped_lines)});
  // The server has it in memory alone, and may have been started anew so quickly that nobody missed it.
  const Duration now = context_.clock.steady();
  const bool stale = !troubles.empty() && now - told_at_ >= tell_again;
  if (away || (troubles == told_troubles_ && epoch == told_epoch_ && !stale)) return;
  http::Request request{.method = http::Method::post, .path = std::string(api::paths::agent_forwards)};
  request.body = codec::to_json(api::AgentForwardTroubles{troubles});
  const auto response = uplink_.server().send(request, tell_limit);
  // One that does not take it never will: an older one.
  if (!response || response->status == 429 || response->status >= 500) return;
  told_troubles_ = std::move(troubles);
  told_epoch_ = epoch;
  told_at_ = now;
}

void LogForwards::step() {
  const Duration asked = context_.clock.steady();
  http::Request request{.path = std::string(api::paths::agent_forwards)};
  request.query["has"] = told_.digest;
  auto answer = api::call<api::AgentForwards>(uplink_.server(), request, longest_poll);
  if (!answer && answer.error().code == Code::not_found) {  // a server that is older than us
    context_.state.wait(no_route_pause, [](const State& s) { return s.stopping; });
    return;
  }
  if (!answer) return wait_until_heard(context_, ++failures_);
  failures_ = 0;
  if (answer->digest == told_.digest) return pace(context_, asked, between_asks);
  if (answer->forwards.size() > most_forwards) {
    log::error("the server names more forwards than a node does; it goes on as before", {{"forwards", answer->forwards.size()}});
    return pace(context_, asked, no_route_pause);
  }
  told_ = std::move(*answer);
  api::AgentForwards written = told_;
  for (api::AgentForward& each : written.forwards)
    for (auto& [name, value] : each.headers) value.clear();  // a secret is on no disk of a node
  if (const Status kept = files::write(list_file(options_.folder), codec::to_json(written), 0600); !kept)
    log::error("what logs are forwarded to cannot be kept: a restart without the server would not forward",
               {{"reason", kept.error().message}});
  apply(told_.forwards);
}

}  // namespace kontena::agent
