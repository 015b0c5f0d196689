#include "specify_options.h"

#include <algorithm>

#include "kontena/base/text.h"
#include "kontena/codec/json.h"

namespace kontena::compose {
namespace {

using model::ContainerOptions;
using model::ServiceSpec;

constexpr std::size_t most_exposed = 2'000;

std::string text_of(const Node& map, std::string_view key) {
  const Node* found = map.find(key);
  return found ? found->text : "";
}

std::int64_t number_in(const Node& map, std::string_view key) {
  const Node* found = map.find(key);
  return found ? integer_of(*found) : 0;
}

std::vector<model::BlockDevice> block_devices(const Node& config, std::string_view key, std::string_view value) {
  std::vector<model::BlockDevice> devices;
  if (const Node* list = config.find(key))
    for (const Node& item : list->items) devices.push_back({text_of(item, "Path"), number_in(item, value)});
  return devices;
}

bool is_ipv4(std::string_view text) {
  const auto parts = text::split(text, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, [](const std::string& part) {
           const auto number = text::integer(part);
           return number && *number >= 0 && *number <= 255;
         });
}

// "3000-3005/udp" → each "NUMBER/udp"; none where it is no port.
std::vector<std::string> exposed_ports(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string protocol = slash == std::string::npos ? "tcp" : text::lower(text.substr(slash + 1));
  const std::string range = text.substr(0, slash);
  const std::size_t dash = range.find('-');
  const auto first = text::integer(range.substr(0, dash));
  const auto last = dash == std::string::npos ? first : text::integer(range.substr(dash + 1));
  if (!first || !last || *first < 1 || *last > 65535 || *first > *last) return {};
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") return {};
  std::vector<std::string> ports;
  for (std::int64_t port = *first; port <= *last; ++port) ports.push_back(std::to_string(port) + '/' + protocol);
  return ports;
}

void add_requests(const Node& value, bool gpu, ServiceSpec& service) {
  auto requests = service.options ? service.options->device_requests : std::vector<model::DeviceRequest>{};
  for (const Node& item : value.items) {
    model::DeviceRequest& request = requests.emplace_back();
    request.driver = text_of(item, "driver");
    if (const Node* ids = item.find("device_ids")) request.device_ids = texts_of(*ids);
    if (const Node* capabilities = item.find("capabilities")) request.capabilities = texts_of(*capabilities);
    if (const Node* options = item.find("options")) request.options = map_of(*options);
    // Without a number and names all are meant, as in Compose.
    request.count = item.find("count") ? number_in(item, "count") : request.device_ids.empty() ? -1 : 0;
    if (gpu && std::ranges::find(request.capabilities, "gpu") == request.capabilities.end())
      request.capabilities.emplace_back("gpu");
  }
  set_option(service, &ContainerOptions::device_requests, std::move(requests));
}

}  // namespace

void read_option(const Node& value, bool& to) { to = value.text == "true"; }
void read_option(const Node& value, std::optional<bool>& to) { to = value.text == "true"; }
void read_option(const Node& value, std::int64_t& to) { to = integer_of(value); }
void read_option(const Node& value, std::optional<std::int64_t>& to) { to = integer_of(value); }
void read_option(const Node& value, std::string& to) { to = value.text; }
void read_option(const Node& value, model::Strings& to) { to = texts_of(value); }
void read_option(const Node& value, model::StringMap& to) { to = map_of(value); }

// ---- what is limited

std::int64_t nano_cpus_of(Specifier& to, const Node& value, const std::string& path) {
  const auto cores = real_of(value);
  if (cores >= 0 && cores <= 100'000) return static_cast<std::int64_t>(cores * 1e9 + 0.5);
  to.notes.problem(value.at, path, value.text + " is not a number of cores");
  return 0;
}

// Where `deploy` says it too, both are the same, or one of them is 0 and says nothing.
static void take(std::int64_t& limit, std::int64_t value) {
  if (value != 0) limit = value;
}

void specify_cpus(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  take(service.limits.nano_cpus, nano_cpus_of(to, value, path));
}

void specify_memory_limit(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  take(service.limits.memory_bytes, integer_of(value));
}

void specify_memory_reservation(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  take(service.reservations.memory_bytes, integer_of(value));
}

void specify_swap(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  const std::int64_t bytes = integer_of(value);
  set_option(service, &ContainerOptions::memory_swap_bytes, bytes == 0 ? std::nullopt : std::optional(bytes));
}

void specify_pids_limit(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  const std::int64_t pids = integer_of(value);
  if (pids < -1) return to.notes.problem(value.at, path, "must not be below -1", "-1 for as many as there may be");
  take(service.limits.pids, std::max<std::int64_t>(pids, 0));
}

void specify_block_io(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  set_option(service, &ContainerOptions::block_io,
             {.weight = number_in(value, "weight"),
              .weights = block_devices(value, "weight_device", "Weight"),
              .read_bytes = block_devices(value, "device_read_bps", "Rate"),
              .read_operations = block_devices(value, "device_read_iops", "Rate"),
              .write_bytes = block_devices(value, "device_write_bps", "Rate"),
              .write_operations = block_devices(value, "device_write_iops", "Rate")});
}

void specify_ulimits(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  std::vector<model::Ulimit> limits;
  for (const Member& member : value.members) {
    const bool both = member.value.kind == Kind::map;
    limits.push_back({member.key, both ? number_in(member.value, "soft") : integer_of(member.value),
                      both ? number_in(member.value, "hard") : integer_of(member.value)});
  }
  std::ranges::sort(limits, {}, &model::Ulimit::name);
  set_option(service, &ContainerOptions::ulimits, std::move(limits));
}

// ---- devices

void specify_devices(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  std::vector<model::Device> devices;
  for (const Node& item : value.items) {
    const std::string source = text_of(item, "source");
    if (!source.starts_with('/') && source.find('=') != std::string::npos)
      devices.push_back({source, "", ""});
    else
      devices.push_back({source, text_of(item, "target"), text_of(item, "permissions")});
    if (devices.back().permissions.empty() && source.starts_with('/')) devices.back().permissions = "rwm";
  }
  set_option(service, &ContainerOptions::devices, std::move(devices));
}

void specify_gpus(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  add_requests(value, true, service);
}

void specify_device_requests(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  add_requests(value, false, service);
}

// ---- network

void specify_dns(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  const Node* mode = to.service->find("network_mode");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& item = value.items[i];
    if (!is_ipv4(item.text))
      to.notes.problem(item.at, under(path, i), "'" + item.text + "' is not an IPv4 address", "as in 192.0.2.53");
    else if (item.text.starts_with("127.") && (!mode || mode->text.empty()))
      to.notes.problem(item.at, under(path, i),
                       "'" + item.text + "' is the container itself, and it is the node that asks",
                       "name a server that nodes reach");
  }
  set_option(service, &ContainerOptions::dns, texts_of(value));
}

void specify_exposed(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  model::Strings all;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const auto ports = exposed_ports(value.items[i].text);
    if (ports.empty())
      return to.notes.problem(value.items[i].at, under(path, i), "'" + value.items[i].text + "' is not a port",
                              "write 3000, 3000-3005 or 53/udp");
    if (all.size() + ports.size() > most_exposed)
      return to.notes.problem(value.items[i].at, under(path, i),
                              "are more than " + std::to_string(most_exposed) + " ports");
    all.insert(all.end(), ports.begin(), ports.end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  set_option(service, &ContainerOptions::exposed_ports, std::move(all));
}

void specify_extra_hosts(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  model::Strings hosts = texts_of(value);  // NAME=ADDRESS
  for (std::string& host : hosts)
    if (const std::size_t equals = host.find('='); equals != std::string::npos) host[equals] = ':';
  set_option(service, &ContainerOptions::extra_hosts, std::move(hosts));
}

// ---- the rest

void specify_logging(Specifier&, const Node& value, const std::string&, ServiceSpec& service) {
  set_option(service, &ContainerOptions::log_driver, text_of(value, "driver"));
  if (const Node* options = value.find("options"); options && options->kind == Kind::map)
    set_option(service, &ContainerOptions::log_options, map_of(*options));
}

void specify_security(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  model::Strings all;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& item = value.items[i];
    std::string text = item.text;
    std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      equals = text.find(':');  // the older form
      if (equals != std::string::npos) text[equals] = '=';
    }
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos && name != "no-new-privileges") {
      to.notes.problem(item.at, under(path, i), "'" + item.text + "' is not an option of security",
                       "write NAME=VALUE, or no-new-privileges");
      continue;
    }
    if (name == "seccomp" && text != "seccomp=unconfined" && text != "seccomp=builtin") {
      const auto profile = to.nearby.read(text.substr(equals + 1));
      const auto json = profile ? codec::Document::parse(*profile) : Result<codec::Document>(profile.error());
      if (!json) {
        to.notes.problem(
            item.at, under(path, i),
            "'" + text.substr(equals + 1) + "': " + (profile ? "is not JSON: " : "") + json.error().message,
            json.error().hint);
        continue;
      }
      text = "seccomp=" + json->dump();
    }
    all.push_back(std::move(text));
  }
  set_option(service, &ContainerOptions::security_opt, std::move(all));
}

