#include <algorithm>

#include "../summarise.h"
#include "find.h"
#include "handlers.h"
#include "use.h"
#include "kontena/base/text.h"
#include "kontena/rollout/moves.h"
#include "kontena/schedule/constraint.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_labels = 100;

api::NodeSummary summary(const Context& context, const ClusterView& view, const model::Node& node) {
  api::NodeSummary summary = summarise_node(view, context.liveness.state(node.id), context.liveness.last_heard_ms(node.id), node);
  summary.use = use_of(context, view, node, context.clock.now());
  return summary;
}

constexpr std::int64_t keep_removed_ms = 30ll * 24 * 3'600'000;

// Agents that were not heard in so long a time will not be any more.
void forget_long_removed(const ClusterView& view, const Call& call, store::Commit& commit) {
  view.removed_nodes.each("", [&](const auto& item) {
    if (item.value.removed_ms + keep_removed_ms < to_ms(call.now)) commit.deletes.push_back(store::removed_nodes.key(item.key));
  });
}

std::string instance_name(const model::Instance& instance) {
  const std::string project = instance.project == "default" ? "" : instance.project + '/';
  return project + instance.stack + '/' + instance.service + '-' + std::to_string(instance.slot);
}

// What of a node that is to be drained goes, and what stays and why. The answer is
// of this moment: what finds no room now goes when there is some.
void foresee(const Context& context, const ClusterView& view, const model::Node& node, Time now,
             api::NodeChange& change) {
  schedule::Nodes nodes(view, context.liveness.states(), node.grid);
  std::map<std::string, model::StackPath> stacks;
  std::vector<const model::Instance*> there;
  view.by_node.each(node.grid + '/' + *node.id + '/', [&](const auto& entry) {
    const auto* instance = view.instances.get(entry.value);
    if (!instance || instance->desired == model::Desired::removed) return;
    there.push_back(instance);
    stacks.emplace(instance->service_path().stack_path().text(), instance->service_path().stack_path());
  });
  std::map<InstanceId, std::string> stays;
  for (const auto& [key, path] : stacks)
    stays.merge(rollout::foresee_drain(view, path, node.id, nodes, context.ids, now));
  for (const model::Instance* instance : there) {
    const std::string name = instance_name(*instance);
    if (const auto found = stays.find(instance->id); found == stays.end() || found->second.empty())
      change.leaving.push_back(name);
    else
      change.staying.push_back(name + ": " + found->second);
  }
}

Result<Change> set_availability(const Context& context, const ClusterView& view, const Call& call,
                                model::Availability availability) {
  KTN_TRY(const auto* item, find_node(view, call));
  model::Node node = item->value;
  node.availability = availability;
  api::NodeChange answer{.node = summary(context, view, node)};
  if (availability == model::Availability::drain) foresee(context, view, node, call.now, answer);
  Change change{.reply = json(answer), .resource = item->key};
  if (node.availability == item->value.availability) return change;
  change.commit.unchanged = {unchanged(store::nodes, *item)};
  change.commit.puts = {store::nodes.put(item->key, node)};
  return change;
}

bool is_label_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == '/';
  });
}

}  // namespace

Status check_labels(const model::StringMap& labels) {
  if (labels.size() > most_labels) return Error{Code::invalid_argument, "more than " + std::to_string(most_labels) + " labels"};
  for (const auto& [name, value] : labels) {
    if (!is_label_name(name)) return Error{Code::invalid_argument, "'" + name + "' cannot be a label's name", "letters, digits, . - _ and / are allowed"};
    if (value.size() > 255) return Error{Code::invalid_argument, "the value of label '" + name + "' is longer than 255 bytes"};
  }
  return Done{};
}

Result<Answer> list_nodes(const Context& context, const ClusterView& view, const Call& call) {
  KTN_OK(need_grid(view, call));
  api::NodeList list;
  view.nodes.each(call.at("grid") + '/', [&](const auto& item) { list.nodes.push_back(summary(context, view, item.value)); });
  std::ranges::sort(list.nodes, {}, &api::NodeSummary::name);
  return answer(list);
}

