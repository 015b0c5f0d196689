#include <algorithm>

#include "../deploy.h"
#include "../policies.h"
#include "../summarise.h"
#include "find.h"
#include "handlers.h"
#include "use.h"
#include "kontena/model/together.h"

namespace kontena::server {
namespace {

constexpr std::int64_t most_replicas = 10'000;

// Commits the service's new record with a Deployment to wait for.
Change with_deployment(const Context& context, const ClusterView& view, const Call& call, const std::string& verb,
                       store::Commit commit) {
  const model::StackPath path = stack_path(call);
  const auto* item = view.stacks.find(path.text());
  model::Stack stack = item->value;
  const std::int64_t from = stack.revision;
  stack.revision += 1;
  stack.updated_ms = to_ms(call.now);
  commit.unchanged.push_back(unchanged(store::stacks, *item));
  commit.puts.push_back(store::stacks.put(item->key, stack));
  api::DeployAnswer answer;
  answer.changed = {call.at("service")};
  answer.deployment = add_deployment(context, view, call, stack, from, verb + ' ' + call.at("service"), commit);
  return {std::move(commit), json(answer), path.text() + '/' + call.at("service")};
}

Status need_running(const ClusterView& view, const Call& call) {
  const auto* stack = view.stacks.get(stack_path(call).text());
  if (stack->wanted == model::StackWanted::running) return Done{};
  return Error{Code::failed_precondition, "stack '" + stack->name + "' is not running", "kontena client stack start " + stack->name};
}

}  // namespace

// ?stack= only that one's.
Result<Answer> list_services(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  std::string prefix = call.at("grid") + '/' + call.at("project") + '/';
  if (const std::string stack = call.ask("stack"); !stack.empty()) {
    KTN_OK(check_asked_stack(view, call, access::Verb::view));
    prefix += stack + '/';
  }
  api::ServiceList list;
  const model::Liveness states = context.liveness.states();
  view.services.each(prefix, [&](const auto& item) {
    if (call.may(access::Verb::view, place_of(item.value))) list.services.push_back(summarise_service(view, states, item.value));
  });
  return answer(list);
}

Result<Answer> get_service(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_service(view, call));
  const model::Liveness states = context.liveness.states();
  api::ServiceDetail detail{.summary = summarise_service(view, states, item->value), .spec = item->value.spec};
  view.instances.each(item->key + '/', [&](const auto& instance) {
    detail.instances.push_back(summarise_instance(view, states, instance.value));
  });
  sort_by_slot(detail.instances);
  detail.use = use_of(context, view, item->key, call.now);
  return answer(detail);
}

namespace {

model::StackSpec stack_of(const ClusterView& view, const Call& call) {
  const std::string key = stack_path(call).text();
  model::StackSpec stack{.name = call.at("stack"), .volumes = view.stacks.get(key)->volumes};
  view.services.each(key + '/', [&](const auto& item) {
    if (!item.value.removed) stack.services[item.value.spec.name] = item.value.spec;
  });
  return stack;
}

// Who shares namespaces or volumes with others has so many instances as they have, or they one.
Status check_together(const ClusterView& view, const Call& call, const model::ServiceSpec& scaled) {
  model::StackSpec stack = stack_of(view, call);
  stack.services[scaled.name] = scaled;
  for (const model::WrongTogether& wrong : model::wrong_together(stack))
    if (wrong.service == scaled.name || wrong.with == scaled.name)
      return Error{Code::failed_precondition, wrong.what, "deploy the stack with the numbers that go together"};
  return Done{};
}

// Those that a file gives to one container. What a deploy refuses in the file, a number refuses here.
Status check_addresses(const model::ServiceSpec& spec) {
  if (spec.replicas <= 1) return Done{};
  const auto given = [&](std::string model::Attachment::*field) {
    return std::ranges::any_of(spec.networks, [&](const model::Attachment& each) { return !(each.*field).empty(); });
  };
  const auto refuse = [&](const std::string& key) {
    return Error{Code::failed_precondition, "service '" + spec.name + "' has " + key + ", which is that of one container",
                 "deploy it without " + key};
  };
  if (given(&model::Attachment::ipv4_address)) return refuse("ipv4_address");
  const bool mac = (spec.options && !spec.options->mac_address.empty()) || given(&model::Attachment::mac_address);
  if (mac && spec.placing.max_replicas_per_node != 1) return refuse("mac_address");
  return Done{};
}

}  // namespace

Result<Change> scale_service(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_service(view, call));
  KTN_OK(need_running(view, call));
  KTN_TRY(const api::ScaleRequest asked, body_of<api::ScaleRequest>(call));
  if (item->value.spec.mode == model::Mode::global)
    return Error{Code::failed_precondition, "service '" + item->value.spec.name + "' is global: it has one instance on each node that fits"};
  if (asked.replicas < 0 || asked.replicas > most_replicas)
    return Error{Code::invalid_argument, std::to_string(asked.replicas) + " replicas: 0 to " + std::to_string(most_replicas) + " are possible"};
  model::ServiceSpec spec = item->value.spec;
  if (asked.replicas > 1 && !spec.container_name.empty())
    return Error{Code::failed_precondition,
                 "service '" + spec.name + "' has container_name '" + spec.container_name + "', which is the name of one container",
                 "deploy it without container_name"};
  spec.replicas = asked.replicas;
  KTN_OK(check_addresses(spec));
  KTN_OK(check_together(view, call, spec));
  store::Commit commit;
  if (spec.replicas > item->value.spec.replicas) {
    model::StackSpec scaled = stack_of(view, call);
    scaled.services[spec.name] = spec;
    KTN_OK(check_policies(view, stack_path(call), scaled, commit));
  }
  put_service(view, call, {call.at("grid"), call.at("project"), call.at("stack"), spec.name}, spec, false, commit);
  return with_deployment(context, view, call, "scale", std::move(commit));
}

// New instances of the same spec, by the service's roll-out rules.
Result<Change> restart_service(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_service(view, call));
  KTN_OK(need_running(view, call));
  model::Service service = item->value;
  service.restarts += 1;
  service.updated_ms = to_ms(call.now);
  store::Commit commit;
  commit.unchanged = {unchanged(store::services, *item)};
  commit.puts = {store::services.put(item->key, service)};
  return with_deployment(context, view, call, "restart", std::move(commit));
}

// ?stack= ?service= narrow it; ?after=REVISION waits for a change.
Result<Answer> list_instances(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  KTN_TRY(const std::int64_t after, number_asked(call, "after", -1));
  std::string scope = call.at("grid") + '/' + call.at("project");
  const std::string stack = call.ask("stack"), service = call.ask("service");
  if (!stack.empty()) {
    scope += '/' + stack;
    KTN_OK(check_asked_stack(view, call, access::Verb::view));
  }
  if (!service.empty()) {
    if (stack.empty()) return Error{Code::invalid_argument, "?service= needs ?stack="};
    scope += '/' + service;
    if (!view.services.get(scope)) return absent("service", stack + '/' + service, "kontena client service ls");
  }
  if (after >= view.revision && !call.last) return Answer(Park{{"instances/" + scope, "statuses/" + scope}});
  const model::Liveness states = context.liveness.states();
  api::InstanceList list{.revision = view.revision};
  view.instances.each(scope + '/', [&](const auto& item) {
    if (call.may(access::Verb::view, place_of(item.value))) list.instances.push_back(summarise_instance(view, states, item.value));
  });
  sort_by_slot(list.instances);
  return answer(list);
}

}  // namespace kontena::server
