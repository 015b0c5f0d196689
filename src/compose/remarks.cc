// What is honoured, and is not what somebody who wrote it for one machine may take it for.
#include <algorithm>
#include <array>

#include "kontena/schedule/needs.h"
#include "specify.h"

namespace kontena::compose {
namespace {

using model::Mode;
using model::MountKind;
using model::ServiceSpec;

const Node& written(const Specifier& to, const std::string& service) {
  return *to.root.find("services")->find(service);
}

// On one node, as a constraint says.
bool held(const ServiceSpec& spec) {
  return std::ranges::any_of(spec.placing.constraints, [](const model::Constraint& each) {
    return each.equal && (each.attribute == "node.id" || each.attribute == "node.hostname");
  });
}

bool inside(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// What every Linux has, and who mounts it means that of the node.
bool is_of_any_node(std::string_view path) {
  constexpr std::array<std::string_view, 16> known{"/proc",
                                                   "/sys",
                                                   "/dev",
                                                   "/run",
                                                   "/var/run",
                                                   "/var/log",
                                                   "/var/lib/docker",
                                                   "/lib",
                                                   "/usr",
                                                   "/etc/hostname",
                                                   "/etc/hosts",
                                                   "/etc/group",
                                                   "/etc/localtime",
                                                   "/etc/passwd",
                                                   "/etc/machine-id",
                                                   "/etc/timezone"};
  return path == "/" || std::ranges::any_of(known, [&](std::string_view folder) { return inside(path, folder); });
}

void hosts(Specifier& to, const ServiceSpec& spec, const std::string& path) {
  const Node* list = written(to, spec.name).find("extra_hosts");
  if (!list || held(spec)) return;
  for (const Node& item : list->items)
    if (item.text.ends_with("=host-gateway"))
      to.differs(item.at, under(path, "extra_hosts"),
                 "'host-gateway' is the node that an instance runs on, each its own",
                 "deploy.placement.constraints hold a service on one node");
}

void binds(Specifier& to, const ServiceSpec& spec, const std::string& path) {
  const Node* list = written(to, spec.name).find("volumes");
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    const model::Mount& mount = spec.mounts[i];
    if (mount.kind != MountKind::bind || (held(spec) && mount.must_exist)) continue;
    const std::string at = under(under(path, "volumes"), i);
    const Mark& mark = list->items[i].at;
    if (mount.source.ends_with("/docker.sock")) {
      if (spec.mode != Mode::global && !held(spec))
        to.differs(mark, at,
                   "the engine of the node that the instance runs on, which knows the containers of that node only");
    } else if (!mount.must_exist && !is_of_any_node(mount.source)) {
      to.differs(mark, at,
                 spec.mode == Mode::global || held(spec)
                     ? "'" + mount.source + "' is made where it is not there, as an empty folder"
                     : "the service runs where '" + mount.source +
                           "' is; where no node has it, it is made, as an empty folder",
                 "'create_host_path: false' wants it there; './…' comes along from here");
    }
  }
}

// Two of one instance must not have its data, its address or its network at once.
void start_first(Specifier& to, const ServiceSpec& spec, const std::string& path) {
  if (spec.update.order != model::Order::start_first) return;
  const Member& order = *written(to, spec.name).find("deploy")->find("update_config")->member("order");
  const std::string at = under(path, "deploy.update_config.order");
  constexpr std::string_view instead = "; it is stopped before the next one is started";
  if (!spec.network_mode.empty() && spec.network_mode.starts_with("service:"))
    return to.differs(order.at, at, "two of an instance would be in one network" + std::string(instead));
  for (const model::Mount& mount : spec.mounts) {
    const auto volume = to.spec.volumes.find(mount.source);
    if (mount.kind == MountKind::volume && spec.mode == Mode::replicated && volume != to.spec.volumes.end() &&
        !schedule::is_shared(volume->second))
      return to.differs(order.at, at,
                        "two of an instance must not have the data of '" + mount.source + "'" + std::string(instead));
  }
  if (std::ranges::none_of(spec.ports,
                           [](const model::Port& port) { return port.published > 0 && port.published_last == 0; }))
    return;
  if (spec.mode == Mode::global || held(spec))
    to.differs(order.at, at, "two of an instance cannot publish one port of a node" + std::string(instead));
  else
    to.mapped(
        at,
        "on another node, as its ports are taken; where none is free, it is stopped before the next one is started");
}

// Where one path of the project lies in another one, each comes along by itself.
void nested(Specifier& to) {
  std::map<std::string_view, bool> writable;
  const auto mount_of = [&](const OwnPath& own) -> const model::Mount& {
    return to.spec.services.at(own.service).mounts[own.mount];
  };
  for (const OwnPath& own : to.own_paths) writable[own.path] |= !mount_of(own).read_only;
  for (const OwnPath& own : to.own_paths) {
    for (std::size_t end = own.path.rfind('/'); end != std::string::npos && end > 0;
         end = own.path.rfind('/', end - 1)) {
      const auto folder = writable.find(std::string_view(own.path).substr(0, end));
      if (folder == writable.end() || (!folder->second && !writable.at(own.path))) continue;
      const Node& item = written(to, own.service).find("volumes")->items[own.mount];
      to.notes.warning(item.at, own.key,
                       "'" + own.written +
                           "' lies in another path that comes along: they are two copies, and what is written to "
                           "one is not seen in the other",
                       "mount the outer one only, or a named volume");
      break;
    }
  }
}

}  // namespace

void remark(Specifier& to) {
  for (const auto& [name, spec] : to.spec.services) {
    const std::string path = under("services", name);
    hosts(to, spec, path);
    binds(to, spec, path);
    start_first(to, spec, path);
  }
  nested(to);
}

}  // namespace kontena::compose
