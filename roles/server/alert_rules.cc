#include "alert_rules.h"

#include <algorithm>
#include <tuple>

#include "kontena/base/text.h"
#include "kontena/logs/pattern.h"
#include "kontena/store/tables.h"
#include "routes/find.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

bool anybody(const model::ClusterView& view, const AlertPlace& place) {
  bool any = false;
  view.webhooks.each(place.text() + '/', [&](const auto&) { any = true; });
  return any;
}

// What it was made of, without what happened to it since.
bool same(const model::AlertRule& a, const model::AlertRule& b) {
  return std::tie(a.kind, a.stack, a.service, a.for_ms, a.limit, a.pattern, a.webhooks) ==
         std::tie(b.kind, b.stack, b.service, b.for_ms, b.limit, b.pattern, b.webhooks);
}

void drop_states(const model::ClusterView& view, const std::string& key, store::Commit& commit) {
  view.alert_states.each(key + '/', [&](const auto& state) { commit.deletes.push_back(store::alert_states.key(state.key)); });
}

// One rule of a stack's file. `count`: of the rules of the place.
Status put_one(const model::ClusterView& view, const AlertPlace& place, const model::AlertRule& rule, store::Commit& commit, std::size_t& count) {
  const std::string key = model::alert_key(rule);
  KTN_OK(check_readable(view, store::alert_rules.key(key)));
  const auto* known = view.alert_rules.find(key);
  if (known && known->value.of_stack != rule.of_stack)
    return Error{Code::failed_precondition, "there is an alert '" + rule.name + "' already, which is not this stack's",
                 "give one of them another name, or: kontena client alert rm " + rule.name};
  if (known && same(known->value, rule)) return Done{};
  if (!known && ++count > most_alert_rules)
    return Error{Code::failed_precondition, "project '" + place.project + "' would have more than " + std::to_string(most_alert_rules) + " alerts",
                 "kontena client alert ls"};
  commit.unchanged.push_back({store::alert_rules.key(key), known ? known->revision : 0});
  commit.puts.push_back(store::alert_rules.put(key, rule));
  if (known) drop_states(view, key, commit);
  return Done{};
}

}  // namespace

Status check_alert(const model::ClusterView& view, const AlertPlace& place, const model::AlertSpec& spec) {
  const auto wrong = model::wrong_in_alert(spec, place.project.empty());
  if (!wrong.empty()) return Error{Code::invalid_argument, wrong.front().what, wrong.front().hint};
  if (!spec.pattern.empty())
    if (const auto pattern = logs::Pattern::compile(spec.pattern); !pattern) return pattern.error();
  for (const std::string& name : spec.webhooks)
    if (!text::is_label(name) || !view.webhooks.get(place.text() + '/' + name))
      return absent("webhook", name.substr(0, 100), "kontena client webhook ls");
  return Done{};
}

model::AlertRule alert_rule_of(const AlertPlace& place, std::string name, std::string stack, const model::AlertSpec& spec, const Call& call) {
  const model::AlertKindRow& row = model::row_of(spec.kind);
  model::AlertRule rule{.grid = place.grid,
                        .project = place.project,
                        .name = std::move(name),
                        .kind = spec.kind,
                        .stack = std::move(stack),
                        .service = spec.service,
                        .for_ms = spec.for_ms.value_or(row.usual_for_ms),
                        .webhooks = spec.webhooks,
                        .created_ms = to_ms(call.now),
                        .created_by = call.who.text(),
                        .limit = spec.limit.value_or(row.usual_limit),
                        .pattern = spec.pattern};
  std::ranges::sort(rule.webhooks);
  rule.webhooks.erase(std::ranges::unique(rule.webhooks).begin(), rule.webhooks.end());
  return rule;
}

Status put_stack_alerts(const model::ClusterView& view, const Call& call, const model::StackPath& path, const model::StackSpec& spec,
                        store::Commit& commit, std::vector<std::string>& warnings) {
  const AlertPlace place{path.grid, path.project};
  std::size_t count = 0;
  view.alert_rules.each(place.text() + '/', [&](const auto& item) {
    ++count;
    if (item.value.of_stack != path.stack || spec.alerts.contains(item.value.name.substr(std::min(item.value.name.size(), path.stack.size() + 1)))) return;
    commit.unchanged.push_back(unchanged(store::alert_rules, item));
    commit.deletes.push_back(store::alert_rules.key(item.key));
    drop_states(view, item.key, commit);
  });
  for (const auto& [name, alert] : spec.alerts) {
    if (const Status checked = check_alert(view, place, alert); !checked)
      return Error{checked.error().code, "alert '" + name + "': " + checked.error().message, checked.error().hint};
    model::AlertRule rule = alert_rule_of(place, model::stack_alert_name(path.stack, name), path.stack, alert, call);
    rule.of_stack = path.stack;
    KTN_OK(put_one(view, place, rule, commit, count));
  }
  if (!spec.alerts.empty() && !anybody(view, place))
    warnings.push_back("nobody is told of the stack's alerts: project '" + path.project + "' has no webhook (kontena client webhook create NAME --url-file FILE)");
  return Done{};
}

void drop_stack_alerts(const model::ClusterView& view, const model::StackPath& path, store::Commit& commit) {
  view.alert_rules.each(path.grid + '/' + path.project + '/', [&](const auto& item) {
    if (item.value.of_stack != path.stack) return;
    commit.unchanged.push_back(unchanged(store::alert_rules, item));
    commit.deletes.push_back(store::alert_rules.key(item.key));
    drop_states(view, item.key, commit);
  });
}

}  // namespace kontena::server
