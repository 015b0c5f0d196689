// Stage two of `deploy`.
#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/model/names.h"
#include "kontena/schedule/constraint.h"
#include "specify.h"
#include "tables.h"

namespace kontena::compose {

using model::ServiceSpec;

void specify_deploy(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  specify_map<ServiceSpec>(to, value, path, deploy_keys(), service);
}

void specify_mode(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  std::string_view text = value.text;
  service.job = text.ends_with("-job");
  if (service.job) text.remove_suffix(4);
  if (const auto mode = model::named<model::Mode>(text))
    service.mode = *mode;
  else
    to.notes.problem(value.at, path, "'" + value.text + "' is not a mode",
                     "replicated, global, replicated-job or global-job");
}

void specify_replicas(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  service.replicas = integer_of(value);
  if (service.replicas < 0) to.notes.problem(value.at, path, "must not be negative");
  const Node* mode = to.service->find("deploy")->find("mode");
  if (mode && mode->text.starts_with("global"))
    to.notes.problem(value.at, path, "a global service runs once on every node and has no number of replicas");
}

void specify_placement(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  specify_map<ServiceSpec>(to, value, path, placement_keys(), service);
}

void specify_constraints(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    auto constraint = schedule::parse_constraint(value.items[i].text);
    if (constraint)
      service.placing.constraints.push_back(*std::move(constraint));
    else
      to.notes.problem(value.items[i].at, under(path, i), constraint.error().message, constraint.error().hint);
  }
}

void specify_preferences(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& item = value.items[i];
    const Node* spread = item.find("spread");
    if (!spread || item.members.size() != 1 || spread->kind != Kind::text) {
      to.notes.problem(item.at, under(path, i),
                       "a preference is 'spread: ATTRIBUTE', as in 'spread: node.labels.zone'");
    } else if (const auto known = schedule::check_attribute(spread->text); !known) {
      to.notes.problem(spread->at, under(path, i), known.error().message, known.error().hint);
    } else {
      service.placing.spread.push_back(spread->text);
    }
  }
}

void specify_resources(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  specify_map<ServiceSpec>(to, value, path, resources_keys(), service);
}

void specify_limits(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  specify_map<model::Resources>(to, value, path, limits_keys(), service.limits);
}

void specify_reservations(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  specify_map<ServiceSpec>(to, value, path, reservations_keys(), service);
}

void specify_restart_policy(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  service.restart = {model::RestartWhen::always, 0};  // without a condition it is `any`
  specify_map<ServiceSpec>(to, value, path, restart_policy_keys(), service);
}

void specify_condition(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  if (value.text == "none")
    service.restart.when = model::RestartWhen::no;
  else if (value.text == "on-failure")
    service.restart.when = model::RestartWhen::on_failure;
  else if (value.text != "any")
    to.notes.problem(value.at, path, "'" + value.text + "' is not a condition", "none, on-failure or any");
}

void specify_attempts(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  service.restart.max_attempts = integer_of(value);
  if (service.restart.max_attempts < 0) to.notes.problem(value.at, path, "must not be negative");
}

void specify_restart_delay(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  // Zero is the model's word for none given, which would be the agent's back-off.
  service.restart.delay_ms = std::max<std::int64_t>(1, milliseconds_of(value));
}

void specify_restart_window(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  service.restart.window_ms = milliseconds_of(value);
}

// ---- update_config

void specify_update(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  specify_map<model::Update>(to, value, path, update_keys(), service.update);
}

void specify_parallelism(Specifier& to, const Node& value, const std::string& path, model::Update& update) {
  update.parallelism = integer_of(value);
  if (update.parallelism < 0) to.notes.problem(value.at, path, "must not be negative", "0 means all at once");
}

void specify_update_delay(Specifier&, const Node& value, const std::string&, model::Update& update) {
  update.delay_ms = milliseconds_of(value);
}

void specify_failure_action(Specifier& to, const Node& value, const std::string& path, model::Update& update) {
  if (value.text == "pause")
    update.failure_action = model::OnFailure::pause;
  else if (value.text == "continue")
    update.failure_action = model::OnFailure::go_on;
  else if (value.text == "rollback")
    to.notes.problem(value.at, path, "nothing is rolled back: a roll-out that fails leaves what serves as it is",
                     "pause or continue");
  else
    to.notes.problem(value.at, path, "'" + value.text + "' is not an action", "pause or continue");
}

void specify_monitor(Specifier&, const Node& value, const std::string&, model::Update& update) {
  update.monitor_ms = milliseconds_of(value);
}

void specify_order(Specifier& to, const Node& value, const std::string& path, model::Update& update) {
  if (value.text == "start-first")
    update.order = model::Order::start_first;
  else if (value.text == "stop-first")
    update.order = model::Order::stop_first;
  else
    to.notes.problem(value.at, path, "'" + value.text + "' is not an order", "stop-first or start-first");
}

void specify_failure_ratio(Specifier& to, const Node& value, const std::string& path, model::Update& update) {
  const double ratio = real_of(value);
  if (!(ratio >= 0 && ratio <= 1)) return to.notes.problem(value.at, path, value.text + " is not between 0 and 1");
  update.max_failure_ppm = static_cast<std::int64_t>(ratio * 1e6 + 0.5);
}

}  // namespace kontena::compose
