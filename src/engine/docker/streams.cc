#include "streams.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::engine::docker {
namespace {

constexpr std::size_t longest_json = 1 << 20;

constexpr std::array happenings{
    std::pair{std::string_view("start"), Happened::started},
    std::pair{std::string_view("die"), Happened::died},
    std::pair{std::string_view("oom"), Happened::out_of_memory},
    std::pair{std::string_view("health_status"), Happened::health},
    std::pair{std::string_view("destroy"), Happened::destroyed},
    std::pair{std::string_view("rename"), Happened::changed},
    std::pair{std::string_view("update"), Happened::changed},
};

}  // namespace

void Lines::take(std::string_view bytes, const std::function<void(std::string_view)>& each) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    held_ += bytes.substr(0, end);
    too_long_ = too_long_ || held_.size() > longest_json;
    if (too_long_) held_.clear();
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    finish(each);
  }
}

void Lines::finish(const std::function<void(std::string_view)>& each) {
  const auto line = text::trim(held_);
  if (!line.empty() && !too_long_) each(line);
  held_.clear();
  too_long_ = false;
}

std::optional<Heard> read_event(std::string_view line) {
  const auto document = codec::Document::parse(line);
  if (!document) return std::nullopt;
  const auto at = document->root();
  // "health_status: healthy": what follows the colon is a remark.
  const std::string action = codec::string_at(at, {"Action"});
  const auto found = std::ranges::find(happenings, std::string_view(action).substr(0, action.find(':')),
                                       &decltype(happenings)::value_type::first);
  Heard heard;
  heard.event.happened = found == happenings.end() ? Happened::other : found->second;
  heard.event.container = codec::string_at(at, {"Actor", "ID"});
  heard.time_ns = codec::integer_at(at, {"timeNano"});
  if (codec::string_at(at, {"Type"}) != "container" || heard.event.container.empty()) return std::nullopt;
  return heard;
}

bool PullReport::take(std::string_view line) {
  const auto document = codec::Document::parse(line);
  if (!document) return false;
  const auto at = document->root();
  if (std::string said = codec::string_at(at, {"errorDetail", "message"}); !said.empty()) error_ = std::move(said);
  if (std::string said = codec::string_at(at, {"error"}); !said.empty() && error_.empty()) error_ = std::move(said);
  const std::string status = codec::string_at(at, {"status"}), layer = codec::string_at(at, {"id"});
  if (layer.empty()) return false;

  PullProgress& of_layer = layers_[layer];
  const PullProgress before = of_layer;
  if (status == "Downloading") {  // what is extracted was counted when it came
    of_layer.done_bytes = std::max(of_layer.done_bytes, codec::integer_at(at, {"progressDetail", "current"}));
    of_layer.total_bytes = std::max(of_layer.done_bytes, codec::integer_at(at, {"progressDetail", "total"}));
  } else if (status == "Download complete" || status == "Pull complete") {
    of_layer.done_bytes = of_layer.total_bytes;
  }
  if (of_layer.done_bytes == before.done_bytes && of_layer.total_bytes == before.total_bytes) return false;
  progress_.done_bytes += of_layer.done_bytes - before.done_bytes;
  progress_.total_bytes += of_layer.total_bytes - before.total_bytes;
  return true;
}

std::string seconds(std::int64_t ns) {
  constexpr std::int64_t second = 1'000'000'000;
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%lld.%09lld", static_cast<long long>(ns / second),
                static_cast<long long>(ns % second));
  return buffer.data();
}

std::optional<std::int64_t> ns_after(std::string_view time) {
  const auto parsed = text::parse_rfc3339(time);
  if (!parsed || to_ms(*parsed) < 0) return std::nullopt;
  std::int64_t fraction = 0, scale = 100'000'000;
  if (const auto dot = time.find('.'); dot != std::string_view::npos)
    for (std::size_t i = dot + 1; i < time.size() && time[i] >= '0' && time[i] <= '9'; ++i, scale /= 10)
      fraction += (time[i] - '0') * scale;
  return to_ms(*parsed) / 1000 * 1'000'000'000 + fraction + 1;
}

}  // namespace kontena::engine::docker
