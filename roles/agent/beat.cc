#include "beat.h"

#include "exits.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"

namespace kontena::agent {
namespace {

// Long enough for a server under load, and short enough to try the next in time.
constexpr Duration longest_beat{5'000};
constexpr Duration between_facts{60'000};  // that the server asks for

}  // namespace

std::string clock_difference(Time ours, Time servers) {
  const Duration apart = ours > servers ? ours - servers : servers - ours;
  if (apart <= most_clock_difference) return "";
  return "this machine's clock says " + text::rfc3339(ours) + ", the server's " + text::rfc3339(servers);
}

void Beat::step() {
  const Duration begun = context_.clock.steady();
  http::Request request{.method = http::Method::post, .path = std::string(api::paths::agent_beat)};
  request.headers["content-type"] = "application/json";
  request.body = codec::to_json(api::Nothing{});
  const auto response = send(request);
  if (!response) return missed(response.error());
  if (response->status >= 300) {
    const Error error = api::error_of(*response);
    // Only the server's own word counts; TLS that fails, or a proxy's answer, does not.
    if (error.code == Code::unauthenticated)
      return refused(error, response->headers.contains(std::string(api::removed_header)));
    if (error.code == Code::expired) context_.state.change([](State& s) { s.renew = true; });
    return missed(error);
  }
  const auto answer = codec::from_json<api::BeatAnswer>(response->body);
  if (!answer) return missed({Code::unavailable, "the server's answer to a beat cannot be read"});
  heard(*answer);
  context_.state.wait(begun + beat_period - context_.clock.steady(), [](const State& s) { return s.stopping; });
}

// Where answers come quickly, one that does not is not waited for in vain: a packet
// lost many times over, or a connection that a firewall forgot, would have us called
// lost. A second one is tried while there is time. A server that is slow altogether
// is given time: new connections are what it needs least.
Result<http::Response> Beat::send(const http::Request& request) {
  const bool patient = failures_ > 0 || slow_ || lost_after_ <= Duration(0) || lost_after_ >= longest_beat * 3;
  const auto sent = [&](Duration limit) {
    const Duration begun = context_.clock.steady();
    auto response = uplink_.server().send(request, limit);
    slow_ = lost_after_ > Duration(0) && context_.clock.steady() - begun >= lost_after_ / 3;
    return response;
  };
  auto response = sent(patient ? longest_beat : lost_after_ / 3);
  if (patient || response || response.error().code != Code::deadline_exceeded) return response;
  return sent(longest_beat);
}

void Beat::heard(const api::BeatAnswer& answer) {
  failures_ = 0;
  lost_after_ = Duration(answer.lost_after_ms);
  const Duration now = context_.clock.steady();
  const Duration lifetime(answer.certificate_lifetime_ms);
  const bool other = context_.state.with([&](State& s) {
    s.heard = now;
    s.stats_interval = Duration(answer.stats_interval_ms);
    return std::exchange(s.certificate_lifetime, lifetime) != lifetime;
  });
  if (other) context_.state.change([](State&) {});  // when to renew follows from it
  // A router before us may have several addresses, and show us at another each time.
  if (answer.tell_facts && now - facts_asked_ > between_facts) {
    facts_asked_ = now;
    context_.state.change([](State& s) { s.report_facts = s.facts_again = true; });
  }
  if (answer.ask)
    context_.state.change([&](State& s) {
      if (s.asked != *answer.ask) ++s.times_asked;
      s.asked = *answer.ask;
    });
  const bool away = context_.state.with([](const State& s) { return s.server_away; });
  if (away) {
    context_.state.change([](State& s) {
      s.server_away = false;
      ++s.server_epoch;
      s.report_facts = true;
      s.touch_all();
    });
    log::info("the server answers again");
  }
  const std::string difference = clock_difference(context_.clock.now(), from_ms(answer.time_ms));
  if (!difference.empty() && !clock_told_) log::warn("a clock is wrong", {{"reason", difference}});
  clock_told_ = !difference.empty();
}

void Beat::missed(const Error& error) {
  uplink_.try_next();
  const bool news = context_.state.with([](State& s) { return !std::exchange(s.server_away, true); });
  if (news) log::warn("the server does not answer", {{"reason", error.message}, {"hint", error.hint}});
  wait_to_reconnect(context_, ++failures_);
}

// Only a server that knows of the removal says so; one that was restored from
// before the join knows nothing of us, and what runs here is not its to end.
void Beat::refused(const Error& error, bool removed) {
  if (removed)
    log::warn("this node was removed from its grid", {{"reason", error.message}});
  else
    log::error("the server does not let this node in: the agent ends, its containers run on",
               {{"reason", error.message},
                {"next", error.hint.empty() ? "join again with a new token and an empty state folder" : error.hint}});
  context_.state.change([&](State& s) {
    s.removed = removed;
    s.exit = exit_refused;
  });
}

}  // namespace kontena::agent
