#include "uplink.h"

#include <algorithm>

namespace kontena::agent {

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

void pace(const Context& context, Duration asked) {
  const Duration left = asked + Duration(1'000) - context.clock.steady();
  if (left > Duration(0)) context.state.wait(left, [](const State& s) { return s.stopping; });
}

}  // namespace kontena::agent
