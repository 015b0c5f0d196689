#include "names.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/store/tables.h"
#include "networks.h"
#include "routes/find.h"

namespace kontena::server {

void add_names(const ClusterView& view, const model::Instance& instance, const std::string& network, model::Member& member) {
  const model::StackPath path{instance.grid, instance.project, instance.stack};
  const std::string service = text::lower(instance.service), numbered = service + '-' + std::to_string(instance.slot);
  const std::string stack = '.' + instance.stack, domain = '.' + instance.project + '.' + instance.grid + ".kontena.local";
  member.names = {service, numbered, service + stack, numbered + stack};
  member.full = numbered + stack + domain;
  const auto* revision = view.revisions.get(model::revision_key(instance.service_path(), instance.instance_revision));
  const auto* record = view.stacks.get(path.text());
  if (record && record->exposed == instance.service) {
    member.names.push_back(instance.stack);
    member.names.push_back(instance.stack + domain);
  }
  if (revision && record) {
    for (const model::Attachment& attachment : revision->spec.networks) {
      if (network_name(path, record->networks, attachment.network) != network) continue;
      for (const std::string& alias : attachment.aliases) member.names.push_back(text::lower(alias));
    }
  }
  if (revision) {
    if (!revision->spec.container_name.empty()) member.names.push_back(text::lower(revision->spec.container_name));
    for (const auto& [alias, other] : revision->spec.links) member.links[text::lower(alias)] = text::lower(other) + stack + domain;
  }
  std::ranges::sort(member.names);
  member.names.erase(std::unique(member.names.begin(), member.names.end()), member.names.end());
}

Status check_container_names(const ClusterView& view, const model::StackPath& path, const model::StackSpec& spec,
                             store::Commit& commit) {
  std::map<std::string, std::string> asked;  // the name, to the service
  for (const auto& [name, service] : spec.services)
    if (!service.container_name.empty()) asked[text::lower(service.container_name)] = name;
  if (asked.empty()) return Done{};
  const std::string project = path.grid + '/' + path.project;
  Status free = Done{};
  std::size_t had = 0;
  view.services.each(project + '/', [&](const auto& item) {
    const model::Service& other = item.value;
    const auto wish = asked.find(text::lower(other.spec.container_name));
    if (other.removed || wish == asked.end()) return;
    if (other.stack == path.stack) {
      ++had;
      return;
    }
    const auto* stack = view.stacks.get(project + '/' + other.stack);
    if (!stack || stack->wanted == model::StackWanted::removed) return;
    free = Error{Code::failed_precondition,
                 "services." + wish->second + ".container_name: '" + other.spec.container_name + "' is that of '" + other.stack +
                     '/' + other.spec.name + "', and is to be one's alone in a project",
                 "leave it out, or choose another: services are reached by their own names too"};
  });
  KTN_OK(std::move(free));
  const auto* record = view.projects.find(project);
  if (had == asked.size() || !record) return Done{};
  commit.unchanged.push_back(unchanged(store::projects, *record));
  commit.puts.push_back(store::projects.put(project, record->value));
  return Done{};
}

void mark_exposed(const ClusterView& view, const model::Stack& was, const std::string& exposed, store::Commit& commit) {
  if (was.exposed == exposed) return;
  for (const std::string& service : {was.exposed, exposed}) {
    if (service.empty()) continue;
    const model::ServicePath path{was.grid, was.project, was.name, service};
    view.revisions.each(path.text() + '/', [&](const auto& item) {
      const std::string key = store::revisions.key(item.key);
      const bool is_written = std::ranges::any_of(commit.puts, [&](const auto& put) { return put.key == key; });
      if (!is_written) commit.puts.push_back(store::revisions.put(item.key, item.value));
    });
  }
}

}  // namespace kontena::server
