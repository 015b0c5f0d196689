#include "assignments.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "kontena/base/files.h"
#include "kontena/base/log.h"

namespace kontena::agent {
namespace {

constexpr std::int64_t newest_format = 1;

std::string path_in(const std::string& state_dir) { return state_dir + "/assignments.json"; }

bool add(model::Strings& names, const model::Strings& more) {
  bool added = false;
  for (const std::string& name : more) {
    if (std::ranges::find(names, name) != names.end()) continue;
    names.push_back(name);
    added = true;
  }
  return added;
}

Result<Kept> parse(const std::string& text) {
  KTN_TRY(Kept kept, codec::from_json<Kept>(text));
  if (kept.format < 1 || kept.format > newest_format)
    return Error{Code::unsupported, "format " + std::to_string(kept.format) + " is not known to this version"};
  for (const auto& [id, assignment] : kept.instances)
    if (*assignment.id != id) return Error{Code::corrupt, "instance '" + id + "' is not itself"};
  return kept;
}

}  // namespace

Merged merge(const Kept& kept, api::AssignmentsAnswer answer) {
  Merged merged{.kept = kept};
  auto& instances = merged.kept.instances;
  merged.kept.revision = answer.revision;

  std::set<std::string> named;
  for (model::Assignment& assignment : answer.instances) {
    const std::string id = *assignment.id;
    named.insert(id);
    const auto known = instances.find(id);
    if (known != instances.end() && known->second == assignment) continue;
    merged.changed.push_back(id);
    instances[id] = std::move(assignment);
  }
  const auto drop = [&](const std::string& id) {
    if (instances.erase(id) > 0) merged.dropped.push_back(id);
  };
  for (const std::string& id : answer.forgotten)
    if (!named.contains(id)) drop(id);
  // What the server cannot read now it has not taken away.
  named.insert(answer.unreadable.begin(), answer.unreadable.end());
  if (answer.complete) {
    std::vector<std::string> missing;
    for (const auto& [id, assignment] : instances)
      if (!named.contains(id)) missing.push_back(id);
    for (const std::string& id : missing) drop(id);
  }
  const bool networks = add(merged.kept.networks_unused, answer.networks_unused);
  const bool volumes = add(merged.kept.volumes_unused, answer.volumes_unused);
  merged.differs = !merged.changed.empty() || !merged.dropped.empty() || networks || volumes;
  return merged;
}

Result<Kept> load_kept(const std::string& state_dir) {
  const std::string path = path_in(state_dir);
  const auto text = files::read(path, 1u << 30);
  if (!text && text.error().code == Code::not_found) return Kept{};
  if (!text) return Error(text.error());
  auto kept = parse(*text);
  if (kept) return kept;
  const std::string aside = path + ".broken";
  if (std::rename(path.c_str(), aside.c_str()) != 0)
    return Error{Code::corrupt, "the kept assignments cannot be read, nor moved to '" + aside + "'"};
  log::error("the kept assignments cannot be read: the server is asked for all of them",
             {{"reason", kept.error().message}, {"moved_to", aside}});
  return Kept{};
}

Status save_kept(const std::string& state_dir, const Kept& kept) {
  return files::write(path_in(state_dir), codec::to_json(kept), 0600);
}

Keep keep_in(std::string state_dir) {
  return [state_dir = std::move(state_dir)](const Kept& kept) { return save_kept(state_dir, kept); };
}

}  // namespace kontena::agent
