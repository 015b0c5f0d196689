#include <algorithm>
#include <array>

#include "kontena/alerts/alerts.h"

namespace kontena::alerts {
namespace {

using model::AlertKind;
using model::AlertRule;
using model::ClusterView;

constexpr std::int64_t crashes = 3;  // bad ends in a row
constexpr std::size_t longest_reason = 200;

constexpr std::array table{
    KindRow{AlertKind::crash_loop, false, Duration(0), "an instance ended badly three times in a row, or was given up"},
    KindRow{AlertKind::deploy_failed, false, Duration(0), "the newest deployment of a stack has failed"},
    KindRow{AlertKind::node_lost, true, Duration(0), "a node is not heard of any more, and what it ran is started elsewhere"},
    KindRow{AlertKind::unhealthy, false, Duration(30'000), "the health check of an instance fails"},
    KindRow{AlertKind::unplaced, false, Duration(60'000), "no node fits an instance"},
};
static_assert([] {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].kind) != i) return false;
  return table.size() == model::Names<AlertKind>::all.size();
}());
static_assert(std::ranges::is_sorted(model::Names<AlertKind>::all));

// One line, not too long: what containers say comes into it.
std::string line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  if (text.size() <= longest_reason) return text;
  text.resize(longest_reason);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
  return text + "…";
}

std::string scope_of(const AlertRule& rule) {
  std::string scope = rule.grid + '/' + rule.project + '/';
  if (!rule.stack.empty()) scope += rule.stack + '/';
  if (!rule.service.empty()) scope += rule.service + '/';
  return scope;
}

// What is bad of a service: how many of its instances, and the first one's reason.
struct Bad {
  std::int64_t count = 0, all = 0;
  std::string first;
};

// `judge` gives the reason why an instance is bad, "" where it is not.
Found of_instances(const AlertRule& rule, const ClusterView& view, const std::string& what, const auto& judge) {
  std::map<std::string, Bad> services;
  view.instances.each(scope_of(rule), [&](const auto& item) {
    const model::Instance& instance = item.value;
    if (instance.desired != model::Desired::running) return;
    Bad& bad = services[instance.stack + '/' + instance.service];
    ++bad.all;
    const std::string reason = judge(item);
    if (reason.empty()) return;
    if (bad.count++ == 0) bad.first = instance.service + '-' + std::to_string(instance.slot) + reason;
  });
  Found found;
  for (const auto& [service, bad] : services)
    if (bad.count > 0)
      found[service] = std::to_string(bad.count) + " of " + std::to_string(bad.all) + ' ' + what + ": " + line(bad.first);
  return found;
}

std::string on_node(const ClusterView& view, const model::Instance& instance) {
  const auto* node = view.nodes.get(instance.grid + '/' + *instance.node);
  return node ? " on " + node->name : "";
}
std::string why(const model::InstanceStatus& status) {
  if (!status.message.empty()) return ": " + status.message;
  return status.last_failure ? ": " + status.last_failure->message : "";
}

Found unhealthy(const AlertRule& rule, const ClusterView& view, const model::Liveness&) {
  return of_instances(rule, view, "unhealthy", [&](const auto& item) -> std::string {
    const auto* status = view.statuses.get(item.key);
    if (!status || status->health != model::Health::unhealthy) return {};
    return on_node(view, item.value) + why(*status);
  });
}

Found crash_loop(const AlertRule& rule, const ClusterView& view, const model::Liveness&) {
  return of_instances(rule, view, "in a crash loop", [&](const auto& item) -> std::string {
    const auto* status = view.statuses.get(item.key);
    // A replacement of what kept failing begins at zero: what was before it counts along.
    const bool given_up = status && status->state == model::InstanceState::failed;
    const std::int64_t failures = status ? status->failures + item.value.failed_before * crashes : item.value.failed_before * crashes;
    if (!given_up && failures < crashes) return {};
    return on_node(view, item.value) + (status ? why(*status) : "");
  });
}

Found unplaced(const AlertRule& rule, const ClusterView& view, const model::Liveness&) {
  return of_instances(rule, view, "without a node", [&](const auto& item) -> std::string {
    if (!item.value.node.empty()) return {};
    return item.value.why_not.empty() ? ": not tried yet" : ": " + item.value.why_not;
  });
}

Found deploy_failed(const AlertRule& rule, const ClusterView& view, const model::Liveness&) {
  std::map<std::string, const model::Deployment*> newest;
  view.deployments.each(rule.grid + '/' + rule.project + '/' + (rule.stack.empty() ? "" : rule.stack + '/'), [&](const auto& item) {
    const model::Deployment*& known = newest[item.value.stack];
    if (!known || known->created_ms < item.value.created_ms) known = &item.value;
  });
  Found found;
  for (const auto& [stack, deployment] : newest)
    if (deployment->state == model::DeploymentState::failed) found[stack] = "deployment failed: " + line(deployment->reason);
  return found;
}

Found node_lost(const AlertRule& rule, const ClusterView& view, const model::Liveness& liveness) {
  Found found;
  view.nodes.each(rule.grid + '/', [&](const auto& item) {
    const auto state = liveness.find(item.value.id);
    if (state != liveness.end() && state->second == model::NodeState::lost) found[item.value.name] = "node lost: it is not heard of any more";
  });
  return found;
}

using Look = Found (*)(const AlertRule&, const ClusterView&, const model::Liveness&);
constexpr std::array looks{Look{crash_loop}, Look{deploy_failed}, Look{node_lost}, Look{unhealthy}, Look{unplaced}};
static_assert(looks.size() == table.size());

}  // namespace

std::span<const KindRow> kinds() { return table; }
const KindRow& row_of(AlertKind kind) { return table[static_cast<std::size_t>(kind)]; }

Found look(const AlertRule& rule, const ClusterView& view, const model::Liveness& liveness) {
  return looks[static_cast<std::size_t>(rule.kind)](rule, view, liveness);
}

}  // namespace kontena::alerts
