#include "engine.h"
#include "log_parser.h"
#include "streams.h"

namespace kontena::engine::docker {
namespace {

constexpr Duration longest_silence{3'600'000};
// Where a log is taken up again, the engine looks back over this many entries at
// most, not over the whole log; no more are written in the moment between.
constexpr std::string_view looked_back = "10000";

}  // namespace

Status DockerEngine::logs(const std::string& id, const LogOptions& options,
                          const std::function<bool(const LogLine&)>& sink) {
  const std::string path = "/containers/" + segment(id);
  const std::int64_t begun = now_ns();
  KTN_TRY(const auto inspected, wire_.read({.path = path + "/json"}));
  http::Query query{{"stdout", "1"}, {"stderr", "1"}, {"timestamps", "1"}};
  if (options.follow) query["follow"] = "1";
  if (options.tail >= 0) query["tail"] = std::to_string(options.tail);
  if (options.since_ms > 0) query["since"] = seconds(options.since_ms * 1'000'000);
  const Duration beat = options.beat > Duration(0) ? options.beat : longest_silence;

  LogParser parser(!codec::bool_at(inspected.root(), {"Config", "Tty"}));
  bool wanted = true;
  while (wanted) {
    auto ended = wire_.stream({.path = path + "/logs", .query = query, .timeout = options.follow ? beat : quick},
                              [&](std::string_view bytes) { return wanted = parser.take(bytes, sink); });
    if (ended && ended->status >= 300) return refusal(*ended);
    if (ended) {
      parser.finish(sink);
      return Done{};
    }
    if (ended.error().code != Code::deadline_exceeded || !options.follow) return std::move(ended).error();
    // Silence, not an end: asks whether to go on, and goes on after the last entry.
    if (options.beat > Duration(0)) wanted = wanted && sink({});
    query["tail"] = looked_back;
    query["since"] = seconds(ns_after(parser.last_time()).value_or(std::max(begun, options.since_ms * 1'000'000)));
    parser.resume();
  }
  return Done{};
}

Result<LogPlace> DockerEngine::log_place(const std::string& id) {
  KTN_TRY(const auto inspected, wire_.read({.path = "/containers/" + segment(id) + "/json"}));
  const codec::Element root = inspected.root();
  LogPlace place{.driver = codec::string_at(root, {"HostConfig", "LogConfig", "Type"}), .path = codec::string_at(root, {"LogPath"})};
  // Docker names this driver's file to nobody, but keeps it there in all versions.
  if (place.driver == "local" && place.path.empty()) {
    KTN_TRY(const EngineFacts known, facts());
    place.path = known.data_dir + "/containers/" + codec::string_at(root, {"Id"}) + "/local-logs/container.log";
  }
  if (place.driver != "local" && place.driver != "json-file") place.path.clear();
  return place;
}

}  // namespace kontena::engine::docker
