#include "kontena/model/alert.h"

#include <algorithm>
#include <charconv>

#include "kontena/base/text.h"

namespace kontena::model {
namespace {

constexpr std::int64_t minute = 60'000, day = 24 * 60 * minute;

constexpr std::array table{
    AlertKindRow{AlertKind::certificate, false, true, 0, AlertLimit::time, 7 * day},
    AlertKindRow{AlertKind::cpu, true, true, 5 * minute, AlertLimit::percent, 90},
    AlertKindRow{AlertKind::crash_loop, true, false, 0, AlertLimit::none, 0},
    AlertKindRow{AlertKind::deploy_failed, true, false, 0, AlertLimit::none, 0},
    AlertKindRow{AlertKind::disk, false, true, minute, AlertLimit::percent, 85},
    AlertKindRow{AlertKind::log, true, false, 5 * minute, AlertLimit::lines, 1},
    AlertKindRow{AlertKind::memory, true, true, 5 * minute, AlertLimit::percent, 90},
    AlertKindRow{AlertKind::node_lost, false, true, 0, AlertLimit::none, 0},
    AlertKindRow{AlertKind::unhealthy, true, false, 30'000, AlertLimit::none, 0},
    AlertKindRow{AlertKind::unplaced, true, false, minute, AlertLimit::none, 0},
};
static_assert([] {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].kind) != i) return false;
  return table.size() == Names<AlertKind>::all.size();
}());
static_assert(std::ranges::is_sorted(Names<AlertKind>::all));

struct Bounds {
  std::int64_t least, most;
  std::string_view says;
};
Bounds bounds_of(AlertLimit limit) {
  switch (limit) {
    case AlertLimit::percent: return {1, 100'000, "a percentage of 1% and more"};
    case AlertLimit::lines: return {1, 1'000'000, "a number of lines, 1 to 1000000"};
    case AlertLimit::time: return {minute, 3'650 * day, "a time of 1m and more"};
    case AlertLimit::none: break;
  }
  return {0, 0, ""};
}

}  // namespace

std::span<const AlertKindRow> alert_kinds() { return table; }
const AlertKindRow& row_of(AlertKind kind) { return table[static_cast<std::size_t>(kind)]; }

std::string alert_key(const AlertRule& rule) { return rule.grid + '/' + rule.project + '/' + rule.name; }
std::string alert_key(const AlertState& state) {
  return state.grid + '/' + state.project + '/' + state.rule + '/' + state.subject;
}

std::vector<WrongAlert> wrong_in_alert(const AlertSpec& spec, bool of_grid) {
  std::vector<WrongAlert> wrong;
  const AlertKindRow& row = row_of(spec.kind);
  const std::string kind = '\'' + std::string(name(spec.kind)) + '\'';
  if (of_grid && !row.of_grid) wrong.push_back({"when", kind + " is not for an alert of a grid", "leave out --of-grid"});
  if (!of_grid && !row.of_project) wrong.push_back({"when", kind + " is not for an alert of a project", "it is about nodes: kontena client alert create --of-grid"});
  const bool of_log = spec.kind == AlertKind::log;
  const std::int64_t longest = of_log ? longest_alert_log_ms : longest_alert_for_ms;
  if (spec.for_ms && (*spec.for_ms < 0 || *spec.for_ms > longest))
    wrong.push_back({"for", of_log ? "lines are counted over at most 1 h" : "an alert waits for 0 s to 24 h before it fires", ""});
  else if (of_log && spec.for_ms && *spec.for_ms < 10'000)
    wrong.push_back({"for", "lines are counted over at least 10 s", ""});
  const Bounds bounds = bounds_of(row.limit);
  if (spec.limit && row.limit == AlertLimit::none)
    wrong.push_back({"over", kind + " has no limit", "it is so, or it is not"});
  else if (spec.limit && (*spec.limit < bounds.least || *spec.limit > bounds.most))
    wrong.push_back({"over", "the limit of " + kind + " is " + std::string(bounds.says), ""});
  if (of_log && spec.pattern.empty())
    wrong.push_back({"pattern", "which lines is not said", "a regular expression, as grep -E takes it"});
  else if (!of_log && !spec.pattern.empty())
    wrong.push_back({"pattern", kind + " has no pattern: that is for 'log'", ""});
  else if (spec.pattern.size() > longest_alert_pattern)
    wrong.push_back({"pattern", "a pattern has at most " + std::to_string(longest_alert_pattern) + " bytes", ""});
  if (spec.webhooks.size() > most_alert_webhooks)
    wrong.push_back({"webhooks", "an alert has at most " + std::to_string(most_alert_webhooks) + " webhooks", ""});
  return wrong;
}

std::optional<std::int64_t> alert_limit(AlertKind kind, std::string_view text) {
  const AlertLimit limit = row_of(kind).limit;
  if (limit == AlertLimit::time) {
    const auto time = text::duration(text);
    return time ? std::optional(time->count()) : std::nullopt;
  }
  if (limit == AlertLimit::percent && text.ends_with('%')) text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (limit == AlertLimit::none || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string alert_limit_text(AlertKind kind, std::int64_t limit) {
  switch (row_of(kind).limit) {
    case AlertLimit::percent: return std::to_string(limit) + '%';
    case AlertLimit::lines: return std::to_string(limit);
    case AlertLimit::time: return text::human_duration(Duration(limit));
    case AlertLimit::none: break;
  }
  return "";
}

std::string stack_alert_name(const std::string& stack, const std::string& name) { return stack + '-' + name; }

}  // namespace kontena::model
