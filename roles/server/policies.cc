#include "policies.h"

#include <algorithm>

#include "kontena/access/policy.h"
#include "kontena/base/text.h"
#include "kontena/store/tables.h"
#include "routes/find.h"
#include "unreadable.h"

namespace kontena::server {
namespace {

// The engine has one space of names. All that a project has stands behind PROJECT., and that of
// the project 'default' behind nothing: there, and for what is external, a name could be one of
// another project's.
Status check_volume_names(const ClusterView& view, const model::StackPath& path, const model::StackSpec& spec) {
  for (const auto& [key, volume] : spec.volumes) {
    const std::string name = model::volume_name(path, key, volume);
    const std::string first = name.substr(0, name.find('.'));
    const bool own = path.project != "default" && first == path.project;
    const bool of_project =
        first.size() < name.size() && first != "default" && view.projects.get(path.grid + '/' + first);
    bool of_default = false;  // known by its record only
    if (path.project != "default" && !own) of_default = view.volumes.get(path.grid + "/default/" + name) != nullptr;
    // The same words whether there is such a volume or not.
    if ((of_project && !own) || of_default)
      return Error{Code::permission_denied, "volumes." + key + ": the name '" + name + "' is another project's",
                   "choose another name"};
  }
  return Done{};
}

}  // namespace

Status check_switches(const ClusterView& view, const model::ProjectPath& project, const model::StackSpec& spec) {
  // One that cannot be read may deny what its absence allows.
  KTN_OK(check_readable(view, store::policies.key(project.grid)));
  KTN_OK(check_readable(view, store::policies.key(project.text())));
  const auto wrong = access::breaches(access::allowance(view, project), spec);
  if (wrong.empty()) return Done{};
  return Error{Code::permission_denied, text::join(wrong, "; "),
               "ask whoever administers the grid: kontena client policy set " + project.project + " --allow …"};
}

Status check_policies(const ClusterView& view, const model::StackPath& path, const model::StackSpec& spec,
                      store::Commit& commit) {
  const model::ProjectPath project{path.grid, path.project};
  KTN_OK(check_switches(view, project, spec));
  // Only for who has the hosts' volumes at all: by its answer names of projects and volumes can be tried.
  KTN_OK(check_volume_names(view, path, spec));
  const access::Allowance allowance = access::allowance(view, project);
  if (allowance.quotas.empty()) return Done{};
  std::int64_t nodes = 0;
  view.nodes.each(path.grid + '/', [&](const auto&) { ++nodes; });
  access::Usage usage = access::usage_of(view, project, path.stack);
  usage += access::usage_of(spec, nodes);
  const auto wrong = access::excesses(allowance, usage);
  if (!wrong.empty())
    return Error{Code::permission_denied, text::join(wrong, "; "),
                 "what the project has and may have: kontena client policy show " + path.project};
  const auto* item = view.projects.find(project.text());
  const std::string key = store::projects.key(project.text());
  if (!item || std::ranges::any_of(commit.puts, [&](const auto& put) { return put.key == key; })) return Done{};
  commit.unchanged.push_back(unchanged(store::projects, *item));
  commit.puts.push_back(store::projects.put(item->key, item->value));
  return Done{};
}

}  // namespace kontena::server
