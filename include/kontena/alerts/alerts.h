#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kontena/alerts/lines.h"
#include "kontena/base/clock.h"
#include "kontena/model/alert.h"
#include "kontena/model/view.h"

// What rules find, what follows from it, and who is to be told. All of it is pure.
namespace kontena::alerts {

// What an instance or a node uses; 0 of what is not known.
struct Used {
  std::int64_t cpu_milli = 0, memory = 0, memory_limit = 0, disk_used = 0, disk_size = 0;
};

// What is so, as far as rules ask about it.
struct Facts {
  const model::ClusterView& view;
  const model::Liveness& liveness;
  Time now{};
  // The newest of an instance (GRID/NODE/INSTANCE), or of a node (GRID/NODE/); nothing where it is of no use any more.
  std::function<std::optional<Used>(const std::string&)> used = {};
  std::map<NodeId, std::int64_t> certificates = {};  // of nodes: when they end; of those that were heard
  std::int64_t authority_ends_ms = 0;                // 0 = not known
  std::map<std::string, std::map<std::string, Lines>> lines = {};  // by alert_key of the rule, by subject
};

// What a rule finds as it watches for it, by subject, with a line for people. What is before the first ':' in it changes
// only where it is worth a write.
using Found = std::map<std::string, std::string>;
Found look(const model::AlertRule&, const Facts&);

// All rules and what is known of them, by their keys.
struct Book {
  std::map<std::string, model::AlertRule> rules;
  std::map<std::string, model::AlertState> states;
  std::map<std::string, model::Webhook> webhooks;  // GRID/PROJECT/NAME
};

// Since when what is not yet a state is so, and what is one is no longer so; by key of a state. It is in memory only:
// after a start it begins anew, which tells of nothing too early.
struct Watch {
  std::map<std::string, std::int64_t> bad_since;
  std::map<std::string, std::int64_t> good_since;
};

// An end is believed when it has lasted for so long: what comes and goes fires once.
inline constexpr Duration calm{15'000};
// Ended states are listed for so long.
inline constexpr Duration remembered{3'600'000};
inline constexpr std::size_t most_states = 500;  // of a rule

struct Changes {
  std::vector<model::AlertState> put;
  std::vector<std::string> drop;  // keys
  bool empty() const { return put.empty() && drop.empty(); }
};
Changes step(const Book&, const Facts&, Watch&);

// How notices are paced: the first waits for what comes along with it, and what still is so is told again.
inline constexpr Duration group_wait{5'000};
inline constexpr Duration repeat_after{4 * 3'600'000};
inline constexpr std::size_t most_told = 100;  // states, in one notice

// What a webhook is to be told now.
struct Notice {
  std::string webhook;             // key
  std::vector<model::AlertState> states;  // firing ones first
};
std::vector<Notice> due(const Book&, Time now);
bool is_told(const model::AlertState&, const std::string& webhook);  // all that it is to know of it

// The webhooks of a rule: names, of those that there are.
std::vector<std::string> webhooks_of(const Book&, const model::AlertRule&);

}  // namespace kontena::alerts
