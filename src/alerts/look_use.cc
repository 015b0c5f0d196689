// The kinds that look at what is measured: use, logs, and how long certificates are good.
#include "kontena/base/text.h"
#include "look.h"

namespace kontena::alerts {
namespace {

using model::AlertRule;

struct Share {
  std::int64_t is = 0, of = 0;
  std::string what;  // "of 2.0 GB"
};

// How much of it, in percent; nothing where it is not over the limit, or nobody knows.
std::optional<std::int64_t> over(const Share& share, std::int64_t limit) {
  if (share.of <= 0) return std::nullopt;
  // In floating point: a disk's bytes times a hundred may not fit.
  const double percent = static_cast<double>(share.is) * 100 / static_cast<double>(share.of);
  return percent > static_cast<double>(limit) ? std::optional(static_cast<std::int64_t>(percent)) : std::nullopt;
}

std::string over_text(const AlertRule& rule, std::string_view what) { return "over " + std::to_string(rule.limit) + "% " + std::string(what); }

Found of_nodes(const AlertRule& rule, const Facts& facts, const std::string& what, const auto& share_of) {
  Found found;
  if (!facts.used) return found;
  facts.view.nodes.each(rule.grid + '/', [&](const auto& item) {
    const auto used = facts.used(item.key + '/');
    if (!used) return;
    const Share share = share_of(item.key, *used);
    if (const auto percent = over(share, rule.limit)) found[item.value.name] = what + ": " + std::to_string(*percent) + "% " + share.what;
  });
  return found;
}

Found of_used(const AlertRule& rule, const Facts& facts, const std::string& what, const auto& share_of) {
  if (!facts.used) return {};
  return of_instances(rule, facts.view, what, [&](const auto& item) -> std::string {
    const model::Instance& instance = item.value;
    const auto used = instance.node.empty() ? std::nullopt : facts.used(model::by_node_key(instance));
    if (!used) return {};
    const Share share = share_of(instance, *used);
    const auto percent = over(share, rule.limit);
    return percent ? on_node(facts.view, instance) + ": " + std::to_string(*percent) + "% " + share.what : std::string();
  });
}

std::int64_t processors(const Facts& facts, const std::string& node) {
  const auto* known = facts.view.facts.get(node);
  return known ? known->nano_cpus / 1'000'000 : 0;
}

}  // namespace

// Of its limit; of one that has none, of one processor.
Found cpu(const AlertRule& rule, const Facts& facts) {
  const std::string what = over_text(rule, "CPU");
  if (rule.project.empty())
    return of_nodes(rule, facts, what, [&](const std::string& node, const Used& used) {
      return Share{used.cpu_milli, processors(facts, node), "of its processors"};
    });
  return of_used(rule, facts, what, [&](const model::Instance& instance, const Used& used) {
    const auto* service = facts.view.services.get(instance.grid + '/' + instance.project + '/' + instance.stack + '/' + instance.service);
    const std::int64_t limit = service ? service->spec.limits.nano_cpus / 1'000'000 : 0;
    return limit > 0 ? Share{used.cpu_milli, limit, "of its limit"} : Share{used.cpu_milli, 1'000, "of a processor"};
  });
}

// Of its limit; of one that has none, of the node's.
Found memory(const AlertRule& rule, const Facts& facts) {
  const std::string what = over_text(rule, "memory");
  if (rule.project.empty())
    return of_nodes(rule, facts, what, [](const std::string&, const Used& used) {
      return Share{used.memory, used.memory_limit, "of " + text::human_bytes(used.memory_limit)};
    });
  return of_used(rule, facts, what, [&](const model::Instance& instance, const Used& used) {
    if (used.memory_limit > 0) return Share{used.memory, used.memory_limit, "of its limit of " + text::human_bytes(used.memory_limit)};
    const auto* node = facts.view.facts.get(instance.grid + '/' + *instance.node);
    return Share{used.memory, node ? node->memory_bytes : 0, "of the node's memory"};
  });
}

Found disk(const AlertRule& rule, const Facts& facts) {
  return of_nodes(rule, facts, over_text(rule, "of the disk"), [](const std::string&, const Used& used) {
    return Share{used.disk_used, used.disk_size, "of " + text::human_bytes(used.disk_size)};
  });
}

// Certificates renew themselves long before: one that does not has an agent that cannot, or a server that is not let.
Found certificate(const AlertRule& rule, const Facts& facts) {
  Found found;
  const auto look_at = [&](const std::string& subject, std::int64_t ends_ms) {
    if (ends_ms == 0 || ends_ms - to_ms(facts.now) >= rule.limit) return;
    found[subject] = "the certificate ends soon: " + text::rfc3339(from_ms(ends_ms));
  };
  look_at("authority of the server", facts.authority_ends_ms);
  facts.view.nodes.each(rule.grid + '/', [&](const auto& item) {
    if (const auto known = facts.certificates.find(item.value.id); known != facts.certificates.end()) look_at(item.value.name, known->second);
  });
  return found;
}

Found log(const AlertRule& rule, const Facts& facts) {
  Found found;
  const auto counted = facts.lines.find(model::alert_key(rule));
  if (counted == facts.lines.end()) return found;
  const std::string in = " in " + text::human_duration(Duration(rule.for_ms));
  for (const auto& [subject, lines] : counted->second)
    if (lines.count >= rule.limit)
      found[subject] = (rule.limit == 1 ? "lines of the log match" : std::to_string(rule.limit) + " and more lines match") + in + ": " +
                       std::to_string(lines.count) + ", " + line(lines.newest);
  return found;
}

}  // namespace kontena::alerts
