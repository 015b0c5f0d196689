#include "kontena/access/policy.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"

namespace kontena::access {
namespace {

constexpr std::array switch_table{
    SwitchRow{
        "binds",
        "folders and files of the host, by their absolute path; its volumes and images that are not the cluster's"},
    SwitchRow{"builds",
              "builds on nodes, whose engines fetch by the hosts' network whatever a Dockerfile names, and have "
              "images of others to build on"},
    SwitchRow{"capabilities",
              "capabilities beyond the engine's own, and less protection by seccomp, AppArmor or user namespaces"},
    SwitchRow{"devices", "devices of the host, GPUs too"},
    SwitchRow{"docker-socket", "the engine's own socket"},
    SwitchRow{"host-ipc", "the host's shared memory"},
    SwitchRow{"host-network", "the host's network, also for logs that are sent; the engine's own bridge"},
    SwitchRow{"host-pid", "the host's processes, names and control groups"},
    SwitchRow{"privileged", "privileged containers and hooks"},
    SwitchRow{"subnets", "subnets that it declares: the hosts then reach nothing else there"},
};
static_assert(std::ranges::is_sorted(switch_table, {}, &SwitchRow::name));

constexpr std::array quota_table{
    QuotaRow{"cpus", "CPUs, of the limits of all instances", QuotaRow::Unit::nano_cpus},
    QuotaRow{"instances", "instances", QuotaRow::Unit::count},
    QuotaRow{"log-days", "days that lines of logs are kept", QuotaRow::Unit::count},
    QuotaRow{"logs", "room of kept logs, packed", QuotaRow::Unit::bytes},
    QuotaRow{"memory", "memory, of the limits of all instances", QuotaRow::Unit::bytes},
    QuotaRow{"ports", "published ports", QuotaRow::Unit::count},
    QuotaRow{"stacks", "stacks", QuotaRow::Unit::count},
    QuotaRow{"volumes", "volumes", QuotaRow::Unit::count},
};
static_assert(std::ranges::is_sorted(quota_table, {}, &QuotaRow::name));

constexpr std::size_t most_registries = 100;

std::string shown(const QuotaRow& row, std::int64_t amount) {
  if (row.unit == QuotaRow::Unit::bytes) return text::human_bytes(amount);
  if (row.unit == QuotaRow::Unit::count) return std::to_string(amount);
  std::string cpus = std::to_string((amount + 5'000'000) / 10'000'000);  // hundredths
  while (cpus.size() < 3) cpus.insert(0, 1, '0');
  return cpus.insert(cpus.size() - 2, 1, '.');
}

// The path without "//", "." and "..", as the kernel would go without symlinks.
std::string plain_path(const std::string& path) {
  std::vector<std::string> parts;
  for (std::string& part : text::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.push_back(std::move(part));
    }
  }
  return '/' + text::join(parts, "/");
}

bool leads_to_socket(const std::string& path) {
  const std::string plain = plain_path(path);
  return std::ranges::any_of(std::array{"/run/docker.sock", "/var/run/docker.sock"}, [&](std::string_view socket) {
    return plain == "/" || socket == plain || (socket.starts_with(plain) && socket[plain.size()] == '/');
  });
}

// What one service asks for, by the switch that it needs.
class Asked {
 public:
  Asked(const Allowance& allowance, std::vector<std::string>& found) : allowance_(allowance), found_(found) {}

  void ask(bool asks, std::string_view which, const std::string& where) {
    if (!asks || allowance_.allows(which)) return;
    const auto row = std::ranges::find(switch_table, which, &SwitchRow::name);
    found_.push_back(where + ": project '" + allowance_.project + "' may not use " + std::string(row->says) + " (" +
                     std::string(which) + ")");
  }

  void path(const std::string& path, const std::string& where) {
    ask(true, "binds", where);
    if (allowance_.allows("binds")) ask(leads_to_socket(path), "docker-socket", where);
  }

