#include "normalise.h"

#include <algorithm>
#include <set>
#include <unordered_map>
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

void check_image(Reader& reader, const Member& service) {
  if (service.value.made) return;  // was no mapping, which is told already
  for (const std::string_view source : {"image", "build", "provider"})
    if (service.value.find(source)) return;
  if (service.value.find("extends")) return;
  reader.notes.problem(service.at, under("services", service.key), "the service has neither 'image' nor 'build'",
                       "if this file changes another one, give that one first");
}

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
  put(network, "ipam", make_map(service.at));
  put(declared, "default", std::move(network));
}

void check_mode(Reader& reader, const Member& service) {
  const Node* mode = service.value.find("network_mode");
  const Node* networks = service.value.find("networks");
  if (!mode || mode->text.empty() || !is_map(networks) || networks->members.empty()) return;
  reader.notes.problem(mode->at, under(under("services", service.key), "network_mode"),
                       "a service has a network mode or networks, and this one has both", "keep one of them");
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
    if (const Node* name = member.value.find("name"); name && !name->text.empty()) continue;
    put(member.value, "name", make_text(member.at, ours ? project + '_' + member.key : member.key));
  }
  if (map->members.empty()) root.erase(key);
}

// Depth first; a dependency that is on the way already closes a circle.
class Circles {
 public:
  Circles(Reader& reader, const Node& services) : reader_(reader) {
    for (const Member& service : services.members) nodes_[service.key] = &service;
  }

  void look(const std::string& name) {
    const auto node = nodes_.find(name);
    if (node == nodes_.end() || !done_.insert(name).second) return;
    if (way_.size() >= longest) {
      reader_.notes.problem(node->second->at, under("services", name),
                            "more than " + std::to_string(longest) + " services wait for each other in a row");
      return;
    }
    way_.push_back(name);
    const Node* depends_on = node->second->value.find("depends_on");
    if (is_map(depends_on)) {
      for (const Member& dependency : depends_on->members) {
        const auto on_way = std::ranges::find(way_, dependency.key);
        if (on_way == way_.end()) {
          look(dependency.key);
          continue;
        }
        const std::vector<std::string> circle(on_way, way_.end());
        reader_.notes.problem(dependency.at, under(under(under("services", name), "depends_on"), dependency.key),
                              "services wait for each other: " + text::join(circle, " → ") + " → " + dependency.key);
      }
    }
    way_.pop_back();
  }

 private:
  static constexpr std::size_t longest = 500;

  Reader& reader_;
  std::unordered_map<std::string, const Member*> nodes_;
  std::unordered_set<std::string> done_;
  std::vector<std::string> way_;
};

// Who is linked to a service waits for it, as Compose has it.
void depend_on_links(Reader& reader, const Node& services, Member& service) {
  const Node* links = service.value.find("links");
  if (!links || links->kind != Kind::list) return;
  for (std::size_t i = 0; i < links->items.size(); ++i) {
    const Node& link = links->items[i];
    const std::string other = link.text.substr(0, link.text.find(':'));
    if (other.empty()) continue;
    if (!services.find(other)) {
      reader.notes.problem(link.at, under(under(under("services", service.key), "links"), i),
                           "there is no service '" + other + "' in this file", near(other, &services));
      continue;
    }
    Node& depends_on = service.value["depends_on"];
    if (depends_on.kind != Kind::map) depends_on = make_map(link.at);
    if (depends_on.find(other)) continue;
    Node dependency = make_map(link.at);
    put(dependency, "condition", make_text(link.at, "service_started"));
    put(dependency, "required", make_scalar(link.at, Kind::boolean, "true"));
    put(dependency, "restart", make_scalar(link.at, Kind::boolean, "true"));
    put(depends_on, other, std::move(dependency));
  }
}

void check_dependencies(Reader& reader, const Node& services) {
  const Names known(&services);
  for (const Member& service : services.members) {
    const Node* depends_on = service.value.find("depends_on");
    if (!is_map(depends_on)) continue;
    for (const Member& dependency : depends_on->members) {
      if (known.has(dependency.key)) continue;
      const std::string path = under(under(under("services", service.key), "depends_on"), dependency.key);
      const Node* required = dependency.value.find("required");
      const std::string what = "there is no service '" + dependency.key + "' in this file";
      if (required && required->text == "false")
        reader.notes.warning(dependency.at, path, what + "; it is not waited for");
      else
        reader.notes.problem(dependency.at, path, what, near(dependency.key, &services));
    }
  }
  Circles circles(reader, services);
  for (const Member& service : services.members) circles.look(service.key);
}

}  // namespace

void normalise(Reader& reader, Node& root, const std::string& project) {
  if (!root.find("services")) put(root, "services", make_map(root.at));
  if (root.find("services")->kind != Kind::map) return;
  resolve_files(reader, *root.find("services"));
  for (std::size_t i = 0; i < root.find("services")->members.size(); ++i) {
    // Looked up anew: joining may add `networks` to the root.
    Member& service = root.find("services")->members[i];
    if (service.value.kind != Kind::map) continue;
    check_image(reader, service);
    check_mode(reader, service);
    for (const std::string_view key : {"command", "entrypoint"})
      if (!service.value.find(key)) put(service.value, key, make_null(service.at));
    Node value = std::move(service.value);
    join_default(root, value);
    root.find("services")->members[i].value = std::move(value);
  }
  const Names networks(root.find("networks")), volumes(root.find("volumes"));
  std::set<std::string> networks_used, volumes_used;
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
  }
  Node& all = *root.find("services");
  for (Member& service : all.members)
    if (service.value.kind == Kind::map) depend_on_links(reader, all, service);
  check_dependencies(reader, all);
  name_and_prune(root, "networks", project, networks_used);
  name_and_prune(root, "volumes", project, volumes_used);
}

}  // namespace kontena::compose
