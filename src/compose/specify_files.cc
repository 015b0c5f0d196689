#include "specify_files.h"

namespace kontena::compose {
namespace {

Position position(const Mark& at) { return {at.file ? *at.file : "", at.line, at.column}; }

void declared(Specifier& to, const Node& value, const std::string& path, bool secret,
              std::map<std::string, model::FileSpec>& files) {
  for (const Member& member : value.members) {
    DeclaredFile file;
    const std::string at = under(path, member.key);
    specify_map<DeclaredFile>(to, member.value, at, secret ? secret_keys() : config_keys(), file);
    const Node* external = member.value.find("external");
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

bool specify_own_path(Specifier& to, const Node& item, const std::string& path, model::ServiceSpec& service) {
  const Node* type = item.find("type");
  const Node* source = item.find("source");
  if (!type || type->text != "bind" || !source || source->written.empty()) return false;
  model::Mount& mount = service.mounts.back();
  OwnPath own{.service = service.name,
              .mount = service.mounts.size() - 1,
              .path = mount.source,
              .written = source->written,
              .key = path,
              .at = position(source->at)};
  const Node* bind = item.find("bind");
  const Node* make = bind ? bind->find("create_host_path") : nullptr;
  own.must_exist = mount.must_exist || (make && make->text == "false");
  to.mapped(path,
            mount.read_only
                ? "packed here: a copy, read-only, on each node that needs it"
                : "a file: a copy for each instance; a folder: a volume on one node, filled once with what is in it");
  mount.kind = model::MountKind::content;
  mount.source = source->written;
  mount.must_exist = false;
  mount.no_copy = false;
  mount.labels.clear();
  mount.subpath.clear();
  mount.tmpfs_bytes = mount.tmpfs_mode = 0;
  if (!mount.selinux.empty()) mount.selinux = "z";  // instances have it in common
  for (const std::string_view option : {"propagation", "recursive"})
    if (const Member* said = bind ? bind->member(option) : nullptr; said && !said->value.made)
      to.ignored(said->at, under(under(path, "bind"), option), "what comes along is a copy, with nothing mounted in it");
  mount.propagation.clear();
  mount.recursive.clear();
  to.own_paths.push_back(std::move(own));
  return true;
}

}  // namespace kontena::compose
