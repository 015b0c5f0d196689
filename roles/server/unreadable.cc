#include "unreadable.h"

#include <array>

#include "kontena/base/text.h"
#include "kontena/store/tables.h"

namespace kontena::server {
namespace {

using model::ClusterView;

// Tables of which a missing record could make something of a stack look superfluous
// or absent. Deployments are history: nothing is decided on an old one.
constexpr std::array<std::string_view, 4> below_a_stack{"services/", "instances/", "statuses/", "revisions/"};

std::string first_under(const ClusterView& view, const std::string& prefix) {
  std::string found;
  view.unreadable.each(prefix, [&](const auto& item) {
    if (found.empty()) found = item.key;
  });
  return found;
}

Error damaged(const std::string& key, const std::string& why) {
  return {Code::corrupt, "record '" + key + "' is damaged, and what it is about is left as it is: " + why,
          "kontena client status shows all that is; a backup makes it whole: kontena server restore"};
}

}  // namespace

Status check_readable(const ClusterView& view, const std::string& key) {
  if (view.unreadable.empty()) return Done{};
  const std::string* why = view.unreadable.get(key);
  return why ? Status(damaged(key, *why)) : Status(Done{});
}

std::string unreadable_of(const ClusterView& view, const model::StackPath& path) {
  if (view.unreadable.empty()) return "";
  const std::string stack = path.text();
  if (const std::string key = store::stacks.key(stack); view.unreadable.get(key)) return key;
  for (const auto table : below_a_stack)
    if (std::string key = first_under(view, std::string(table) + stack + '/'); !key.empty()) return key;

  std::string found;
  view.instances.each(stack + '/', [&](const auto& item) {
    const std::string key = store::nodes.key(path.grid + '/' + *item.value.node);
    if (found.empty() && !item.value.node.empty() && view.unreadable.get(key)) found = key;
  });
  if (const auto* record = view.stacks.get(stack); record && found.empty())
    for (const auto& [name, volume] : record->volumes) {
      const std::string own = model::volume_name(path, name, volume);
      const std::string key = store::volumes.key(path.grid + '/' + path.project + '/' + own);
      if (found.empty() && view.unreadable.get(key)) found = key;
    }
  return found;
}

Status check_readable(const ClusterView& view, const model::StackPath& path) {
  const std::string key = unreadable_of(view, path);
  return key.empty() ? Status(Done{}) : check_readable(view, key);
}

std::vector<std::string> unreadable_stacks(const ClusterView& view, const model::ProjectPath& path) {
  std::vector<std::string> names;
  view.unreadable.each(store::stacks.key(path.text()) + '/',
                       [&](const auto& item) { names.push_back(item.key.substr(item.key.rfind('/') + 1)); });
  return names;
}

bool can_be_told(const ClusterView& view, const model::Instance& instance) {
  if (view.unreadable.empty()) return true;
  const model::ServicePath path = instance.service_path();
  return !view.unreadable.get(store::stacks.key(path.stack_path().text())) &&
         !view.unreadable.get(store::revisions.key(model::revision_key(path, instance.instance_revision)));
}

std::vector<std::string> unreadable_instances(const ClusterView& view, const std::string& grid) {
  std::vector<std::string> ids;
  view.unreadable.each(store::instances.key(grid) + '/',
                       [&](const auto& item) { ids.push_back(item.key.substr(item.key.rfind('/') + 1)); });
  return ids;
}

std::vector<api::Problem> problems_of(const ClusterView& view) {
  std::vector<api::Problem> problems;
  view.unreadable.each("", [&](const auto& item) {
    problems.push_back({item.key, item.value, "a backup makes it whole: kontena server restore"});
  });
  return problems;
}

}  // namespace kontena::server
