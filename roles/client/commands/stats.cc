#include "kontena/api/stats.h"

#include <algorithm>
#include <array>
#include <set>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

constexpr std::size_t curve_width = 20;
constexpr std::int64_t shown_points = 60;  // of each
constexpr std::int64_t usual_length_ms = 600'000;

// Of the newest part of the points, against the largest of them.
std::string curve(const std::vector<api::StatsPoint>& points, bool plain) {
  constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<const char*, 8> ascii{"_", ".", ":", "-", "=", "+", "*", "#"};
  const std::size_t from = points.size() > curve_width ? points.size() - curve_width : 0;
  std::int64_t most = 1;
  for (std::size_t i = from; i < points.size(); ++i) most = std::max(most, points[i].cpu_milli);
  std::string text;
  for (std::size_t i = from; i < points.size(); ++i) {
    const std::size_t height = static_cast<std::size_t>(std::max<std::int64_t>(0, points[i].cpu_milli) * 7 / most);
    text += (plain ? ascii : blocks)[std::min<std::size_t>(height, 7)];
  }
  return text;
}

// "3.5%" of one processor: of two that are busy it is 200%.
std::string percent(std::int64_t milli) { return std::to_string(milli / 10) + '.' + std::to_string(milli % 10) + '%'; }
std::string of(std::int64_t bytes, std::int64_t limit) {
  return text::human_bytes(bytes) + (limit > 0 ? " / " + text::human_bytes(limit) : std::string());
}
std::string both(std::int64_t in, std::int64_t out) { return text::human_bytes(in) + " / " + text::human_bytes(out); }

bool knows_utf8(const Session& session) {
  if (!session.outside.out_is_terminal) return false;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = text::lower(session.outside.variable(name));
    if (!value.empty()) return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

std::string name_of(const api::StatsSeries& s) {
  return s.stack.empty() ? s.node : s.stack + '/' + s.service + '-' + std::to_string(s.slot);
}

// By one call a name; an instance is picked of its stack's.
Result<std::vector<api::StatsSeries>> series_named(Session& session, const std::string& word, http::Query query) {
  if (session.arguments.has("--nodes")) {
    KTN_TRY(const std::string path, session.link.path(api::paths::node_stats));
    if (!word.empty()) query["node"] = word;
    KTN_TRY(auto list, session.link.get<api::StatsList>(path, query));
    return std::move(list.series);
  }
  KTN_TRY(const std::string path, session.link.path(api::paths::stats));
  ServiceName name;
  if (!word.empty()) {
    KTN_TRY(name, parse_service_name(word));
    query["stack"] = name.stack;
  }
  KTN_TRY(auto list, session.link.get<api::StatsList>(path, query));
  if (name.service.empty()) return std::move(list.series);
  const bool whole = std::ranges::any_of(list.series, [&](const auto& s) { return s.service == name.service; });
  std::erase_if(list.series, [&](const auto& s) { return whole ? s.service != name.service : name_of(s) != word; });
  if (list.series.empty())
    return Error{Code::not_found, "there is neither an instance nor a service '" + word + "'", "kontena client ps " + name.stack};
  return std::move(list.series);
}

}  // namespace

Result<int> stats(Session& session) {
  http::Query query{{"points", std::to_string(shown_points)}, {"since_ms", std::to_string(usual_length_ms)}};
  if (session.arguments.has("--since")) {
    KTN_TRY(const std::int64_t since, parse_since(session.arguments.value("--since"), session.now()));
    const std::int64_t length = to_ms(session.now()) - since;
    if (length < 1 || length > 24ll * 3'600'000)
      return Error{Code::invalid_argument, "--since " + session.arguments.value("--since") + ": it is at most 24h ago", "stats --since 24h"};
    query["since_ms"] = std::to_string(length);
  }
  std::vector<std::string> words = session.arguments.words;
  if (words.empty()) words.emplace_back();
  std::vector<api::StatsSeries> all;
  std::set<std::string> seen;
  for (const std::string& word : words) {
    KTN_TRY(auto found, series_named(session, word, query));
    for (api::StatsSeries& series : found)
      if (seen.insert(series.id).second) all.push_back(std::move(series));
  }
  const bool plain = !knows_utf8(session);
  const auto newest = [](const api::StatsSeries& s) { return s.points.empty() ? api::StatsPoint{} : s.points.back(); };
  if (session.arguments.has("--nodes"))
    return session.list(
        all, {"NODE", "CPU", "MEMORY", "DISK", "LOAD", "NET IN / OUT", "CPU SINCE"},
        [&](const api::StatsSeries& s) -> std::vector<Cell> {
          const api::StatsPoint p = newest(s);
          if (s.points.empty()) return {plain_text(s.node), "-", "-", "-", "-", "-", ""};
          return {plain_text(s.node), percent(p.cpu_milli), of(p.memory_bytes, p.memory_limit_bytes),
                  of(p.disk_used_bytes, p.disk_size_bytes), text::shortest(static_cast<double>(p.load_milli) / 1'000),
                  both(p.received_bytes_second, p.sent_bytes_second), curve(s.points, plain)};
        },
        [](const api::StatsSeries& s) { return plain_text(s.node); });
  return session.list(
      all, {"INSTANCE", "NODE", "CPU", "MEMORY", "NET IN / OUT", "DISK READ / WRITTEN", "PIDS", "RESTARTS", "CPU SINCE"},
      [&](const api::StatsSeries& s) -> std::vector<Cell> {
        const api::StatsPoint p = newest(s);
        if (s.points.empty()) return {plain_text(name_of(s)), plain_text(s.node), "-", "-", "-", "-", "-", s.restarts, ""};
        return {plain_text(name_of(s)), plain_text(s.node), percent(p.cpu_milli), of(p.memory_bytes, p.memory_limit_bytes),
                both(p.received_bytes_second, p.sent_bytes_second), both(p.read_bytes_second, p.written_bytes_second),
                p.pids, s.restarts, curve(s.points, plain)};
      },
      [](const api::StatsSeries& s) { return plain_text(name_of(s)); });
}

}  // namespace kontena::client
