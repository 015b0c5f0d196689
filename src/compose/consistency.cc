// Whether what each key says for itself holds together.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "kontena/base/text.h"
#include "normalise.h"
#include "scalar.h"

namespace kontena::compose {
namespace {

bool is_map(const Node* node) { return node && node->kind == Kind::map; }

const Node* at_path(const Node& from, std::initializer_list<std::string_view> keys) {
  const Node* node = &from;
  for (const std::string_view key : keys)
    if (!(node = node->find(key))) return nullptr;
  return node;
}

std::string near(std::string_view name, const Node* among) {
  std::vector<std::string_view> names;
  if (is_map(among))
    for (const Member& member : among->members) names.push_back(member.key);
  const auto found = text::nearest(name, names);
  return found.empty() ? "" : "did you mean '" + std::string(found) + "'?";
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

// Two keys that mean the same say the same, or one of them is not there.
struct Twins {
  std::string_view key;
  std::initializer_list<std::string_view> other;
  std::string_view other_name;
};

class Service {
 public:
  Service(Reader& reader, const Node& root, const Member& service)
      : reader_(reader), root_(root), value_(service.value), path_(under("services", service.key)), at_(service.at) {}

  void check() {
    if (value_.kind != Kind::map) return;
    source();
    network_mode();
    if (const Node* build = value_.find("build"); is_map(build)) check_build(*build);
    twins();
    scale();
    watches();
    targets();
    dependencies();
    references("secrets", "secret");
    references("configs", "config");
    if (const Node* models = value_.find("models"); is_map(models))
      for (const Member& model : models->members)
        if (!declared("models", model.key)) missing(under(path_, "models"), "model", "models", model.key, model.at);
  }

 private:
  void problem(const Node& at, std::string_view key, std::string what, std::string hint = {}) {
    reader_.notes.problem(at.at, under(path_, key), std::move(what), std::move(hint));
  }
  bool declared(std::string_view kind, std::string_view name) const {
    const Node* map = root_.find(kind);
    return is_map(map) && map->find(name);
  }
  void missing(const std::string& path, std::string_view what, std::string_view kind, const std::string& name,
               const Mark& at) {
    const std::string meant = near(name, root_.find(kind));
    reader_.notes.problem(at, path, "there is no " + std::string(what) + " '" + name + "' in this file",
                          meant.empty() ? "declare it under '" + std::string(kind) + "' at the top" : meant);
  }

  void source() {
    if (value_.made) return;  // was no mapping, which is told already
    for (const std::string_view from : {"image", "build", "provider"})
      if (const Node* found = value_.find(from); found && (found->kind != Kind::text || !found->text.empty())) return;
    reader_.notes.problem(at_, path_, "the service has neither 'image' nor 'build'",
                          "if this file changes another one, give that one first");
  }

  void network_mode() {
    const Node* mode = value_.find("network_mode");
    const Node* networks = value_.find("networks");
    if (mode && !mode->text.empty() && is_map(networks) && !networks->members.empty())
      problem(*mode, "network_mode", "a service has a network mode or networks, and this one has both",
              "keep one of them");
  }

  void check_build(const Node& build) {
    const Node* file = build.find("dockerfile");
    const Node* inlined = build.find("dockerfile_inline");
    if (file && inlined && !file->made)
      problem(*inlined, "build.dockerfile_inline", "'dockerfile' and 'dockerfile_inline' exclude each other",
              "keep one of them");
    const Node* platform = value_.find("platform");
    const Node* platforms = build.find("platforms");
    if (platform && !platform->text.empty() && platforms && !platforms->items.empty() &&
        std::ranges::find(platforms->items, platform->text, &Node::text) == platforms->items.end())
      problem(*platform, "platform", "the image is not built for '" + platform->text + "'",
              "add it to build.platforms");
    if (const Node* secrets = build.find("secrets"))
      for (const Node& secret : secrets->items)
        if (const Node* from = secret.find("source"); !from || !declared("secrets", from->text))
          missing(under(path_, "build.secrets"), "secret", "secrets", from ? from->text : "", secret.at);
    if (const Node* contexts = build.find("additional_contexts"); is_map(contexts))
      for (const Member& context : contexts->members)
        if (context.value.text.starts_with("service:")) build_of(context);
  }

  void build_of(const Member& context) {
    const std::string name = context.value.text.substr(8), path = under(path_, "build.additional_contexts");
    if (!declared("services", name)) return missing(path, "service", "services", name, context.value.at);
    if (!root_.find("services")->find(name)->find("build"))
      reader_.notes.problem(context.value.at, path, "the service '" + name + "' has no 'build'");
  }

  void twins() {
    const Twins all[] = {
        {"scale", {"deploy", "replicas"}, "deploy.replicas"},
        {"cpus", {"deploy", "resources", "limits", "cpus"}, "deploy.resources.limits.cpus"},
        {"mem_limit", {"deploy", "resources", "limits", "memory"}, "deploy.resources.limits.memory"},
        {"mem_reservation", {"deploy", "resources", "reservations", "memory"}, "deploy.resources.reservations.memory"},
        {"pids_limit", {"deploy", "resources", "limits", "pids"}, "deploy.resources.limits.pids"},
    };
    for (const Twins& each : all) {
      const Node* one = value_.find(each.key);
      const Node* other = at_path(value_, each.other);
      if (one && other && one->text != other->text && one->text != "0" && other->text != "0")
        problem(*one, each.key,
                "it is " + one->text + " here and " + other->text + " in '" + std::string(each.other_name) + "'",
                "keep one of them");
    }
  }

  void scale() {
    const Node* name = value_.find("container_name");
    const Node* count = value_.find("scale");
    if (!count) count = at_path(value_, {"deploy", "replicas"});
    if (name && !name->text.empty() && count && text::integer(count->text).value_or(0) > 1)
      problem(*name, "container_name", "a name is that of one container, and there are " + count->text,
              "take out the name, or '" + std::string(value_.find("scale") ? "scale" : "deploy.replicas") + "'");
  }

  void watches() {
    const Node* watches = at_path(value_, {"develop", "watch"});
    if (!watches) return;
    for (const Node& watch : watches->items) {
      const Node* action = watch.find("action");
      if (!action) continue;
      if (action->text != "rebuild" && action->text != "restart" && !watch.find("target"))
        problem(watch, "develop.watch", "'target' is missing", "only 'rebuild' goes without it");
    }
  }

  // One path of the container is one mount. Of `volumes` the last one was taken already.
  void targets() {
    std::map<std::string_view, std::string> taken;
    const auto take = [&](std::string_view target, std::string path, const Mark& at) {
      if (const auto [other, is_new] = taken.try_emplace(target, path); !is_new)
        reader_.notes.problem(at, path, "'" + std::string(target) + "' is mounted already by " + other->second,
                              "take one out");
    };
    if (const Node* all = value_.find("tmpfs"))
      for (std::size_t i = 0; i < all->items.size(); ++i)
        take(std::string_view(all->items[i].text).substr(0, all->items[i].text.find(':')),
             under(under(path_, "tmpfs"), i), all->items[i].at);
    if (const Node* all = value_.find("volumes"); all && !taken.empty())
      for (std::size_t i = 0; i < all->items.size(); ++i)
        if (const Node* target = all->items[i].find("target"))
          take(target->text, under(under(path_, "volumes"), i), all->items[i].at);
  }

  void dependencies() {
    const Node* depends_on = value_.find("depends_on");
    if (is_map(depends_on))
      for (const Member& dependency : depends_on->members)
        if (!declared("services", dependency.key)) undefined(dependency);
    for (const std::string_view key : {"network_mode", "ipc", "pid"})
      if (const Node* mode = value_.find(key); mode && mode->text.starts_with("service:") &&
                                               !declared("services", mode->text.substr(8)) &&
                                               !(is_map(depends_on) && depends_on->find(mode->text.substr(8))))
        missing(under(path_, key), "service", "services", mode->text.substr(8), mode->at);
  }

  // Where the dependency is said: other keys than depends_on imply one.
  std::string said_at(const Member& dependency) const {
    for (const std::string_view key : {"links", "volumes_from"}) {
      const Node* list = value_.find(key);
      for (std::size_t i = 0; list && i < list->items.size(); ++i)
        if (list->items[i].at == dependency.at) return under(under(path_, key), i);
    }
    return under(under(path_, "depends_on"), dependency.key);
  }

  void undefined(const Member& dependency) {
    const std::string path = said_at(dependency);
    if (reader_.inactive.contains(dependency.key)) {
      const Node* required = dependency.value.find("required");
      const std::string why = "the service '" + dependency.key + "' is in none of the active profiles";
      if (!required || required->text != "false")
        reader_.notes.problem(dependency.at, path, why, "activate one with --profile, or write 'required: false'");
      else
        reader_.notes.warning(dependency.at, path, why + ", and is not waited for");
      return;
    }
    reader_.notes.problem(dependency.at, path, "there is no service '" + dependency.key + "' in this file",
                          near(dependency.key, root_.find("services")));
  }

  void references(std::string_view kind, std::string_view what) {
    const Node* used = value_.find(kind);
    if (!used || used->kind != Kind::list) return;
    for (std::size_t i = 0; i < used->items.size(); ++i)
      if (const Node* from = used->items[i].find("source"); !from || !declared(kind, from->text))
        missing(under(under(path_, kind), i), what, kind, from ? from->text : "", used->items[i].at);
  }

  Reader& reader_;
  const Node& root_;
  const Node& value_;
  std::string path_;
  Mark at_;
};

}  // namespace

void check_consistency(Reader& reader, const Node& root) {
  const Node& services = *root.find("services");
  for (const Member& service : services.members) Service(reader, root, service).check();
  Circles circles(reader, services);
  for (const Member& service : services.members) circles.look(service.key);
}

}  // namespace kontena::compose
