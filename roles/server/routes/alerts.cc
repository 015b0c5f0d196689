#include <algorithm>

#include "../alert_rules.h"
#include "../log_keeper.h"
#include "../unreadable.h"
#include "../webhooks.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

constexpr std::size_t longest_why = 200, longest_subject = 200;
constexpr std::int64_t longest_silence_ms = 30 * 24 * 3'600'000ll;

std::string scope_of(const Call& call) {
  const auto project = call.path.find("project");
  return call.at("grid") + '/' + (project == call.path.end() ? "" : project->second);
}
bool of_grid(const Call& call) { return !call.path.contains("project"); }

Status need_place(const ClusterView& view, const Call& call) {
  return of_grid(call) ? need_grid(view, call) : need_project(view, call);
}

Result<const Ordered<model::AlertRule>::Item*> find_alert(const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  const std::string& name = call.at("alert");
  const std::string key = scope_of(call) + '/' + name;
  KTN_OK(check_readable(view, store::alert_rules.key(key)));
  const auto* item = text::is_label(name) ? view.alert_rules.find(key) : nullptr;
  if (!item) return absent("alert", name.substr(0, 100), "kontena client alert ls");
  return item;
}

AlertPlace place_of_rules(const Call& call) { return {call.at("grid"), of_grid(call) ? "" : call.at("project")}; }

Result<model::AlertKind> kind_of(const std::string& when, bool grid) {
  if (const auto kind = model::named<model::AlertKind>(when)) return *kind;
  std::vector<std::string> names;
  for (const model::AlertKindRow& row : model::alert_kinds())
    if (grid ? row.of_grid : row.of_project) names.emplace_back(model::name(row.kind));
  return Error{Code::invalid_argument,
               "'" + when.substr(0, 50) + "' is nothing that an alert of " + (grid ? "a grid" : "a project") + " watches for",
               "one of " + text::join(names, ", ")};
}

