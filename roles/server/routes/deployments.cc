#include <algorithm>
#include <functional>

#include "../summarise.h"
#include "find.h"
#include "handlers.h"
#include "kontena/base/text.h"
#include "kontena/model/names.h"

namespace kontena::server {
namespace {

const Ordered<model::Deployment>::Item* find_deployment(const ClusterView& view, const Call& call) {
  return view.deployments.find(stack_path(call).text() + '/' + call.at("deployment"));
}

Error no_deployment(const Call& call) {
  return absent("deployment", call.at("deployment"), "kontena client deployment ls " + call.at("stack"));
}

}  // namespace

Result<Answer> list_history(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* stack, find_stack(view, call));
  const std::string prefix = stack->key + '/';
  api::History history;
  view.history.each(prefix, [&](const auto& item) {
    api::HistoryEntry entry{.revision = text::integer(item.key.substr(prefix.size())).value_or(0),
                            .action = item.value.action,
                            .by = item.value.by,
                            .created_ms = item.value.created_ms};
    for (const auto& [name, spec] : item.value.spec.services) {
      const bool global = spec.mode == model::Mode::global;
      entry.services.push_back(name + ": " + spec.image +
                               (global ? " on every node" : " x " + std::to_string(spec.replicas)));
    }
    history.revisions.insert(history.revisions.begin(), std::move(entry));
  });
  return answer(history);
}

Result<Answer> get_history_entry(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* stack, find_stack(view, call));
  const auto revision = text::integer(call.at("revision"));
  const auto* entry =
      revision && *revision > 0 ? view.history.get(model::history_key(stack_path(call), *revision)) : nullptr;
  if (!entry) return absent("revision", call.at("revision"), "kontena client stack history " + stack->value.name);
  return answer(*entry);
}

Result<Answer> list_deployments(const Context&, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* stack, find_stack(view, call));
  api::DeploymentList list;
  view.deployments.each(stack->key + '/', [&](const auto& item) { list.deployments.push_back(item.value); });
  std::ranges::sort(list.deployments, std::greater<>(), &model::Deployment::created_ms);
  return answer(list);
}

// ?after=REVISION of an earlier answer: waits until something of the stack changed.
Result<Answer> get_deployment(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  KTN_TRY(const std::int64_t after, number_asked(call, "after", -1));
  const model::StackPath path = stack_path(call);
  const auto* deployment = find_deployment(view, call);
  if (!deployment) return no_deployment(call);
  const model::Liveness states = context.liveness.states();
  api::DeploymentDetail detail{.deployment = deployment->value};
  detail.revision = deployment->revision;
  view.services.each(path.text() + '/', [&](const auto& item) {
    detail.revision = std::max(detail.revision, item.revision);
    detail.services.push_back(summarise_service(view, states, item.value));
  });
  view.instances.each(path.text() + '/', [&](const auto& item) {
    detail.revision = std::max(detail.revision, item.revision);
    if (const auto* status = view.statuses.find(item.key))
      detail.revision = std::max(detail.revision, status->revision);
    detail.instances.push_back(summarise_instance(view, states, item.value));
  });
  sort_by_slot(detail.instances);
  if (detail.revision <= after && deployment->value.state == model::DeploymentState::running && !call.last) {
    std::vector<std::string> prefixes;
    for (const char* table : {"deployments/", "services/", "instances/", "statuses/"})
      prefixes.push_back(table + path.text());
    return Answer(Park{std::move(prefixes)});
  }
  return answer(detail);
}

// What is replaced already stays replaced; what is not stays as it is.
Result<Change> abort_deployment(const Context&, const ClusterView& view, const Call& call) {
  KTN_OK(need_project(view, call));
  const auto* item = find_deployment(view, call);
  if (!item) return no_deployment(call);
  model::Deployment deployment = item->value;
  if (deployment.state != model::DeploymentState::running)
    return Error{Code::failed_precondition,
                 "deployment '" + *deployment.id + "' has ended: it " +
                     (deployment.state == model::DeploymentState::aborted ? "was " : "has ") +
                     std::string(model::name(deployment.state))};
  deployment.state = model::DeploymentState::aborted;
  deployment.reason = "by " + call.who.text();
  deployment.finished_ms = to_ms(call.now);
  Change change{.reply = json(deployment), .resource = item->key};
  change.commit.unchanged = {unchanged(store::deployments, *item)};
  change.commit.puts = {store::deployments.put(item->key, deployment)};
  return change;
}

}  // namespace kontena::server
