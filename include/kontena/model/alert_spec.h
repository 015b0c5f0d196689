#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/model/service.h"

// What people ask to be told of by itself: what is the same whether a command or a Compose file asks for it.
namespace kontena::model {

// What a rule watches for. In order of their names.
enum class AlertKind { certificate, cpu, crash_loop, deploy_failed, disk, log, memory, node_lost, unhealthy, unplaced };

// What AlertSpec::limit is.
enum class AlertLimit { none, percent, lines, time };  // time: milliseconds

struct AlertKindRow {
  AlertKind kind;
  bool of_project, of_grid;    // may watch what a project has; may watch nodes
  std::int64_t usual_for_ms;   // unless the rule says
  AlertLimit limit;
  std::int64_t usual_limit;    // likewise
};
std::span<const AlertKindRow> alert_kinds();  // in order, one for each AlertKind
const AlertKindRow& row_of(AlertKind);

struct AlertSpec {
  AlertKind kind = AlertKind::unhealthy;
  std::string service;                  // "" = of any
  std::optional<std::int64_t> for_ms;   // none = as is usual. Of a log: the time in which lines are counted
  std::optional<std::int64_t> limit;    // none = as is usual
  std::string pattern;                  // of a log: logs::Pattern
  Strings webhooks;                     // names; none = all of the rule's place
  friend bool operator==(const AlertSpec&, const AlertSpec&) = default;
};

inline constexpr std::int64_t longest_alert_for_ms = 24 * 3'600'000ll;
inline constexpr std::int64_t longest_alert_log_ms = 3'600'000;
inline constexpr std::size_t longest_alert_pattern = 1'000;
inline constexpr std::size_t most_alert_webhooks = 20;

// What is wrong with it, by its key in a Compose file ("when", "for", "over", "pattern", "webhooks"). Whether the pattern
// is one, and whether its service and webhooks are there, is for others to say.
struct WrongAlert {
  std::string field;
  std::string what;
  std::string hint;
};
std::vector<WrongAlert> wrong_in_alert(const AlertSpec&, bool of_grid);

// "80%", "5", "7d", as people write it for this kind; nothing where it is none.
std::optional<std::int64_t> alert_limit(AlertKind, std::string_view text);
std::string alert_limit_text(AlertKind, std::int64_t limit);

// The name of the rule that a stack's file asks for.
std::string stack_alert_name(const std::string& stack, const std::string& name);

}  // namespace kontena::model
