#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/model/alert.h"
#include "kontena/model/view.h"

// What rules find, what follows from it, and who is to be told. All of it is pure.
namespace kontena::alerts {

// A kind of rule.
struct KindRow {
  model::AlertKind kind;
  bool of_grid;         // about nodes; else about what a project has
  Duration usual;       // how long it must be so, unless the rule says
  std::string_view says;
};
std::span<const KindRow> kinds();  // in order of name, one for each AlertKind
const KindRow& row_of(model::AlertKind);

// What a rule finds as it watches for it, by subject, with a line for people.
using Found = std::map<std::string, std::string>;
Found look(const model::AlertRule&, const model::ClusterView&, const model::Liveness&);

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
Changes step(const Book&, const model::ClusterView&, const model::Liveness&, Time now, Watch&);

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