Result<model::AlertSpec> asked_alert(const ClusterView& view, const Call& call, const api::AlertRequest& asked) {
  KTN_TRY(const model::AlertKind kind, kind_of(asked.when, of_grid(call)));
  if (!text::is_label(call.at("alert")))
    return Error{Code::invalid_argument, "'" + call.at("alert").substr(0, 100) + "' cannot be an alert's name",
                 "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  if (of_grid(call) && !(asked.stack.empty() && asked.service.empty()))
    return Error{Code::invalid_argument, "an alert of a grid is about its nodes, not about a stack or service"};
  if (asked.stack.empty() && !asked.service.empty()) return Error{Code::invalid_argument, "a service is named with its stack: STACK/SERVICE"};
  for (const std::string& name : {asked.stack, asked.service})
    if (name.size() > 255 || name.find('/') != std::string::npos) return Error{Code::invalid_argument, "that is no name of a stack or service"};
  model::AlertSpec spec{.kind = kind, .service = asked.service, .for_ms = asked.for_ms, .limit = asked.limit, .pattern = asked.pattern, .webhooks = asked.webhooks};
  KTN_OK(check_alert(view, place_of_rules(call), spec));
  return spec;
}

// What a stack's file asks for is changed there, or the next deploy would take it back.
Status need_no_file(const model::AlertRule& rule) {
  if (rule.of_stack.empty()) return Done{};
  return Error{Code::failed_precondition, "alert '" + rule.name + "' stands in the Compose file of stack '" + rule.of_stack + "'",
               "change it there, and deploy; for a while: kontena client alert silence " + rule.name + " --for 2h"};
}

// Where nobody would be told, silence is no answer.
Status check_somebody_is_told(const ClusterView& view, const Call& call) {
  bool any = false;
  view.webhooks.each(scope_of(call) + '/', [&](const auto&) { any = true; });
  if (any) return Done{};
  return Error{Code::failed_precondition, "there is no webhook here that could be told",
               of_grid(call) ? "kontena client webhook create --of-grid NAME --url-file FILE" : "kontena client webhook create NAME --url-file FILE"};
}

// Why such a rule cannot find anything now.
std::string trouble_of(const Context& context, const model::AlertRule& rule) {
  using enum model::AlertKind;
  if (rule.kind == log) return !context.log_keeper ? "logs are not kept" : context.log_keeper->trouble();
  return "";
}

api::AlertEntry entry_of(const Context& context, const alerts::Book& book, const model::AlertRule& rule) {
  api::AlertEntry entry{.name = rule.name,
                        .when = std::string(model::name(rule.kind)),
                        .stack = rule.stack,
                        .service = rule.service,
                        .for_ms = rule.for_ms,
                        .webhooks = rule.webhooks,
                        .silent_until_ms = rule.silent_until_ms,
                        .silent_why = rule.silent_why,
                        .created_ms = rule.created_ms,
                        .created_by = rule.created_by,
                        .limit = rule.limit,
                        .pattern = rule.pattern,
                        .of_stack = rule.of_stack,
                        .trouble = trouble_of(context, rule),
                        .findings = {}};
  const std::string prefix = model::alert_key(rule) + '/';
  for (auto at = book.states.lower_bound(prefix); at != book.states.end() && at->first.starts_with(prefix); ++at) {
    const model::AlertState& state = at->second;
    api::AlertFinding finding{.subject = state.subject,
                              .summary = state.summary,
                              .firing = state.resolved_ms == 0,
                              .since_ms = state.since_ms,
                              .fired_ms = state.fired_ms,
                              .resolved_ms = state.resolved_ms,
                              .acked_by = state.acked_by,
                              .untold = {}};
    for (const std::string& name : alerts::webhooks_of(book, rule))
      if (!alerts::is_told(state, name)) finding.untold.push_back(name);
    entry.findings.push_back(std::move(finding));
  }
  std::ranges::stable_partition(entry.findings, [](const api::AlertFinding& finding) { return finding.firing; });
  return entry;
}

// Of one place only: its rules, their states, its webhooks.
alerts::Book book_of(const ClusterView& view, const std::string& scope) {
  alerts::Book book;
  view.alert_rules.each(scope + '/', [&](const auto& item) { book.rules.emplace(item.key, item.value); });
  view.alert_states.each(scope + '/', [&](const auto& item) { book.states.emplace(item.key, item.value); });
  view.webhooks.each(scope + '/', [&](const auto& item) { book.webhooks.emplace(item.key, item.value); });
  return book;
}

void rest_on_place(const ClusterView& view, const Call& call, store::Commit& commit) {
  if (of_grid(call))
    commit.unchanged.push_back(unchanged(store::grids, *view.grids.find(call.at("grid"))));
  else
    commit.unchanged.push_back(unchanged(store::projects, *view.projects.find(scope_of(call))));
}

}  // namespace

Result<Answer> list_alerts(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  const alerts::Book book = book_of(view, scope_of(call));
  api::AlertList list;
  for (const auto& [key, rule] : book.rules) list.alerts.push_back(entry_of(context, book, rule));
  return answer(list);
}

// Made, or changed: what it has found until now goes, and is found anew.
Result<Change> put_alert(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_place(view, call));
  KTN_TRY(const auto asked, body_of<api::AlertRequest>(call));
  KTN_TRY(const model::AlertSpec spec, asked_alert(view, call, asked));
  KTN_OK(check_somebody_is_told(view, call));
  const std::string scope = scope_of(call), key = scope + '/' + call.at("alert");
  KTN_OK(check_readable(view, store::alert_rules.key(key)));
  const auto* item = view.alert_rules.find(key);
  if (item) KTN_OK(need_no_file(item->value));
  const alerts::Book book = book_of(view, scope);
  if (!item && book.rules.size() >= most_alert_rules)
    return Error{Code::failed_precondition, "there are " + std::to_string(book.rules.size()) + " alerts already", "kontena client alert rm ALERT"};
  const model::AlertRule rule = alert_rule_of(place_of_rules(call), call.at("alert"), asked.stack, spec, call);
  Change change{.reply = json(entry_of(context, {}, rule), item ? 200 : 201), .resource = key};
  change.commit.unchanged = {{store::alert_rules.key(key), item ? item->revision : 0}};
  rest_on_place(view, call, change.commit);
  change.commit.puts = {store::alert_rules.put(key, rule)};
  view.alert_states.each(key + '/', [&](const auto& state) { change.commit.deletes.push_back(store::alert_states.key(state.key)); });
  return change;
}

