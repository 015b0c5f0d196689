#include <algorithm>

#include "kontena/alerts/alerts.h"

namespace kontena::alerts {
namespace {

using model::AlertRule;
using model::AlertState;

// What of a summary is worth a write: how many there are, and not what the first one says at this moment.
std::string_view head(std::string_view summary) { return summary.substr(0, summary.find(':')); }

// The states of one rule: what is so, held against what is known.
class OfRule {
 public:
  OfRule(const AlertRule& rule, const Book& book, Found found, std::int64_t now_ms, Watch& watch, Changes& changes)
      : rule_(rule), book_(book), found_(std::move(found)), now_(now_ms), watch_(watch), changes_(changes) {}

  void run() {
    const std::string prefix = model::alert_key(rule_) + '/';
    for (const auto& [subject, summary] : found_) is_so(prefix + subject, subject, summary);
    for (auto at = book_.states.lower_bound(prefix); at != book_.states.end() && at->first.starts_with(prefix); ++at) {
      ++states_;
      if (!found_.contains(at->second.subject)) is_not_so(at->first, at->second);
    }
    for (auto& [key, state] : fresh_)
      if (states_++ < most_states) changes_.put.push_back(std::move(state));
    forget(prefix);
  }

 private:
  void is_so(const std::string& key, const std::string& subject, const std::string& summary) {
    watch_.good_since.erase(key);
    const auto known = book_.states.find(key);
    if (known != book_.states.end() && known->second.resolved_ms == 0) {
      watch_.bad_since.erase(key);
      if (head(known->second.summary) == head(summary)) return;
      AlertState state = known->second;
      state.summary = summary;
      changes_.put.push_back(std::move(state));
      return;
    }
    const std::int64_t since = watch_.bad_since.emplace(key, now_).first->second;
    // Of a log that is the time in which lines were counted already.
    if (rule_.kind != model::AlertKind::log && now_ - since < rule_.for_ms) return;
    watch_.bad_since.erase(key);
    AlertState state{.grid = rule_.grid, .project = rule_.project, .rule = rule_.name, .subject = subject, .summary = summary,
                     .since_ms = since, .fired_ms = now_};
    // An end that was not told yet, or told: what was taken before is of the time before.
    if (known != book_.states.end()) changes_.put.push_back(std::move(state));
    else fresh_.emplace_back(key, std::move(state));
  }

  void is_not_so(const std::string& key, const AlertState& known) {
    if (known.resolved_ms == 0) {
      const std::int64_t since = watch_.good_since.emplace(key, now_).first->second;
      if (now_ - since < calm.count()) return;
      watch_.good_since.erase(key);
      AlertState state = known;
      state.resolved_ms = now_;
      changes_.put.push_back(std::move(state));
      return;
    }
    const auto webhooks = webhooks_of(book_, rule_);
    const bool told = std::ranges::all_of(webhooks, [&](const std::string& name) { return is_told(known, name); });
    // Whom nobody could tell for so long is told no more.
    const std::int64_t age = now_ - known.resolved_ms;
    if (age >= remembered.count() && (told || age >= 24 * remembered.count())) changes_.drop.push_back(key);
  }

  // What was bad and is no more, before it fired.
  void forget(const std::string& prefix) {
    for (auto at = watch_.bad_since.lower_bound(prefix); at != watch_.bad_since.end() && at->first.starts_with(prefix);)
      at = found_.contains(at->first.substr(prefix.size())) ? std::next(at) : watch_.bad_since.erase(at);
  }

  const AlertRule& rule_;
  const Book& book_;
  const Found found_;
  const std::int64_t now_;
  Watch& watch_;
  Changes& changes_;
  std::vector<std::pair<std::string, AlertState>> fresh_;
  std::size_t states_ = 0;
};

// What a rule's webhook is still to be told of a state, at this time.
bool wants(const AlertState& state, const std::string& webhook, std::int64_t now) {
  if (!is_told(state, webhook)) return now - std::max(state.fired_ms, state.resolved_ms) >= group_wait.count();
  const auto told = state.told.find(webhook);
  return state.resolved_ms == 0 && state.acked_ms == 0 && told != state.told.end() &&
         now - told->second.at_ms >= repeat_after.count();
}

}  // namespace

Changes step(const Book& book, const Facts& facts, Watch& watch) {
  Changes changes;
  for (const auto& [key, rule] : book.rules) OfRule(rule, book, look(rule, facts), to_ms(facts.now), watch, changes).run();
  // States of rules that are gone. Nobody waits for their end.
  for (const auto& [key, state] : book.states)
    if (!book.rules.contains(state.grid + '/' + state.project + '/' + state.rule)) changes.drop.push_back(key);
  return changes;
}

bool is_told(const AlertState& state, const std::string& webhook) {
  const auto told = state.told.find(webhook);
  if (state.resolved_ms == 0) return told != state.told.end() && told->second.firing && told->second.at_ms >= state.fired_ms;
  // The end of what it never heard of is nothing to it.
  return told == state.told.end() || !told->second.firing;
}

std::vector<std::string> webhooks_of(const Book& book, const AlertRule& rule) {
  std::vector<std::string> names;
  const std::string prefix = rule.grid + '/' + rule.project + '/';
  for (auto at = book.webhooks.lower_bound(prefix); at != book.webhooks.end() && at->first.starts_with(prefix); ++at)
    if (rule.webhooks.empty() || std::ranges::find(rule.webhooks, at->second.name) != rule.webhooks.end())
      names.push_back(at->second.name);
  return names;
}

std::vector<Notice> due(const Book& book, Time now) {
  std::map<std::string, Notice> notices;
  for (const auto& [key, state] : book.states) {
    const auto rule = book.rules.find(state.grid + '/' + state.project + '/' + state.rule);
    if (rule == book.rules.end() || rule->second.silent_until_ms > to_ms(now)) continue;
    for (const std::string& name : webhooks_of(book, rule->second)) {
      if (!wants(state, name, to_ms(now))) continue;
      const std::string webhook = state.grid + '/' + state.project + '/' + name;
      Notice& notice = notices[webhook];
      notice.webhook = webhook;
      notice.states.push_back(state);
    }
  }
  std::vector<Notice> all;
  for (auto& [webhook, notice] : notices) {
    std::ranges::stable_partition(notice.states, [](const AlertState& state) { return state.resolved_ms == 0; });
    if (notice.states.size() > most_told) notice.states.resize(most_told);
    all.push_back(std::move(notice));
  }
  return all;
}

}  // namespace kontena::alerts
