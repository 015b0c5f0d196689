#include "specify_files.h"

namespace kontena::compose {
namespace {

// The folder of the project that a local volume is a bind of: `o: bind`, `device: ./data`.
const Node* bound_folder(const Node& volume) {
  const Node* options = volume.find("driver_opts");
  const Node* device = options ? options->find("device") : nullptr;
  return device && !device->written.empty() && device->text.starts_with('/') ? device : nullptr;
}

// The volume of the file that an item of `volumes` mounts.
const Member* volume_of(const Specifier& to, const Node& item) {
  const Node* type = item.find("type");
  const Node* source = item.find("source");
  const Node* volumes = to.root.find("volumes");
  return type && type->text == "volume" && source && volumes ? volumes->member(source->text) : nullptr;
}

Position position(const Mark& at) { return {at.file ? *at.file : "", at.line, at.column}; }

void declared(Specifier& to, const Node& value, const std::string& path, bool secret,
              std::map<std::string, model::FileSpec>& files) {
  for (const Member& member : value.members) {
    DeclaredFile file;
    const std::string at = under(path, member.key);
    specify_map<DeclaredFile>(to, member.value, at, secret ? secret_keys() : config_keys(), file);
    const Node* external = member.value.find("external");
    if (file.spec.external) {
      if (file.spec.name.empty()) file.spec.name = member.key;
      files[member.key] = std::move(file.spec);
      continue;
    }
    if (!file.found && !(external && external->text == "true"))
      to.notes.problem(member.at, at, "nothing says what it holds",
                       secret ? "give a 'file' or an 'environment'" : "give a 'file', an 'environment' or 'content'");
    file.source.secret = secret;
    file.source.key = member.key;
    file.source.at = position(member.at);
    files[member.key] = std::move(file.spec);
    to.files.push_back(std::move(file.source));
  }
}

void used(Specifier& to, const Node& value, const std::string& path, bool secret, model::ServiceSpec& service) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    model::FileUse& use = service.files.emplace_back();
    use.secret = secret;
    specify_map<model::FileUse>(to, value.items[i], under(path, i), file_used_keys(), use);
    const std::string folder = secret ? "/run/secrets/" : "/";
    if (use.target.empty())
      use.target = folder + use.source;
    else if (!use.target.starts_with('/'))
      use.target = folder + use.target;
  }
}

}  // namespace

void specify_configs(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  declared(to, value, path, false, stack.configs);
}
void specify_secrets(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  declared(to, value, path, true, stack.secrets);
}
void specify_configs_used(Specifier& to, const Node& value, const std::string& path, model::ServiceSpec& service) {
  used(to, value, path, false, service);
}
void specify_secrets_used(Specifier& to, const Node& value, const std::string& path, model::ServiceSpec& service) {
  used(to, value, path, true, service);
}

void specify_secret_variables(Specifier& to, const Node& value, const std::string& path, model::ServiceSpec& service) {
  for (const auto& [variable, secret] : map_of(value)) {
    if (secret.empty())
      to.notes.problem(value.at, under(path, variable), "names no secret", "write VARIABLE: SECRET, as 'secret ls' has it");
    else
      service.env_secrets.push_back({.variable = variable, .secret = secret, .digest = {}});
  }
}

bool specify_own_path(Specifier& to, const Node& item, const std::string& path, model::ServiceSpec& service) {
  const Node* type = item.find("type");
  const Member* volume = volume_of(to, item);
  const Node* source = volume ? bound_folder(volume->value) : item.find("source");
  if (!type || (type->text != "bind" && !volume) || !source || source->written.empty()) return false;
  model::Mount& mount = service.mounts.back();
  OwnPath own{.service = service.name,
              .mount = service.mounts.size() - 1,
              .path = source->text,
              .written = source->written,
              .key = path,
              .at = position(source->at)};
  if (volume && !mount.subpath.empty()) own.path += '/' + mount.subpath, own.written += '/' + mount.subpath;
  const Node* bind = volume ? nullptr : item.find("bind");
  const Node* make = bind ? bind->find("create_host_path") : nullptr;
  // An engine makes no folder for a volume.
  own.must_exist = volume || mount.must_exist || (make && make->text == "false");
  to.mapped(path,
            mount.read_only
                ? "packed here: a copy, read-only, on each node that needs it"
                : "a file: a copy for each instance; a folder: a volume on one node, filled once with what is in it");
  mount.kind = model::MountKind::content;
  mount.source = own.written;
  mount.must_exist = false;
  mount.no_copy = false;
  mount.labels.clear();
  mount.subpath.clear();
  mount.tmpfs_bytes = mount.tmpfs_mode = 0;
  if (!mount.selinux.empty()) mount.selinux = "z";  // instances have it in common
  for (const std::string_view option : {"propagation", "recursive"})
    if (const Member* said = bind ? bind->member(option) : nullptr; said && !said->value.made)
      to.ignored(said->at, under(under(path, "bind"), option),
                 "what comes along is a copy, with nothing mounted in it");
  if (const Node* options = volume ? item.find("volume") : nullptr)
    if (const Member* labels = options->member("labels"))
      to.ignored(labels->at, under(under(path, "volume"), "labels"),
                 "the folder comes along, and is no volume of this name");
  mount.propagation.clear();
  mount.recursive.clear();
  to.own_paths.push_back(std::move(own));
  return true;
}

void drop_bound_volumes(Specifier& to) {
  const Node* volumes = to.root.find("volumes");
  if (!volumes) return;
  for (const Member& volume : volumes->members) {
    if (!bound_folder(volume.value)) continue;
    const std::string path = under("volumes", volume.key);
    to.mapped(under(path, "driver_opts"), "its folder comes along, as with a bind of it");
    for (const std::string_view own : {"labels", "name"})
      if (const Member* said = volume.value.member(own); said && !said->value.made)
        to.ignored(said->at, under(path, own), "the folder comes along, and no volume of this name is made");
    to.spec.volumes.erase(volume.key);
  }
}

}  // namespace kontena::compose