Result<Change> remove_alert(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_alert(view, call));
  KTN_OK(need_no_file(item->value));
  Change change{.reply = {200, "{}"}, .resource = item->key};
  change.commit.unchanged = {unchanged(store::alert_rules, *item)};
  change.commit.deletes = {store::alert_rules.key(item->key)};
  view.alert_states.each(item->key + '/', [&](const auto& state) { change.commit.deletes.push_back(store::alert_states.key(state.key)); });
  return change;
}

Result<Change> ack_alert(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_alert(view, call));
  KTN_TRY(const auto asked, body_of<api::AlertAck>(call));
  Change change{.resource = item->key};
  api::AlertAcked acked;
  bool found = false;
  view.alert_states.each(item->key + '/', [&](const auto& known) {
    if (known.value.resolved_ms != 0 || (!asked.subject.empty() && known.value.subject != asked.subject)) return;
    found = true;
    if (known.value.acked_ms != 0) return;
    model::AlertState state = known.value;
    state.acked_ms = to_ms(call.now);
    state.acked_by = call.who.text();
    change.commit.unchanged.push_back(unchanged(store::alert_states, known));
    change.commit.puts.push_back(store::alert_states.put(known.key, state));
    ++acked.acked;
  });
  if (!found && !asked.subject.empty())
    return absent("firing of '" + item->value.name + "' about", asked.subject.substr(0, longest_subject), "kontena client alert ls");
  change.reply = json(acked);
  return change;
}

Result<Change> silence_alert(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_alert(view, call));
  KTN_TRY(const auto asked, body_of<api::AlertSilence>(call));
  if (asked.for_ms < 0 || asked.for_ms > longest_silence_ms) return Error{Code::invalid_argument, "an alert is silenced for at most 30 days"};
  if (asked.why.size() > longest_why) return Error{Code::invalid_argument, "why it is silenced has at most 200 bytes"};
  model::AlertRule rule = item->value;
  rule.silent_until_ms = asked.for_ms == 0 ? 0 : to_ms(call.now) + asked.for_ms;
  rule.silent_why = asked.for_ms == 0 ? "" : asked.why;
  Change change{.reply = json(entry_of(context, book_of(view, scope_of(call)), rule)), .resource = item->key};
  change.commit.unchanged = {unchanged(store::alert_rules, *item)};
  change.commit.puts = {store::alert_rules.put(item->key, rule)};
  return change;
}

// Tells the alert's webhooks of a test, whatever is silenced, and changes nothing.
Status send_test(Context& context, const View& view, Call& call) {
  KTN_TRY(const auto* item, find_alert(*view, call));
  const alerts::Book book = book_of(*view, scope_of(call));
  const model::AlertRule& rule = item->value;
  const auto names = alerts::webhooks_of(book, rule);
  if (names.empty()) KTN_OK(check_somebody_is_told(*view, call));
  const std::string place = rule.grid + (rule.project.empty() ? "" : '/' + rule.project);
  const std::string who = call.who.text();
  const api::Notice notice{
      .id = context.ids.id(),
      .text = "[test] " + place + ' ' + rule.name + ": a test by " + who,
      .grid = rule.grid,
      .project = rule.project,
      .sent_ms = to_ms(call.now),
      .alerts = {{.alert = rule.name, .when = std::string(model::name(rule.kind)), .state = "test", .subject = "test", .summary = "a test by " + who}}};
  api::AlertTest test;
  for (const std::string& name : names) {
    const std::string key = scope_of(call) + '/' + name;
    const Status sent = context.webhooks.send(context.store, context.vault, key, book.webhooks.at(key), notice);
    test.results.push_back({name, sent ? "" : sent.error().message});
  }
  call.proof = codec::to_json(test);
  return Done{};
}

Result<Change> answer_test(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_alert(view, call));
  return Change{.reply = {200, call.proof}, .resource = item->key};
}

}  // namespace kontena::server
