#include "normalise.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>

#include "kontena/base/text.h"

namespace kontena::compose {
namespace {

bool is_map(const Node* node) { return node && node->kind == Kind::map; }

// The map of that name at the top, made where it is not there.
Node& top(Node& root, std::string_view key) {
  Node& map = root[key];
  if (map.kind != Kind::map) map = make_map(map.at);
  return map;
}

std::string near(std::string_view name, const Node* among) {
  std::vector<std::string_view> names;
  if (is_map(among))
    for (const Member& member : among->members) names.push_back(member.key);
  const auto found = text::nearest(name, names);
  return found.empty() ? "" : "did you mean '" + std::string(found) + "'?";
}

struct Names {
  explicit Names(const Node* map) {
    if (is_map(map))
      for (const Member& member : map->members) known.insert(member.key);
  }
  bool has(const std::string& name) const { return known.contains(name); }
  std::unordered_set<std::string> known;
};

// A service without networks is in the default one, which need not be declared.
void join_default(Node& root, Node& service) {
  const Node* networks = service.find("networks");
  const bool none = !networks || (is_map(networks) && networks->members.empty());
  if (none) {
    if (service.find("network_mode") || service.find("provider")) return;
    Node joined = make_map(service.at);
    put(joined, "default", make_null(service.at));
    put(service, "networks", std::move(joined));
  } else if (!networks->find("default")) {
    return;
  }
  Node& declared = top(root, "networks");
  if (declared.find("default")) return;
  Node network = make_map(service.at);
  network.table = &network_table;
  put(network, "ipam", make_map(service.at));
  put(declared, "default", std::move(network));
}

// Notes each name of `uses` that is not declared, and which ones are.
void refer(Reader& reader, const std::string& path, const std::string& name, const Mark& at, std::string_view what,
           const Names& known, const Node* declared, std::set<std::string>& used) {
  if (known.has(name)) {
    used.insert(name);
    return;
  }
  const std::string meant = near(name, declared);
  reader.notes.problem(at, path, "there is no " + std::string(what) + " '" + name + "' in this file",
                       meant.empty() ? "declare it under '" + std::string(what) + "s' at the top" : meant);
}

void name_and_prune(Node& root, std::string_view key, const std::string& project, const std::set<std::string>& used) {
  Node* map = root.find(key);
  if (!is_map(map)) return;
  std::erase_if(map->members, [&](const Member& member) { return !used.contains(member.key); });
  for (Member& member : map->members) {
    if (member.value.kind != Kind::map) continue;
    const Node* external = member.value.find("external");
    const bool ours = !external || external->text != "true";
    if (ours && external) member.value.erase("external");
    if (Node* name = member.value.find("name")) {
      // Compose goes on without a name, and an engine makes up another one each time.
      if (name->text.empty()) name->doubt = "is no name; leave 'name' out to have the usual one";
      continue;
    }
    put(member.value, "name", make_text(member.at, ours ? project + '_' + member.key : member.key));
  }
  if (map->members.empty()) root.erase(key);
}

// Who must be there first is said by other keys too.
// `at` is a copy: a member that is added moves what it would point into.
void depend(Node& service, const std::string& on, const Mark at, std::optional<bool> restart) {
  Node& depends_on = service["depends_on"];
  if (!is_map(&depends_on)) depends_on = make_map(at);
  if (depends_on.find(on)) return;
  Node dependency = make_map(at);
  dependency.table = &dependency_table;
  put(dependency, "condition", make_text(at, "service_started"));
  if (restart.value_or(false)) put(dependency, "restart", make_scalar(at, Kind::boolean, "true"));
  put(dependency, "required", make_scalar(at, Kind::boolean, "true"));
  put(depends_on, on, std::move(dependency));
}

void imply_dependencies(Node& service) {
  const auto texts = [&](std::string_view key) {
    const Node* list = service.find(key);
    return list && list->kind == Kind::list ? list->items : std::vector<Node>();
  };
  for (const Node& link : texts("links")) depend(service, link.text.substr(0, link.text.find(':')), link.at, true);
  for (const std::string_view key : {"network_mode", "ipc", "pid", "uts", "cgroup"})
    if (const Node* mode = service.find(key); mode && mode->text.starts_with("service:"))
      depend(service, mode->text.substr(8), mode->at, true);
  for (const Node& from : texts("volumes_from"))
    if (!from.text.starts_with("container:")) depend(service, from.text.substr(0, from.text.find(':')), from.at, false);
}

void complete_build(Reader& reader, Node& service) {
  Node* build = service.find("build");
  if (!is_map(build)) return;
  if (!build->find("context")) put(*build, "context", make_text(build->at, reader.folder));
  if (!build->find("dockerfile") && !build->find("dockerfile_inline"))
    put(*build, "dockerfile", make_text(build->at, "Dockerfile"));
  Node* args = build->find("args");
  if (!is_map(args)) return;
  for (Member& arg : args->members)
    if (arg.value.kind == Kind::null)
      if (auto value = reader.variables(arg.key)) arg.value = make_text(arg.at, *std::move(value));
  std::erase_if(args->members, [](const Member& arg) { return arg.value.kind == Kind::null; });
}

void complete(Reader& reader, Node& service) {
  for (const std::string_view key : {"command", "entrypoint"})
    if (!service.find(key)) put(service, key, make_null(service.at));
  complete_build(reader, service);
  imply_dependencies(service);
  if (Node* secrets = service.find("secrets"))
    for (Node& secret : secrets->items) {
      const Node* source = secret.find("source");
      if (source && !secret.find("target")) put(secret, "target", make_text(secret.at, "/run/secrets/" + source->text));
    }
  const auto count_all = [](Node* requests) {
    if (!requests) return;
    for (Node& request : requests->items)
      if (!request.find("count") && !request.find("device_ids"))
        put(request, "count", make_scalar(request.at, Kind::integer, "-1"));
  };
  count_all(service.find("gpus"));
  if (Node* deploy = service.find("deploy"))
    if (Node* resources = deploy->find("resources"))
      if (Node* reservations = resources->find("reservations")) count_all(reservations->find("devices"));
}

// Compose does not print them. A service that uses one is refused.
void drop_models(Reader& reader, Node& root) {
  const Member* models = root.member("models");
  if (models && is_map(&models->value) && !models->value.members.empty())
    reader.notes.warning(models->at, "models", "'models' is ignored: it is for Docker Model Runner");
  root.erase("models");
}

void used_files(const Node* list, std::set<std::string>& used) {
  if (!list) return;
  for (const Node& item : list->items)
    if (const Node* source = item.find("source")) used.insert(source->text);
}

}  // namespace

void normalise(Reader& reader, Node& root, const std::string& project) {
  if (!root.find("services")) put(root, "services", make_map(root.at));
  if (root.find("services")->kind != Kind::map) return;
  for (std::size_t i = 0; i < root.find("services")->members.size(); ++i) {
    // Looked up anew: joining may add `networks` to the root.
    Member& service = root.find("services")->members[i];
    if (service.value.kind != Kind::map) continue;
    complete(reader, service.value);
    Node value = std::move(service.value);
    join_default(root, value);
    root.find("services")->members[i].value = std::move(value);
  }
  reader.inactive = drop_inactive(reader.input.profiles, *root.find("services"));
  check_consistency(reader, root);
  resolve_files(reader, *root.find("services"));
  const Names networks(root.find("networks")), volumes(root.find("volumes"));
  std::set<std::string> networks_used, volumes_used, secrets_used, configs_used;
  for (const Member& service : root.find("services")->members) {
    const std::string path = under("services", service.key);
    if (const Node* joined = service.value.find("networks"); is_map(joined))
      for (const Member& network : joined->members)
        refer(reader, under(under(path, "networks"), network.key), network.key, network.at, "network", networks,
              root.find("networks"), networks_used);
    const Node* mounts = service.value.find("volumes");
    for (std::size_t i = 0; mounts && i < mounts->items.size(); ++i) {
      const Node* type = mounts->items[i].find("type");
      const Node* source = mounts->items[i].find("source");
      if (type && type->text == "volume" && source && !source->text.empty())
        refer(reader, under(under(path, "volumes"), i), source->text, source->at, "volume", volumes,
              root.find("volumes"), volumes_used);
    }
    used_files(service.value.find("secrets"), secrets_used);
    used_files(service.value.find("configs"), configs_used);
    if (const Node* build = service.value.find("build")) used_files(build->find("secrets"), secrets_used);
  }
  name_and_prune(root, "networks", project, networks_used);
  name_and_prune(root, "volumes", project, volumes_used);
  name_and_prune(root, "secrets", project, secrets_used);
  name_and_prune(root, "configs", project, configs_used);
  drop_models(reader, root);
  omit_empty(root);
}

}  // namespace kontena::compose
