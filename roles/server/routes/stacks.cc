#include "../alert_rules.h"
#include "../deploy.h"
#include "../summarise.h"
#include "../unreadable.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"

namespace kontena::server {
namespace {

// Sets what is wanted of a stack, with a Deployment to wait for.
Result<Change> want(const Context& context, const ClusterView& view, const Call& call, model::StackWanted wanted) {
  KTN_TRY(const auto* item, find_stack(view, call));
  model::Stack stack = item->value;
  if (stack.wanted == model::StackWanted::removed)
    return Error{Code::failed_precondition, "stack '" + stack.name + "' is being removed"};
  const std::int64_t from = stack.revision;
  if (stack.wanted != wanted) {
    stack.wanted = wanted;
    stack.revision += 1;
    stack.updated_ms = to_ms(call.now);
  }
  Change change{.resource = item->key};
  change.commit.unchanged = {unchanged(store::stacks, *item)};
  change.commit.puts = {store::stacks.put(item->key, stack)};
  api::DeployAnswer answer;
  const bool stops = wanted == model::StackWanted::stopped;
  answer.deployment = add_deployment(context, view, call, stack, from, stops ? "stop" : "start", change.commit);
  change.reply = json(answer);
  return change;
}

}  // namespace

Result<Answer> list_stacks(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const model::Liveness states = context.liveness.states();
  api::StackList list;
  view.stacks.each(call.at("grid") + '/' + call.at("project") + '/',
                   [&](const auto& item) {
                     if (call.may(access::Verb::view, place_of(item.value))) list.stacks.push_back(summarise_stack(view, states, item.value));
                   });
  for (std::string& name : unreadable_stacks(view, {call.at("grid"), call.at("project")}))
    if (call.may(access::Verb::view, {call.at("grid"), call.at("project"), name}))
      list.stacks.push_back({.project = call.at("project"), .name = std::move(name), .state = "damaged"});
  return answer(list);
}

Result<Answer> get_stack(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_stack(view, call));
  const model::Liveness states = context.liveness.states();
  const model::StackPath path = stack_path(call);
  api::StackDetail detail{.summary = summarise_stack(view, states, item->value), .networks = item->value.networks};
  view.services.each(item->key + '/', [&](const auto& service) { detail.services.push_back(summarise_service(view, states, service.value)); });
  for (const auto& [key, spec] : item->value.volumes) {
    const std::string name = model::volume_name(path, key, spec);
    const auto* volume = view.volumes.get(path.grid + '/' + path.project + '/' + name);
    model::Volume shown = volume ? *volume : model::Volume{path.grid, path.project, name, path.stack, "", 0};
    if (const auto* node = view.nodes.get(path.grid + '/' + shown.node)) shown.node = node->name;
    detail.volumes.push_back(std::move(shown));
  }
  if (const auto* deployment = newest_deployment(view, path)) detail.deployment = *deployment;
  if (const std::string key = unreadable_of(view, path); !key.empty())
    detail.notes.push_back("record '" + key + "' is damaged: the stack is left as it is until it can be read again");
  return answer(detail);
}

Result<Change> put_stack(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  if (!text::is_label(call.at("stack")))
    return Error{Code::invalid_argument, "'" + call.at("stack") + "' cannot be a stack's name", "1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit"};
  KTN_TRY(const api::DeployRequest request, body_of<api::DeployRequest>(call));
  KTN_TRY(Deploy deployed, deploy(context, view, call, stack_path(call), request));
  return Change{std::move(deployed.commit), json(deployed.answer), stack_path(call).text()};
}

// The controllers take it down and forget it; until then it is shown as removing.
Result<Change> remove_stack(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_stack(view, call));
  model::Stack stack = item->value;
  Change change{.reply = {200, "{}"}, .resource = item->key};
  if (stack.wanted == model::StackWanted::removed) return change;
  stack.wanted = model::StackWanted::removed;
  stack.revision += 1;
  stack.updated_ms = to_ms(call.now);
  change.commit.unchanged = {unchanged(store::stacks, *item)};
  change.commit.puts = {store::stacks.put(item->key, stack)};
  drop_stack_alerts(view, stack_path(call), change.commit);
  return change;
}

Result<Change> stop_stack(const Context& context, const ClusterView& view, const Call& call) {
  return want(context, view, call, model::StackWanted::stopped);
}

Result<Change> start_stack(const Context& context, const ClusterView& view, const Call& call) {
  return want(context, view, call, model::StackWanted::running);
}

}  // namespace kontena::server