Result<Answer> get_node(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_node(view, call));
  return answer(summary(context, view, item->value));
}

Result<Change> label_node(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_node(view, call));
  KTN_TRY(const api::LabelChange asked, body_of<api::LabelChange>(call));
  model::Node node = item->value;
  for (const std::string& name : asked.remove)
    if (node.labels.erase(name) == 0 && !asked.set.contains(name))
      return Error{Code::not_found, "node '" + node.name + "' has no label '" + name + "'"};
  for (const auto& [name, value] : asked.set) node.labels[name] = value;
  KTN_OK(check_labels(node.labels));
  Change change{.reply = json(summary(context, view, node)), .resource = item->key};
  if (node.labels == item->value.labels) return change;
  change.commit.unchanged = {unchanged(store::nodes, *item)};
  change.commit.puts = {store::nodes.put(item->key, node)};
  return change;
}

Result<Change> activate_node(const Context& context, const ClusterView& view, const Call& call) {
  return set_availability(context, view, call, model::Availability::active);
}

Result<Change> pause_node(const Context& context, const ClusterView& view, const Call& call) {
  return set_availability(context, view, call, model::Availability::pause);
}

Result<Change> drain_node(const Context& context, const ClusterView& view, const Call& call) {
  return set_availability(context, view, call, model::Availability::drain);
}

// The certificate is worth nothing from then on but to be told so: the agent then
// cleans up. What ran there is placed anew, so a node that may still be running it
// is removed only with ?force=true; the data of its volumes is given up.
Result<Change> remove_node(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_node(view, call));
  const model::Node& node = item->value;
  Change change{.resource = item->key};
  change.commit.unchanged = {unchanged(store::nodes, *item)};
  change.commit.deletes = {store::nodes.key(item->key)};
  change.commit.puts = {store::removed_nodes.put(item->key, {.id = node.id,
                                                             .grid = node.grid,
                                                             .name = node.name,
                                                             .certificate = node.certificate,
                                                             .removed_ms = to_ms(call.now)})};
  forget_long_removed(view, call, change.commit);
  if (view.facts.get(item->key)) change.commit.deletes.push_back(store::facts.key(item->key));
  api::NodeChange answer{.node = summary(context, view, node)};
  view.by_node.each(item->key + '/', [&](const auto& entry) {
    const auto* instance = view.instances.find(entry.value);
    if (!instance) return;
    answer.leaving.push_back(instance_name(instance->value));
    change.commit.unchanged.push_back(unchanged(store::instances, *instance));
    change.commit.deletes.push_back(store::instances.key(instance->key));
    if (view.statuses.get(instance->key)) change.commit.deletes.push_back(store::statuses.key(instance->key));
  });
  std::vector<std::string> volumes;
  view.volumes.each(node.grid + '/', [&](const auto& volume) {
    if (volume.value.node != *node.id) return;
    volumes.push_back('\'' + volume.value.name + '\'');
    change.commit.deletes.push_back(store::volumes.key(volume.key));
  });
  const bool forced = call.ask("force") == "true";
  if (!volumes.empty() && !forced)
    return Error{Code::failed_precondition,
                 "node '" + node.name + "' has the data of " + text::join(volumes, ", ") + ", which would be given up",
                 "save it first, or say --force"};
  const bool lost = context.liveness.state(node.id) == model::NodeState::lost;
  if (!answer.leaving.empty() && !lost && !forced)
    return Error{Code::failed_precondition,
                 "node '" + node.name + "' runs " + std::to_string(answer.leaving.size()) + " instances",
                 "empty it first: kontena client node drain " + node.name + "; or say --force"};
  change.reply = json(answer);
  return change;
}

}  // namespace kontena::server
