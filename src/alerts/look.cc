#include "look.h"

#include <array>

namespace kontena::alerts {
namespace {

using model::AlertRule;

constexpr std::int64_t crashes = 3;  // bad ends in a row

std::string why(const model::InstanceStatus& status) {
  if (!status.message.empty()) return ": " + status.message;
  return status.last_failure ? ": " + status.last_failure->message : "";
}

Found unhealthy(const AlertRule& rule, const Facts& facts) {
  return of_instances(rule, facts.view, "unhealthy", [&](const auto& item) -> std::string {
    const auto* status = facts.view.statuses.get(item.key);
    if (!status || status->health != model::Health::unhealthy) return {};
    return on_node(facts.view, item.value) + why(*status);
  });
}

Found crash_loop(const AlertRule& rule, const Facts& facts) {
  return of_instances(rule, facts.view, "in a crash loop", [&](const auto& item) -> std::string {
    const auto* status = facts.view.statuses.get(item.key);
    // A replacement of what kept failing begins at zero: what was before it counts along.
    const bool given_up = status && status->state == model::InstanceState::failed;
    const std::int64_t failures = status ? status->failures + item.value.failed_before * crashes : item.value.failed_before * crashes;
    if (!given_up && failures < crashes) return {};
    return on_node(facts.view, item.value) + (status ? why(*status) : "");
  });
}

Found unplaced(const AlertRule& rule, const Facts& facts) {
  return of_instances(rule, facts.view, "without a node", [&](const auto& item) -> std::string {
    if (!item.value.node.empty()) return {};
    return item.value.why_not.empty() ? ": not tried yet" : ": " + item.value.why_not;
  });
}

Found deploy_failed(const AlertRule& rule, const Facts& facts) {
  std::map<std::string, const model::Deployment*> newest;
  facts.view.deployments.each(rule.grid + '/' + rule.project + '/' + (rule.stack.empty() ? "" : rule.stack + '/'), [&](const auto& item) {
    const model::Deployment*& known = newest[item.value.stack];
    if (!known || known->created_ms < item.value.created_ms) known = &item.value;
  });
  Found found;
  for (const auto& [stack, deployment] : newest)
    if (deployment->state == model::DeploymentState::failed) found[stack] = "deployment failed: " + line(deployment->reason);
  return found;
}

Found node_lost(const AlertRule& rule, const Facts& facts) {
  Found found;
  facts.view.nodes.each(rule.grid + '/', [&](const auto& item) {
    const auto state = facts.liveness.find(item.value.id);
    if (state != facts.liveness.end() && state->second == model::NodeState::lost) found[item.value.name] = "node lost: it is not heard of any more";
  });
  return found;
}

using Look = Found (*)(const AlertRule&, const Facts&);
constexpr std::array looks{Look{certificate}, Look{cpu}, Look{crash_loop}, Look{deploy_failed}, Look{disk},
                           Look{log}, Look{memory}, Look{node_lost}, Look{unhealthy}, Look{unplaced}};
static_assert(looks.size() == model::Names<model::AlertKind>::all.size());

}  // namespace

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

std::string on_node(const model::ClusterView& view, const model::Instance& instance) {
  const auto* node = view.nodes.get(instance.grid + '/' + *instance.node);
  return node ? " on " + node->name : "";
}

Found look(const AlertRule& rule, const Facts& facts) {
  return looks[static_cast<std::size_t>(rule.kind)](rule, facts);
}

}  // namespace kontena::alerts
