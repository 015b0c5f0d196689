#include "engine.h"
#include "filters.h"
#include "streams.h"

namespace kontena::engine::docker {
namespace {

constexpr Duration beat{10'000};

}  // namespace

// A stream that was silent for a beat ends, so that the sink is asked whether to
// go on; the next one begins where it ended, so that nothing is missed between.
Status DockerEngine::watch(const std::string& node, const std::function<bool(const Event&)>& sink) {
  std::int64_t since = now_ns();
  bool wanted = sink({});
  while (wanted) {
    http::Query query{
        {"filters", filters({{"type", {"container"}},
                             {"label", {label_is(node)}},
                             {"event", {"start", "die", "oom", "health_status", "destroy", "rename", "update"}}})},
        {"since", seconds(since)}};
    Lines lines;
    const auto on_line = [&](std::string_view line) {
      const auto heard = read_event(line);
      if (!heard || !wanted) return;
      since = std::max(since, heard->time_ns + 1);
      wanted = sink(heard->event);
    };
    auto ended =
        wire_.stream({.path = "/events", .query = std::move(query), .timeout = beat}, [&](std::string_view bytes) {
          lines.take(bytes, on_line);
          return wanted;
        });
    if (ended && ended->status >= 300) return refusal(*ended).in("listening for events");
    if (ended) return Done{};
    if (ended.error().code != Code::deadline_exceeded) return std::move(ended).error();
    wanted = wanted && sink({});
  }
  return Done{};
}

}  // namespace kontena::engine::docker