 private:
  const Allowance& allowance_;
  std::vector<std::string>& found_;
};

// Drivers that write to the node and send nothing.
bool stays_on_node(std::string_view log_driver) {
  static constexpr std::array<std::string_view, 5> known{"", "json-file", "local", "none", "journald"};
  return std::ranges::find(known, log_driver) != known.end();
}

void ask_options(Asked& asked, const model::ContainerOptions& options, const std::string& at) {
  asked.ask(options.privileged, "privileged", at + "privileged");
  asked.ask(!options.cap_add.empty(), "capabilities", at + "cap_add");
  for (const std::string& each : options.security_opt)
    asked.ask(!each.starts_with("no-new-privileges"), "capabilities", at + "security_opt");
  // The OCI runtime is told of units, devices and sockets of the host by them.
  asked.ask(!options.annotations.empty(), "capabilities", at + "annotations");
  asked.ask(!options.runtime.empty(), "capabilities", at + "runtime");
  // Who may have real-time priority has whole CPUs, whatever the limits.
  const bool realtime = options.cpu_realtime_runtime != 0 || options.cpu_realtime_period != 0 ||
                        std::ranges::find(options.ulimits, "rtprio", &model::Ulimit::name) != options.ulimits.end();
  asked.ask(realtime, "capabilities", at + "ulimits.rtprio");
  asked.ask(options.userns == "host", "capabilities", at + "userns_mode");
  asked.ask(options.oom_kill_disable || options.oom_score_adj < 0, "capabilities", at + "oom_score_adj");
  asked.ask(!options.devices.empty() || !options.device_requests.empty() || !options.device_cgroup_rules.empty(),
            "devices", at + "devices");
  asked.ask(!options.block_io.weights.empty() || !options.block_io.read_bytes.empty() ||
                !options.block_io.write_bytes.empty() || !options.block_io.read_operations.empty() ||
                !options.block_io.write_operations.empty(),
            "devices", at + "blkio_config");
  asked.ask(options.ipc == "host", "host-ipc", at + "ipc");
  asked.ask(options.pid == "host", "host-pid", at + "pid");
  asked.ask(options.uts == "host", "host-pid", at + "uts");
  asked.ask(options.cgroup == "host" || !options.cgroup_parent.empty(), "host-pid", at + "cgroup");
  // The engine sends them, and reaches whatever the host does.
  asked.ask(!stays_on_node(options.log_driver), "host-network", at + "logging");
}

// What the engine's own driver gives to mount(2) as it stands: o=bind is a bind, of type overlay
// lowerdir=/ is the host's root, and nfs is mounted in the host's name. A tmpfs is harmless.
bool mounts_only_memory(const model::StringMap& options) {
  const auto get = [&](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  const std::string type = get("type"), device = get("device");
  if (type.empty() && device.empty() && get("o").empty()) return true;
  const auto words = text::split(get("o"), ',');
  const auto binds = [](const std::string& word) { return word.find("bind") != std::string::npos || word == "move"; };
  return type == "tmpfs" && device == "tmpfs" && std::ranges::none_of(words, binds);
}

// One that the engine would find by the beginning of its id: whose it is nobody can tell.
bool is_image_id(std::string_view image) {
  constexpr std::string_view algorithm = "sha256:";
  if (image.starts_with(algorithm)) return true;
  return image.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string registry_of(const std::string& full) { return full.substr(0, full.find('/')); }

bool is_from(const std::string& full, const std::string& allowed) {
  return full == allowed || registry_of(full) == allowed ||
         full.starts_with(allowed.ends_with('/') ? allowed : allowed + '/');
}

void ask_image(Asked& asked, const Allowance& allowance, const std::string& image, const std::string& where,
               std::vector<std::string>& found) {
  asked.ask(!image.empty() && is_image_id(image), "binds", where);
  if (!allowance.registries || image.empty()) return;
  const std::string full = full_image(image);
  if (std::ranges::any_of(*allowance.registries, [&](const std::string& one) { return is_from(full, one); })) return;
  found.push_back(where + ": project '" + allowance.project + "' may not have images of '" + registry_of(full) +
                  "', only of " + text::join(*allowance.registries, ", "));
}

}  // namespace

std::span<const SwitchRow> switches() { return switch_table; }
std::span<const QuotaRow> quotas() { return quota_table; }

std::string full_image(std::string_view image) {
  const std::size_t slash = image.find('/');
  const std::string_view first = image.substr(0, slash);
  // Docker takes the first part for a registry where it cannot be a user's name.
  if (slash != std::string_view::npos && (first.find_first_of(".:") != std::string_view::npos || first == "localhost"))
    return std::string(image);
  return "docker.io/" + std::string(slash == std::string_view::npos ? "library/" : "") + std::string(image);
}

Status check_policy(const model::Policy& policy) {
  const auto names = [](const auto& table) {
    std::vector<std::string> all;
    for (const auto& row : table) all.emplace_back(row.name);
    return text::join(all, ", ");
  };
  for (const auto& [name, allowed] : policy.allow)
    if (std::ranges::find(switch_table, name, &SwitchRow::name) == switch_table.end())
      return Error{Code::invalid_argument, "there is no switch '" + name.substr(0, 100) + "'",
                   "there are " + names(switch_table)};
  for (const auto& [name, amount] : policy.quotas) {
    if (std::ranges::find(quota_table, name, &QuotaRow::name) == quota_table.end())
      return Error{Code::invalid_argument, "there is no quota '" + name.substr(0, 100) + "'",
                   "there are " + names(quota_table)};
    if (amount < 0) return Error{Code::invalid_argument, "the quota '" + name + "' is below 0"};
  }
  if (!policy.registries) return Done{};
  if (policy.registries->size() > most_registries)
    return Error{Code::invalid_argument, "more than " + std::to_string(most_registries) + " registries"};
  for (const std::string& one : *policy.registries) {
    const bool plain = !one.empty() && one.size() <= 200 &&
                       one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_:/") == std::string::npos;
    if (!plain || one.starts_with('/') || one.find("//") != std::string::npos)
      return Error{Code::invalid_argument, "'" + one.substr(0, 100) + "' is no registry",
                   "write it as in an image's name: docker.io/library, registry.example:5000/shop"};
  }
  return Done{};
}

Allowance allowance(const model::ClusterView& view, const model::ProjectPath& path) {
  static const model::Policy none;
  const auto* own = view.policies.get(path.text());
  const auto* grids = view.policies.get(path.grid);
  if (!own) own = &none;
  if (!grids) grids = &none;
  Allowance result{.project = path.project};
  for (const SwitchRow& row : switch_table) {
    const std::string name(row.name);
    const auto said = own->allow.find(name), above = grids->allow.find(name);
    bool allowed = path.project == "default";
    if (above != grids->allow.end()) allowed = above->second;
    if (said != own->allow.end()) allowed = said->second && (above == grids->allow.end() || above->second);
    result.allow[name] = allowed;
  }
  result.registries = own->registries ? own->registries : grids->registries;
  result.quotas = {own->quotas.begin(), own->quotas.end()};
  for (const auto& [name, amount] : grids->quotas)
    result.quotas.try_emplace(name, amount);  // for each project that has none of its own
  return result;
}

std::vector<std::string> breaches(const Allowance& allowance, const model::StackSpec& spec) {
  std::vector<std::string> found;
  Asked asked(allowance, found);
  for (const auto& [name, service] : spec.services) {
    const std::string at = "services." + name + '.';
    ask_image(asked, allowance, service.image, at + "image", found);
    asked.ask(service.network_mode == "host" || service.network_mode == "bridge", "host-network", at + "network_mode");
    if (service.options) ask_options(asked, *service.options, at);
    for (const model::Mount& mount : service.mounts) {
      if (mount.kind == model::MountKind::bind) asked.path(mount.source, at + "volumes");
      if (mount.kind == model::MountKind::image) ask_image(asked, allowance, mount.source, at + "volumes", found);
    }
    for (const auto* hooks : {&service.pre_start, &service.post_start, &service.pre_stop}) {
      for (const model::Hook& hook : *hooks) {
        asked.ask(hook.privileged, "privileged", at + "hooks");
        ask_image(asked, allowance, hook.image, at + "pre_start", found);
      }
    }
  }
  for (const auto& [name, network] : spec.networks)
    asked.ask(!network.subnet.empty() || !network.subnet6.empty(), "subnets", "networks." + name + ".ipam");
  for (const auto& [name, volume] : spec.volumes) {
    const std::string at = "volumes." + name;
    asked.ask(volume.external, "binds", at + ".external");
    asked.ask(volume.driver != "local", "binds", at + ".driver");
    if (mounts_only_memory(volume.driver_options)) continue;
    asked.ask(true, "binds", at + ".driver_opts");
    if (!allowance.allows("binds")) continue;
    for (const auto& [option, value] : volume.driver_options)
      for (const std::string& word : text::split(value, ','))
        for (const std::string& path : text::split(word.substr(word.find('=') + 1), ':'))
          asked.ask(!path.empty() && leads_to_socket('/' + path), "docker-socket", at + ".driver_opts");
  }
  return found;
}

Usage& Usage::operator+=(const Usage& more) {
  for (const auto& [name, amount] : more.amounts) amounts[name] += amount;
  for (const auto& [name, service] : more.unlimited) unlimited.try_emplace(name, service);
  return *this;
}

Usage usage_of(const model::StackSpec& spec, std::int64_t nodes) {
  Usage usage;
  usage.amounts["stacks"] = 1;
  for (const auto& [name, volume] : spec.volumes) usage.amounts["volumes"] += !volume.external;
  for (const auto& [name, service] : spec.services) {
    const std::int64_t count = service.mode == model::Mode::global ? nodes : service.replicas;
    usage.amounts["instances"] += count;
    for (const model::Port& port : service.ports)
      usage.amounts["ports"] += port.published != 0 || port.published_last != 0 ? count : 0;
    const auto take = [&](const char* quota, std::int64_t limit) {
      usage.amounts[quota] += count * limit;
      if (limit == 0 && count > 0) usage.unlimited.try_emplace(quota, name);
    };
    take("cpus", service.limits.nano_cpus);
    take("memory", service.limits.memory_bytes);
  }
  return usage;
}

Usage usage_of(const model::ClusterView& view, const model::ProjectPath& path, std::string_view but_for_stack) {
  Usage usage;
  std::int64_t nodes = 0;
  view.nodes.each(path.grid + '/', [&](const auto&) { ++nodes; });
  view.stacks.each(path.text() + '/', [&](const auto& item) {
    const model::Stack& stack = item.value;
    if (stack.name == but_for_stack || stack.wanted == model::StackWanted::removed) return;
    model::StackSpec spec{.name = stack.name, .volumes = stack.volumes};
    view.services.each(item.key + '/', [&](const auto& service) {
      if (!service.value.removed) spec.services[service.value.spec.name] = service.value.spec;
    });
    usage += usage_of(spec, nodes);
  });
  return usage;
}

std::vector<std::string> excesses(const Allowance& allowance, const Usage& usage) {
  std::vector<std::string> found;
  for (const QuotaRow& row : quota_table) {
    const auto quota = allowance.quotas.find(row.name);
    if (quota == allowance.quotas.end()) continue;
    const std::string of_project =
        "project '" + allowance.project + "' has a quota of " + shown(row, quota->second) + ' ' + std::string(row.name);
    if (const auto without = usage.unlimited.find(row.name); without != usage.unlimited.end())
      found.push_back(of_project + ": service '" + without->second + "' needs a limit (deploy.resources.limits." +
                      std::string(row.name) + ")");
    const auto used = usage.amounts.find(row.name);
    if (used != usage.amounts.end() && used->second > quota->second)
      found.push_back(of_project + ", and with this it would have " + shown(row, used->second) + ": " +
                      shown(row, used->second - quota->second) + " too much");
  }
  return found;
}

}  // namespace kontena::access
