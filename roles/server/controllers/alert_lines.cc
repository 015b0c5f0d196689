#include "alert_lines.h"

#include "../log_keeper.h"
#include "kontena/base/log.h"

namespace kontena::server {

std::map<std::string, std::map<std::string, alerts::Lines>> AlertLines::look(const model::ClusterView& view, Time now) {
  std::map<std::string, std::map<std::string, alerts::Lines>> all;
  std::erase_if(rules_, [&](const auto& known) {
    const auto* rule = view.alert_rules.get(known.first);
    return !rule || rule->created_ms != known.second.created_ms;
  });
  view.alert_rules.each("", [&](const auto& item) {
    const model::AlertRule& rule = item.value;
    if (rule.kind != model::AlertKind::log) return;
    auto known = rules_.find(item.key);
    if (known == rules_.end()) {
      const auto pattern = logs::Pattern::compile(rule.pattern);
      if (!pattern) return;  // it was one when the rule was made
      known = rules_.emplace(item.key, Known{rule.created_ms, *pattern, 0, false, alerts::LineWindow(rule.for_ms)}).first;
    }
    read(view, rule, known->second, now);
    all[item.key] = known->second.window.lines(to_ms(now));
  });
  return all;
}

void AlertLines::read(const model::ClusterView& view, const model::AlertRule& rule, Known& known, Time now) const {
  const auto* project = view.projects.get(rule.grid + '/' + rule.project);
  const auto kept = context_.log_keeper ? context_.log_keeper->kept() : Result<logs::Kept*>(Error{Code::unavailable, ""});
  if (!project || !kept) return;  // `alert ls` says it
  const std::uint64_t newest = (*kept)->newest();
  if (known.begun && newest == known.read) return;
  logs::Selection selection{.project = kept_project(*project), .after = known.read, .up_to = newest, .pattern = known.pattern};
  if (!rule.stack.empty()) selection.of.push_back({rule.stack, rule.service});
  // What was before the rule is not its matter.
  const std::int64_t from_ms = std::max(to_ms(now) - rule.for_ms, rule.created_ms);
  if (!known.begun) selection.since_ns = from_ms * 1'000'000;
  const Status read = (*kept)->read(selection, [&](const logs::KeptLine& line) {
    if (line.stream == logs::Stream::note) return true;
    // Lines of a node that was away count when they come: nobody could be told before.
    const std::int64_t at_ms = known.begun ? to_ms(now) : std::min(line.time_ns / 1'000'000, to_ms(now));
    known.window.add(at_ms, line.source.stack + '/' + line.source.service,
                     line.source.service + '-' + std::to_string(line.origin.slot) + ": " + std::string(line.text.substr(0, 400)));
    return true;
  });
  if (!read) return log::warn("an alert's lines cannot be read", {{"alert", model::alert_key(rule)}, {"reason", read.error().message}});
  known.read = newest;
  known.begun = true;
}

}  // namespace kontena::server
