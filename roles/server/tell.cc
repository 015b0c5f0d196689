#include "tell.h"

#include <algorithm>

#include "events.h"
#include "kontena/base/text.h"
#include "kontena/model/event_kinds.h"
#include "kontena/model/names.h"
#include "kontena/store/tables.h"

namespace kontena::server {

using model::Event;
using model::Health;
using model::InstanceState;
namespace kinds = model::kinds;

namespace {

constexpr std::int64_t a_loop = 3;  // failures in a row

bool starts(std::string_view text, std::string_view with) { return text.starts_with(with); }

bool says_somebody(const std::string& message) { return message.find("by somebody") != std::string::npos; }

std::string image_of(const model::ClusterView& view, const model::Instance& instance) {
  const auto* made_from = view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
  return made_from ? made_from->spec.image : "";
}

std::string_view kind_of(const model::Failure& failure) {
  if (failure.out_of_memory) return kinds::instance_out_of_memory;
  if (starts(failure.message, "unhealthy")) return kinds::instance_unhealthy;
  return failure.exit_code != 0 || starts(failure.message, "exited") ? kinds::instance_exited
                                                                     : kinds::instance_start_failed;
}

// Whether this failure is another than the one known before. What cannot be started is
// tried again and again: of the same reason one is told.
bool is_news(const model::InstanceStatus& before, const model::InstanceStatus& after) {
  if (!after.last_failure) return false;
  if (!before.last_failure) return true;
  if (kind_of(*after.last_failure) == kinds::instance_start_failed)
    return !same_but_for_numbers(before.last_failure->message, after.last_failure->message);
  return before.last_failure->at_ms != after.last_failure->at_ms;
}

// What was there, fit, is another or gone, and nobody here has done it.
bool was_taken(const model::Instance& instance, const model::InstanceStatus& before, const model::InstanceStatus& after) {
  if (instance.desired != model::Desired::running || before.container.empty()) return false;
  if (before.state != InstanceState::running || before.health == Health::unhealthy || !before.message.empty()) return false;
  return before.container != after.container && before.restarts == after.restarts;
}

Event node_event(const model::Node& node, std::string_view kind, std::string text, const std::string& by) {
  return {.kind = std::string(kind), .node = node.id, .node_name = node.name, .text = std::move(text), .by = by};
}

std::string revisions_of(const model::Deployment& d) {
  if (d.from == d.to) return "";
  return d.from == 0 ? ": revision " + std::to_string(d.to)
                     : ": revision " + std::to_string(d.from) + " → " + std::to_string(d.to);
}

}  // namespace

bool same_but_for_numbers(std::string_view a, std::string_view b) {
  const auto shape = [](std::string_view text) {
    std::string out;
    for (const char c : text)
      if ((c < '0' || c > '9') && c != '.') out += c;
    return out;
  };
  return a == b || shape(a) == shape(b);
}

void tell(store::Commit& commit, const std::string& grid, Event event, Time now, const std::string& id) {
  event.at_ms = event.last_ms = to_ms(now);
  if (event.text.size() > api::longest_event) {
    std::size_t most = api::longest_event;
    while (most > 0 && (static_cast<unsigned char>(event.text[most]) & 0xC0) == 0x80) --most;
    event.text.resize(most);
  }
  const std::string about = !id.empty()               ? id
                            : !event.instance.empty()  ? event.instance
                            : !event.service.empty() ? event.project + '.' + event.stack + '.' + event.service
                            : !event.stack.empty()   ? event.project + '.' + event.stack
                                                     : *event.node;
  commit.puts.push_back(store::events.put(event_tail(grid, event.at_ms, about + '.' + event.kind), event));
}

Event event_of(const model::ClusterView& view, const model::Instance& instance, std::string_view kind, std::string text) {
  Event event{.kind = std::string(kind),
              .node = instance.node,
              .text = std::move(text),
              .project = instance.project,
              .stack = instance.stack,
              .service = instance.service,
              .slot = instance.slot,
              .instance = *instance.id,
              .by = "server"};
  if (instance.node.empty()) return event;
  if (const auto* node = view.nodes.get(instance.grid + '/' + *instance.node)) event.node_name = node->name;
  return event;
}

void tell_status(const model::ClusterView& view, const model::Instance& instance, const model::InstanceStatus* known,
                 const model::InstanceStatus& after, Time now, store::Commit& commit) {
  static const model::InstanceStatus none;
  const model::InstanceStatus& before = known ? *known : none;
  const auto say = [&](std::string_view kind, std::string text) {
    Event event = event_of(view, instance, kind, std::move(text));
    event.by = "node " + event.node_name;
    tell(commit, instance.grid, std::move(event), now);
  };
  if (before.state == InstanceState::pulling &&
      (after.state == InstanceState::starting || after.state == InstanceState::running))
    say(kinds::image_pulled, image_of(view, instance));

  const bool was_loop = before.failures >= a_loop, is_loop = after.failures >= a_loop;
  const bool failed_anew = is_news(before, after);
  bool said_unhealthy = false;
  if (failed_anew && !was_loop) {
    const std::string_view kind = kind_of(*after.last_failure);
    said_unhealthy = kind == kinds::instance_unhealthy;
    say(kind, after.last_failure->message);
  }
  if (is_loop && !was_loop)
    say(kinds::instance_crash_loop, std::to_string(after.failures) + " failures in a row: " +
                                        (after.last_failure ? after.last_failure->message : after.message));
  if (was_loop && !is_loop && after.state == InstanceState::running) say(kinds::instance_recovered, "runs steadily again");
  if (after.state == InstanceState::failed && before.state != InstanceState::failed)
    say(kinds::instance_failed, after.message.empty() ? "cannot be started" : after.message);

  if (after.health == Health::unhealthy && before.health != Health::unhealthy && !said_unhealthy && !was_loop)
    say(kinds::instance_unhealthy, after.message.empty() ? "its health check fails" : after.message);
  if (after.health == Health::healthy && before.health != Health::healthy && !is_loop)
    say(kinds::instance_healthy, before.health == Health::unhealthy ? "healthy again" : "its health check succeeds");

  if (says_somebody(after.message) && !says_somebody(before.message))
    say(kinds::container_drift, after.message);
  else if (!failed_anew && was_taken(instance, before, after))
    say(kinds::container_drift, "its container was removed by somebody; another is made");

  const bool runs_anew = after.state == InstanceState::running &&
                         (before.state != InstanceState::running || before.started_ms != after.started_ms);
  if (!runs_anew || is_loop) return;
  if (after.restarts > before.restarts || before.started_ms != 0)
    say(kinds::instance_restarted, after.last_failure ? "after: " + after.last_failure->message
                                                      : "restart " + std::to_string(after.restarts));
  else
    say(kinds::instance_started, image_of(view, instance));
}

void tell_records(const model::ClusterView& view, const std::string& by, Time now, store::Commit& commit) {
  const std::string of_deployments = store::deployments.key(""), of_nodes = store::nodes.key("");
  store::Commit told;  // apart: what is looked through does not grow
  for (const store::Commit::Put& put : commit.puts) {
    if (put.key.starts_with(of_deployments)) {
      const auto after = store::deployments.read({put.key, put.value, 0});
      const auto* before = view.deployments.get(std::string_view(put.key).substr(of_deployments.size()));
      if (!after || (before && before->state == after->state)) continue;
      Event event{.project = after->project, .stack = after->stack, .by = by};
      const std::string what = after->action + revisions_of(*after);
      if (!before && after->state == model::DeploymentState::running)
        event.kind = kinds::deployment_begun, event.text = what, event.by = after->by.empty() ? by : after->by;
      else if (after->state == model::DeploymentState::aborted)
        event.kind = kinds::deployment_aborted, event.text = what;
      else if (after->state == model::DeploymentState::superseded)
        event.kind = kinds::deployment_superseded, event.text = what;
      else
        continue;
      tell(told, after->grid, std::move(event), now, *after->id);
    } else if (put.key.starts_with(of_nodes)) {
      const auto after = store::nodes.read({put.key, put.value, 0});
      const auto* before = view.nodes.get(std::string_view(put.key).substr(of_nodes.size()));
      if (!after) continue;
      if (!before) {
        tell(told, after->grid, node_event(*after, kinds::node_joined, "joined the grid", "node " + after->name), now);
      } else if (before->availability != after->availability) {
        using enum model::Availability;
        const auto to = after->availability;
        tell(told, after->grid,
             node_event(*after, to == drain ? kinds::node_drained : to == pause ? kinds::node_paused : kinds::node_activated,
                        to == drain   ? "is emptied: what can run elsewhere goes there"
                        : to == pause ? "is given no new work"
                                      : "is given work again",
                        by),
             now);
      }
    }
  }
  for (std::size_t i = 0, count = commit.deletes.size(); i < count; ++i) {
    if (!commit.deletes[i].starts_with(of_nodes)) continue;
    const std::string key = commit.deletes[i].substr(of_nodes.size());
    const auto* node = view.nodes.get(key);
    // A grid takes its events along.
    const bool grid_too = node && std::ranges::find(commit.deletes, store::grids.key(node->grid)) != commit.deletes.end();
    if (!node || grid_too) continue;
    tell(told, node->grid, node_event(*node, kinds::node_removed, "was removed from the grid", by), now);
    commit.deletes.push_back(store::lost_nodes.key(key));
  }
  std::ranges::move(told.puts, std::back_inserter(commit.puts));
}

}  // namespace kontena::server
