#include <algorithm>

#include "../summarise.h"
#include "find.h"
#include "handlers.h"
#include "kontena/schedule/constraint.h"

namespace kontena::server {
namespace {

constexpr std::size_t most_labels = 100;

api::NodeSummary summary(const Context& context, const ClusterView& view, const model::Node& node) {
  return summarise_node(view, context.liveness.state(node.id), context.liveness.last_heard_ms(node.id), node);
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

// The certificate is worth nothing from then on. What ran there is placed anew, so
// a node that may still be running it is removed only with ?force=true.
Result<Change> remove_node(const Context& context, const ClusterView& view, const Call& call) {
  KTN_TRY(const auto* item, find_node(view, call));
  const model::Node& node = item->value;
  Change change{.resource = item->key};
  change.commit.unchanged = {unchanged(store::nodes, *item)};
  change.commit.deletes = {store::nodes.key(item->key)};
  if (view.facts.get(item->key)) change.commit.deletes.push_back(store::facts.key(item->key));
  std::int64_t instances = 0;
  view.by_node.each(item->key + '/', [&](const auto& entry) {
    const auto* instance = view.instances.find(entry.value);
    if (!instance) return;
    ++instances;
    change.commit.unchanged.push_back(unchanged(store::instances, *instance));
    change.commit.deletes.push_back(store::instances.key(instance->key));
    if (view.statuses.get(instance->key)) change.commit.deletes.push_back(store::statuses.key(instance->key));
  });
  view.volumes.each(node.grid + '/', [&](const auto& volume) {
    if (volume.value.node == *node.id) change.commit.deletes.push_back(store::volumes.key(volume.key));
  });
  const bool lost = context.liveness.state(node.id) == model::NodeState::lost;
  if (instances > 0 && !lost && call.ask("force") != "true")
    return Error{Code::failed_precondition,
                 "node '" + node.name + "' runs " + std::to_string(instances) + " instances, and its containers would go on running unwatched",
                 "stop its agent and remove its containers first, or say --force"};
  change.reply.body = "{}";
  return change;
}

}  // namespace kontena::server
