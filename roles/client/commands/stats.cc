#include "kontena/api/stats.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "../commands.h"
#include "../describe.h"
#include "../progress.h"
#include "../session.h"
#include "kontena/base/text.h"
#include "names.h"

namespace kontena::client {
namespace {

constexpr std::size_t curve_width = 20;
constexpr std::int64_t shown_points = 60;  // of each
constexpr std::int64_t usual_length_ms = 600'000;
constexpr std::int64_t longest_length_ms = 93ll * 24 * 3'600'000;
constexpr int looks_between = 20;  // of the usual pace, between two frames

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

// All that is named, each once.
Result<std::vector<api::StatsSeries>> all_named(Session& session, const http::Query& query) {
  std::vector<std::string> words = session.arguments.words;
  if (words.empty()) words.emplace_back();
  std::vector<api::StatsSeries> all;
  std::set<std::string> seen;
  for (const std::string& word : words) {
    KTN_TRY(auto found, series_named(session, word, query));
    for (api::StatsSeries& series : found)
      if (seen.insert(series.id).second) all.push_back(std::move(series));
  }
  return all;
}

api::StatsPoint newest(const api::StatsSeries& s) { return s.points.empty() ? api::StatsPoint{} : s.points.back(); }

struct Shown {
  std::vector<std::string> headers;
  std::function<std::vector<Cell>(const api::StatsSeries&)> row;
};

// With the processors' curve last.
Shown columns(const Session& session, bool nodes) {
  const bool plain = !knows_utf8(session);
  if (nodes)
    return {{"NODE", "CPU", "MEMORY", "DISK", "LOAD", "NET IN / OUT", "CPU SINCE"},
            [plain](const api::StatsSeries& s) -> std::vector<Cell> {
              const api::StatsPoint p = newest(s);
              if (s.points.empty()) return {plain_text(s.node), "-", "-", "-", "-", "-", ""};
              return {plain_text(s.node), percent(p.cpu_milli), of(p.memory_bytes, p.memory_limit_bytes),
                      of(p.disk_used_bytes, p.disk_size_bytes), text::shortest(static_cast<double>(p.load_milli) / 1'000),
                      both(p.received_bytes_second, p.sent_bytes_second), curve(s.points, plain)};
            }};
  return {{"INSTANCE", "NODE", "CPU", "MEMORY", "NET IN / OUT", "DISK READ / WRITTEN", "PIDS", "RESTARTS", "CPU SINCE"},
          [plain](const api::StatsSeries& s) -> std::vector<Cell> {
            const api::StatsPoint p = newest(s);
            if (s.points.empty()) return {plain_text(name_of(s)), plain_text(s.node), "-", "-", "-", "-", "-", s.restarts, ""};
            return {plain_text(name_of(s)), plain_text(s.node), percent(p.cpu_milli), of(p.memory_bytes, p.memory_limit_bytes),
                    both(p.received_bytes_second, p.sent_bytes_second), both(p.read_bytes_second, p.written_bytes_second),
                    p.pids, s.restarts, curve(s.points, plain)};
          }};
}

// What `top` is sorted by: the most comes first.
struct Order {
  std::string_view name;
  std::int64_t (*of)(const api::StatsSeries&);
};
constexpr std::array orders{
    Order{"cpu", [](const api::StatsSeries& s) { return newest(s).cpu_milli; }},
    Order{"disk", [](const api::StatsSeries& s) { return newest(s).read_bytes_second + newest(s).written_bytes_second; }},
    Order{"memory", [](const api::StatsSeries& s) { return newest(s).memory_bytes; }},
    Order{"net", [](const api::StatsSeries& s) { return newest(s).received_bytes_second + newest(s).sent_bytes_second; }},
    Order{"pids", [](const api::StatsSeries& s) { return newest(s).pids; }},
    Order{"restarts", [](const api::StatsSeries& s) { return s.restarts; }},
};

std::vector<std::string> frame(Session& session, const std::vector<api::StatsSeries>& all, bool nodes, std::string_view order) {
  const Size size = session.outside.size();
  const Shown shown = columns(session, nodes);
  Table table(shown.headers);
  const auto lines = static_cast<std::size_t>(std::max(3, size.lines - 3));
  for (std::size_t i = 0; i < std::min(all.size(), lines); ++i) table.add(shown.row(all[i]));
  Look look = session.look;
  look.clip_out = size.columns;
  std::string text = "by " + std::string(order) + ", " + std::to_string(all.size()) + (nodes ? " nodes" : " instances") +
                     (all.size() > lines ? ", the first " + std::to_string(lines) : "") + "; Ctrl-C ends it\n" + table.text(look);
  if (text.ends_with('\n')) text.pop_back();
  return text::split(text, '\n');
}

}  // namespace

Result<int> stats(Session& session) {
  http::Query query{{"points", std::to_string(shown_points)}, {"since_ms", std::to_string(usual_length_ms)}};
  if (session.arguments.has("--since")) {
    KTN_TRY(const std::int64_t since, parse_since(session.arguments.value("--since"), session.now()));
    const std::int64_t length = to_ms(session.now()) - since;
    if (length < 1 || length > longest_length_ms)
      return Error{Code::invalid_argument, "--since " + session.arguments.value("--since") + ": it is at most 93d ago", "stats --since 24h"};
    query["since_ms"] = std::to_string(length);
  }
  const bool nodes = session.arguments.has("--nodes");
  KTN_TRY(const auto all, all_named(session, query));
  Shown shown = columns(session, nodes);
  return session.list(all, shown.headers, shown.row, [nodes](const api::StatsSeries& s) { return plain_text(nodes ? s.node : name_of(s)); });
}

Result<int> top(Session& session) {
  const std::string wanted = session.arguments.has("--sort") ? session.arguments.value("--sort") : "cpu";
  const auto order = std::ranges::find(orders, wanted, &Order::name);
  if (order == orders.end())
    return Error{Code::invalid_argument, "--sort: '" + wanted + "' is none of cpu, disk, memory, net, pids, restarts"};
  const bool nodes = session.arguments.has("--nodes");
  const http::Query query{{"points", std::to_string(shown_points)}, {"since_ms", std::to_string(usual_length_ms)}};
  const auto ask = [&]() -> Result<std::vector<api::StatsSeries>> {
    KTN_TRY(auto all, all_named(session, query));
    std::ranges::stable_sort(all, std::greater{}, order->of);
    return all;
  };
  KTN_TRY(auto all, ask());
  // In a pipe, or where asked for: once, all of it.
  if (session.arguments.has("--once") || !session.outside.out_is_terminal || session.look.machine() || session.look.quiet) {
    Shown shown = columns(session, nodes);
    return session.list(all, shown.headers, shown.row, [nodes](const api::StatsSeries& s) { return plain_text(nodes ? s.node : name_of(s)); });
  }
  Painter painter(session.out());
  session.outside.catch_interrupts();
  while (true) {
    painter.draw(frame(session, all, nodes, order->name));
    for (int i = 0; i < looks_between; ++i) {
      if (session.outside.interrupted() != 0) return 0;
      session.outside.pause(session.outside.pace);
    }
    // A server that is away for a moment leaves what is shown.
    if (auto fresh = ask()) all = *std::move(fresh);
    else if (fresh.error().code != Code::unavailable && fresh.error().code != Code::deadline_exceeded) return std::move(fresh).error();
  }
}

}  // namespace kontena::client
