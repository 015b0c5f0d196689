#include "why.h"

#include <algorithm>
#include <map>

#include "kontena/base/text.h"
#include "kontena/model/event_kinds.h"
#include "kontena/model/names.h"
#include "kontena/rollout/moves.h"
#include "summarise.h"

namespace kontena::server {
namespace {

using api::Look;
using model::InstanceState;
namespace kinds = model::kinds;

constexpr std::size_t events_shown = 10, instances_shown = 10, lines_shown = 20;

std::string in_project(const std::string& project, const std::string& name) {
  return project == "default" ? name : project + '/' + name;
}

std::string plural(std::int64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

std::string ago(const Seen& seen, std::int64_t at_ms) {
  return text::human_duration(Duration(std::max<std::int64_t>(0, seen.now_ms - at_ms))) + " ago";
}

void add_once(api::Why& why, Look which, const std::string& name = "") {
  const api::NextCommand next = look(which, name);
  if (std::ranges::find(why.next, next.command, &api::NextCommand::command) == why.next.end()) why.next.push_back(next);
}

// The newest of the events that is of one of these kinds, and of that instance if one is named.
const model::Event* newest(const Seen& seen, std::initializer_list<std::string_view> of, const std::string& instance = "") {
  for (auto event = seen.events.rbegin(); event != seen.events.rend(); ++event)
    if (std::ranges::find(of, event->kind) != of.end() && (instance.empty() || event->instance == instance)) return &*event;
  return nullptr;
}

void add_events(const Seen& seen, api::Why& why) {
  const std::size_t from = seen.events.size() > events_shown ? seen.events.size() - events_shown : 0;
  why.events.assign(seen.events.begin() + static_cast<std::ptrdiff_t>(from), seen.events.end());
}

model::NodeState state_of(const Seen& seen, const NodeId& node) {
  const auto found = seen.liveness.find(node);
  return found == seen.liveness.end() ? model::NodeState::joining : found->second;
}

std::string node_name(const Seen& seen, const model::Instance& instance) {
  const auto* node = seen.view.nodes.get(instance.grid + '/' + *instance.node);
  return node ? node->name : "a node that was removed";
}

const model::ServiceSpec* spec_of(const Seen& seen, const model::Instance& instance) {
  const auto* made = seen.view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
  return made ? &made->spec : nullptr;
}

bool is_up(const model::InstanceStatus* status) {
  return status && status->state == InstanceState::running && status->health != model::Health::unhealthy &&
         status->health != model::Health::starting;
}

void say_not_placed(const Seen& seen, const model::Instance& instance, api::Why& why) {
  std::int64_t nodes = 0;
  seen.view.nodes.each(instance.grid + '/', [&](const auto&) { ++nodes; });
  why.state = "has no node";
  why.lines.push_back(nodes == 0 ? "the grid has no nodes: make a token and join one (token create)"
                                 : "no node takes it. Of " + plural(nodes, "node") + ": " + instance.why_not);
  const Help help = help_with(instance.why_not);
  for (const std::string& line : help.lines) why.lines.push_back("what would help: " + line);
  for (const Look next : help.next) add_once(why, next);
  why.lines.emplace_back("it is tried again whenever a node, or what runs on one, changes");
}

void say_failure(const Seen& seen, const model::Instance& instance, const model::InstanceStatus& status, api::Why& why) {
  if (!status.last_failure) return;
  const model::Failure& failure = *status.last_failure;
  why.lines.push_back((status.state == InstanceState::running ? "it failed before, " : "it failed ") + ago(seen, failure.at_ms) +
                      ": " + failure.message);
  if (failure.out_of_memory && failure.memory_limit_bytes > 0)
    why.lines.push_back("its limit of memory is " + text::human_bytes(failure.memory_limit_bytes));
  const Help help = help_with_failure(failure.message, failure.exit_code, failure.out_of_memory);
  for (const std::string& line : help.lines) why.lines.push_back("what would help: " + line);
  for (const Look next : help.next)
    add_once(why, next, next == Look::ps ? instance.stack : instance.stack + '/' + instance.service);
  why.said.assign(failure.last_lines.begin(),
                  failure.last_lines.begin() + static_cast<std::ptrdiff_t>(std::min(failure.last_lines.size(), lines_shown)));
}

void say_restarts(const model::InstanceStatus& status, const model::ServiceSpec* spec, api::Why& why) {
  if (status.restarts > 0) why.lines.push_back("it was restarted " + plural(status.restarts, "time") + " on this node");
  if (status.failures >= 3)
    why.lines.push_back(plural(status.failures, "failure") + " in a row: it is tried less and less often (a crash loop)");
  if (status.state == InstanceState::exited && spec && spec->restart.when == model::RestartWhen::no)
    why.lines.emplace_back("its restart policy is `no`: it is not started again");
}

void say_here(const Seen& seen, const model::Instance& instance, api::Why& why) {
  if (const auto* told = newest(seen, {kinds::instance_placed, kinds::instance_moved}, *instance.id)) {
    why.lines.push_back("why on " + node_name(seen, instance) + ": " + told->text);
  } else if (const std::string bound = rollout::bound(seen.view, instance); !bound.empty()) {
    why.lines.push_back("why on " + node_name(seen, instance) + ": " + bound);
  }
}

}  // namespace

std::string name_of(const model::Instance& instance) {
  return in_project(instance.project, instance.stack + '/' + instance.service + '-' + std::to_string(instance.slot));
}

api::NextCommand look(Look which, const std::string& name) {
  const api::LookRow& row = api::looks[static_cast<std::size_t>(which)];
  std::string command(row.command);
  if (const auto at = command.find("{}"); at != std::string::npos) command.replace(at, 2, name);
  return {std::move(command), std::string(row.says)};
}

api::Why why_instance(const Seen& seen, const model::Instance& instance) {
  api::Why why{.kind = "instance", .name = name_of(instance)};
  const std::string short_name = instance.stack + '/' + instance.service + '-' + std::to_string(instance.slot);
  const auto* status = seen.view.statuses.get(model::instance_key(instance));
  const auto* spec = spec_of(seen, instance);
  if (instance.node.empty()) {
    say_not_placed(seen, instance, why);
  } else {
    const std::string node = node_name(seen, instance);
    const model::NodeState heard = state_of(seen, instance.node);
    why.state = (status ? std::string(model::name(status->state)) : "waiting for its node's word") + " on " + node;
    if (status && status->health != model::Health::none) why.state += ", " + std::string(model::name(status->health));
    if (heard == model::NodeState::lost || heard == model::NodeState::silent) {
      why.state = "not known: node " + node + " is " + std::string(model::name(heard));
      why.lines.push_back("its node is not heard: what it said last was '" +
                          (status ? std::string(model::name(status->state)) : std::string("nothing")) + "'");
      add_once(why, Look::node_show, node);
    }
    if (const std::string held = why_held(seen.view, seen.liveness, instance); !held.empty()) why.lines.push_back("it is " + held);
    if (instance.desired != model::Desired::running)
      why.lines.push_back("it is to be " + std::string(model::name(instance.desired)));
    if (const auto* told = newest(seen, {kinds::instance_removed, kinds::instance_stopped}, *instance.id);
        told && instance.desired != model::Desired::running)
      why.lines.push_back("because: " + told->text);
    if (status) {
      if (!status->message.empty() && (!status->last_failure || status->message != status->last_failure->message))
        why.lines.push_back(status->message);
      if (!status->progress.empty()) why.lines.push_back("pulling its image: " + status->progress);
      say_failure(seen, instance, *status, why);
      say_restarts(*status, spec, why);
    }
    say_here(seen, instance, why);
    add_once(why, Look::logs, short_name);
  }
  if (why.lines.empty()) why.lines.emplace_back("nothing is wrong with it that is known here");
  add_events(seen, why);
  add_once(why, Look::service_show, instance.stack + '/' + instance.service);
  add_once(why, Look::events_stack, instance.stack);
  return why;
}

api::Why why_service(const Seen& seen, const model::Service& service) {
  const std::string name = service.stack + '/' + service.spec.name;
  api::Why why{.kind = "service", .name = in_project(service.project, name)};
  const api::ServiceSummary summary = summarise_service(seen.view, seen.liveness, service);
  why.state = summary.state;
  if (!summary.reason.empty()) why.lines.push_back(summary.reason);
  // What is alike is said once: a thousand without a node are one line.
  std::map<std::string, std::vector<const model::Instance*>> troubles;
  std::map<std::string, std::int64_t> on_nodes;
  const model::Instance* worst = nullptr;
  const std::string prefix = model::ServicePath{service.grid, service.project, service.stack, service.spec.name}.text() + '/';
  seen.view.instances.each(prefix, [&](const auto& item) {
    const model::Instance& instance = item.value;
    if (instance.desired == model::Desired::removed) return;
    if (!instance.node.empty()) ++on_nodes[node_name(seen, instance)];
    const auto* status = seen.view.statuses.get(item.key);
    if (instance.node.empty()) {
      troubles["has no node: " + instance.why_not].push_back(&instance);
    } else if (state_of(seen, instance.node) == model::NodeState::lost) {
      troubles["its node " + node_name(seen, instance) + " is lost"].push_back(&instance);
    } else if (status && status->last_failure) {
      troubles[(is_up(status) ? "up again; it failed before: " : "fails: ") + status->last_failure->message].push_back(&instance);
    } else if (status && !is_up(status) && !status->message.empty()) {
      troubles[status->message].push_back(&instance);
    }
    if (!is_up(status) && (!worst || (status && status->last_failure))) worst = &instance;
  });
  for (auto& [trouble, those] : troubles) {
    std::ranges::sort(those, {}, &model::Instance::slot);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(those.size(), instances_shown); ++i)
      names.push_back(those[i]->service + '-' + std::to_string(those[i]->slot));
    if (those.size() > instances_shown) names.push_back("and " + std::to_string(those.size() - instances_shown) + " more");
    why.lines.push_back(text::join(names, ", ") + ": " + trouble);
  }
  if (worst) {
    const api::Why its = why_instance(seen, *worst);
    for (const std::string& line : its.lines)
      if (line.starts_with("what would help")) why.lines.push_back(line);
    why.said = its.said;
    for (const auto& next : its.next)
      if (std::ranges::find(why.next, next.command, &api::NextCommand::command) == why.next.end()) why.next.push_back(next);
  }
  if (const auto* told = newest(seen, {kinds::deployment_failed})) why.lines.push_back("a deployment failed " + ago(seen, told->at_ms) + ": " + told->text);
  if (!on_nodes.empty()) {
    std::vector<std::string> where;
    for (const auto& [node, count] : on_nodes) where.push_back(std::to_string(count) + " on " + node);
    why.lines.push_back("where: " + text::join(where, ", "));
  }
  if (why.lines.empty()) why.lines.emplace_back("nothing is wrong with it that is known here");
  add_events(seen, why);
  add_once(why, Look::ps, service.stack);
  add_once(why, Look::service_show, name);
  add_once(why, Look::logs, name);
  return why;
}

api::Why why_stack(const Seen& seen, const model::Stack& stack) {
  api::Why why{.kind = "stack", .name = in_project(stack.project, stack.name)};
  why.state = summarise_stack(seen.view, seen.liveness, stack).state;
  const std::string key = model::StackPath{stack.grid, stack.project, stack.name}.text();
  const model::Deployment* last = nullptr;
  seen.view.deployments.each(key + '/', [&](const auto& item) {
    if (!last || last->created_ms < item.value.created_ms) last = &item.value;
  });
  if (last)
    why.lines.push_back("its last deployment (" + last->action + (last->by.empty() ? "" : ", by " + last->by) + ", " +
                        ago(seen, last->created_ms) + ") " +
                        (last->state == model::DeploymentState::running ? "goes on" : "has " + std::string(model::name(last->state))) +
                        (last->reason.empty() ? "" : ": " + last->reason));
  if (stack.wanted == model::StackWanted::stopped) {
    why.lines.emplace_back("it was stopped, and stays so until it is started");
    add_once(why, Look::stack_start, stack.name);
  }
  seen.view.services.each(key + '/', [&](const auto& item) {
    const api::ServiceSummary summary = summarise_service(seen.view, seen.liveness, item.value);
    if (!summary.reason.empty()) why.lines.push_back(item.value.spec.name + " (" + summary.state + "): " + summary.reason);
    if (summary.reason.empty()) return;
    for (const std::string& line : help_with(summary.reason).lines) why.lines.push_back("what would help: " + line);
    add_once(why, Look::service_show, stack.name + '/' + item.value.spec.name);
  });
  if (last && last->state == model::DeploymentState::failed) {
    add_once(why, Look::stack_history, stack.name);
    add_once(why, Look::stack_deploy, stack.name);
  }
  if (why.lines.empty()) why.lines.emplace_back("nothing is wrong with it that is known here");
  add_events(seen, why);
  add_once(why, Look::stack_show, stack.name);
  add_once(why, Look::deployment_ls, stack.name);
  add_once(why, Look::events_stack, stack.name);
  return why;
}

api::Why why_node(const Seen& seen, const model::Node& node, std::int64_t last_heard_ms) {
  api::Why why{.kind = "node", .name = node.name};
  const model::NodeState state = state_of(seen, node.id);
  why.state = std::string(model::name(state)) + ", " + std::string(model::name(node.availability));
  if (state == model::NodeState::ready) {
    why.lines.emplace_back("its agent is heard");
  } else {
    why.lines.push_back(last_heard_ms == 0 ? "its agent was not heard since the server started"
                                           : "its agent was last heard " + ago(seen, last_heard_ms));
    why.lines.emplace_back("what would help: see on the host whether it is up, whether `kontena agent` runs "
                           "(systemctl status kontena-agent), and whether it reaches this server's port");
    if (state == model::NodeState::lost) {
      why.lines.emplace_back("what can run elsewhere was made there; what is bound to it waits for it");
      add_once(why, Look::node_rm, node.name);
    }
  }
  using enum model::Availability;
  if (node.availability == drain) why.lines.emplace_back("it is drained: what can run elsewhere has gone there, and nothing new comes");
  if (node.availability == pause) why.lines.emplace_back("it is paused: what it runs stays, and nothing new comes");
  if (node.availability != active) {
    add_once(why, Look::node_activate, node.name);
    if (const auto* told = newest(seen, {kinds::node_drained, kinds::node_paused}))
      why.lines.push_back("that was asked for " + ago(seen, told->at_ms) + " by " + told->by);
  }
  if (const auto* facts = seen.view.facts.get(node.grid + '/' + *node.id); facts && !facts->mesh_problem.empty()) {
    why.lines.push_back("its network: " + facts->mesh_problem);
    add_once(why, Look::node_network, node.name);
  }
  std::int64_t has = 0;
  std::vector<std::string> troubled;
  seen.view.by_node.each(node.grid + '/' + *node.id + '/', [&](const auto& entry) {
    const auto* instance = seen.view.instances.get(entry.value);
    if (!instance || instance->desired == model::Desired::removed) return;
    ++has;
    const std::string held = why_held(seen.view, seen.liveness, *instance);
    if (!held.empty() && troubled.size() < instances_shown) troubled.push_back(name_of(*instance) + ": " + held);
  });
  why.lines.push_back("it has " + plural(has, "instance"));
  for (std::string& each : troubled) why.lines.push_back(std::move(each));
  add_events(seen, why);
  add_once(why, Look::node_show, node.name);
  add_once(why, Look::events_node, node.name);
  return why;
}

}  // namespace kontena::server
