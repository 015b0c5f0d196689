#include "uplink.h"

#include <algorithm>

namespace kontena::agent {
namespace {

constexpr Duration longest_without_beat{30'000};
constexpr std::uint64_t most_spread_ms = 500;

}  // namespace

Duration reconnect_delay(int failures, bool heard_lately, std::uint64_t random) {
  const std::int64_t most = heard_lately ? 2'000 : 15'000;
  const std::int64_t delay = std::min<std::int64_t>(most, std::int64_t{200} << std::clamp(failures - 1, 0, 10));
  return Duration(delay / 2 + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(delay / 2 + 1)));
}

void wait_to_reconnect(const Context& context, int failures) {
  const Duration now = context.clock.steady();
  const auto [heard, epoch] = context.state.with([](const State& s) { return std::pair(s.heard, s.server_epoch); });
  const bool lately = heard && now - *heard < Duration(60'000);
  context.state.wait(reconnect_delay(failures, lately, context.ids.number()),
                     [epoch = epoch](const State& s) { return s.stopping || s.server_epoch != epoch; });
}

void wait_until_heard(const Context& context, int failures) {
  wait_to_reconnect(context, failures);
  const auto back = [](const State& s) { return s.stopping || !s.server_away; };
  if (context.state.with(back)) return;
  if (!context.state.wait(longest_without_beat, back)) return;
  const Duration spread(static_cast<std::int64_t>(context.ids.number() % most_spread_ms));
  context.state.wait(spread, [](const State& s) { return s.stopping; });
}

void pace(const Context& context, Duration asked, Duration least) {
  const Duration left = asked + least - context.clock.steady();
  if (left > Duration(0)) context.state.wait(left, [](const State& s) { return s.stopping; });
}

}  // namespace kontena::agent