void specify_tmpfs(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  model::StringMap mounts;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& text = value.items[i].text;
    const std::size_t colon = text.find(':');
    if (!text.starts_with('/'))
      to.notes.problem(value.items[i].at, under(path, i), "'" + text + "' is not an absolute path",
                       "as in /run:size=64m");
    mounts[text.substr(0, colon)] = colon == std::string::npos ? "" : text.substr(colon + 1);
  }
  set_option(service, &ContainerOptions::tmpfs, std::move(mounts));
}

// ---- mounts

void check_mount(Specifier& to, const Node& item, const std::string& path, model::Mount& mount) {
  const std::string& type = item.find("type")->text;
  for (const std::string_view part : {"bind", "image", "tmpfs", "volume"}) {
    const Member* options = item.member(part);
    if (part == type || !options || options->value.members.empty()) continue;
    to.ignored(options->at, under(path, part), "the type is '" + type + "'");
  }
  const bool bind = mount.kind == model::MountKind::bind, volume = mount.kind == model::MountKind::volume;
  const bool tmpfs = mount.kind == model::MountKind::tmpfs, image = mount.kind == model::MountKind::image;
  if (!bind) mount.must_exist = false, mount.propagation = mount.selinux = mount.recursive = "";
  if (!volume) mount.no_copy = false, mount.labels.clear();
  if (!tmpfs) mount.tmpfs_bytes = mount.tmpfs_mode = 0;
  const Node* own_options = item.find(type);
  const Node* subpath = own_options ? own_options->find("subpath") : nullptr;
  mount.subpath = subpath && (volume || image) ? subpath->text : "";
  if (volume && mount.source.empty() && type == "volume")
    to.mapped(path, "a volume of the container's own: a new container begins with a new one");
  if (image && mount.source.empty()) to.notes.problem(item.at, path, "'source' is missing: the image");
  if (tmpfs && !mount.source.empty())
    to.notes.problem(item.at, under(path, "source"), "a tmpfs has none", "leave it out");
}

void label_volumes(Specifier& to) {
  for (auto& [name, service] : to.spec.services)
    for (std::size_t i = 0; i < service.mounts.size(); ++i) {
      model::Mount& mount = service.mounts[i];
      const auto volume = to.spec.volumes.find(mount.source);
      if (mount.labels.empty() || mount.source.empty() || volume == to.spec.volumes.end()) continue;
      for (const auto& [label, value] : std::exchange(mount.labels, {})) {
        const auto [there, is_new] = volume->second.labels.try_emplace(label, value);
        const bool external = volume->second.external;
        if (!external && (is_new || there->second == value)) continue;
        const Node& list = *to.root.find("services")->find(name)->find("volumes");
        to.notes.problem(list.items[i].at, under(under(under("services", name), "volumes"), i),
                         external ? "the volume '" + mount.source + "' is external, and has its labels already"
                                  : "the label '" + label + "' of the volume '" + mount.source + "' is '" +
                                        there->second + "' elsewhere");
      }
    }
}

static void only_host(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service,
                      std::string ContainerOptions::*field) {
  if (!value.text.empty() && value.text != "host")
    return to.notes.problem(value.at, path, "'" + value.text + "' is not known here", "host, or leave it out");
  set_option(service, field, value.text);
}

void specify_userns(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  only_host(to, value, path, service, &ContainerOptions::userns);
}
void specify_uts(Specifier& to, const Node& value, const std::string& path, ServiceSpec& service) {
  only_host(to, value, path, service, &ContainerOptions::uts);
}

}  // namespace kontena::compose
