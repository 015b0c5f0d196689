// The bounds of what the engine is told of a container. Whether a node can do it, its engine says.
#include <algorithm>
#include <array>

#include "kontena/base/ipv4.h"
#include "validate.h"

namespace kontena::model {
namespace {

constexpr std::size_t most_options = 100;           // of one kind
constexpr std::size_t longest_option = 512 * 1024;  // a seccomp profile

constexpr std::array<std::string_view, 16> ulimit_names{"as",      "core",     "cpu",        "data",   "fsize", "locks",
                                                        "memlock", "msgqueue", "nice",       "nofile", "nproc", "rss",
                                                        "rtprio",  "rttime",   "sigpending", "stack"};

bool only(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";

// Checks of one service's options; `path` ends with ".options".
class Check {
 public:
  Check(Problems& problems, std::string path) : problems_(problems), path_(std::move(path)) {}

  void expect(bool well, const char* field, std::string_view what) {
    problems_.expect(well, path_ + '.' + field, what);
  }
  void word(const char* field, const std::string& text, std::size_t longest = longest_name) {
    check_word(problems_, path_ + '.' + field, text, longest);
  }
  void one_of(const char* field, const std::string& text, std::initializer_list<std::string_view> known) {
    expect(text.empty() || std::ranges::find(known, text) != known.end(), field, quoted(text) + " is not known");
  }
  // The engine would take a container of anybody's, too, by its name.
  void shared(const char* field, const std::string& mode, std::initializer_list<std::string_view> known) {
    word(field, mode);
    if (!mode.starts_with("service:")) one_of(field, mode, known);
  }
  // Words for the engine; the list is short.
  void words(const char* field, const Strings& list, std::size_t most = most_options) {
    expect(list.size() <= most, field, "are more than " + std::to_string(most));
    for (const std::string& text : list) {
      expect(!text.empty(), field, "one is empty");
      word(field, text, 4'096);
    }
  }
  // Those that are written side by side in a file.
  void resolver_words(const char* field, const Strings& list) {
    words(field, list, 32);
    for (const std::string& text : list)
      expect(text.find_first_of(" \t;#") == std::string::npos && text.size() <= longest_name, field,
             quoted(text) + " is no word");
  }
  void map(const char* field, const StringMap& values) { check_map(problems_, path_ + '.' + field, values); }
  void within(const char* field, std::int64_t value, std::int64_t least, std::int64_t most) {
    expect(value == 0 || (value >= least && value <= most), field,
           std::to_string(value) + " is not between " + std::to_string(least) + " and " + std::to_string(most));
  }

  void block_io(const BlockIo&);
  void cpus(const ContainerOptions&, const ServiceSpec&);
  void memory(const ContainerOptions&, const ServiceSpec&);
  void devices(const ContainerOptions&);
  void names(const ContainerOptions&);
  void rights(const ContainerOptions&);
  void files(const ContainerOptions&, const ServiceSpec&);
  void ulimits(const std::vector<Ulimit>&);

 private:
  Problems& problems_;
  const std::string path_;
};

void Check::block_io(const BlockIo& io) {
  within("block_io.weight", io.weight, 10, 1000);
  const auto each = [&](const char* field, const std::vector<BlockDevice>& list, std::int64_t least,
                        std::int64_t most) {
    expect(list.size() <= most_options, field, "are more than " + std::to_string(most_options));
    for (const BlockDevice& device : list) {
      expect(device.path.starts_with('/'), field, quoted(device.path) + " is not the path of a device");
      word(field, device.path, 4'096);
      within(field, device.value, least, most);
    }
  };
  constexpr std::int64_t any = std::int64_t{1} << 60;
  each("block_io.weights", io.weights, 10, 1000);
  each("block_io.read_bytes", io.read_bytes, 0, any);
  each("block_io.read_operations", io.read_operations, 0, any);
  each("block_io.write_bytes", io.write_bytes, 0, any);
  each("block_io.write_operations", io.write_operations, 0, any);
}

void Check::cpus(const ContainerOptions& options, const ServiceSpec& spec) {
  within("cpu_period", options.cpu_period, 1'000, 1'000'000);
  if (options.cpu_quota != -1) within("cpu_quota", options.cpu_quota, 1'000, std::int64_t{1} << 50);
  within("cpu_realtime_period", options.cpu_realtime_period, 1, std::int64_t{1} << 50);
  within("cpu_realtime_runtime", options.cpu_realtime_runtime, 1, std::int64_t{1} << 50);
  within("cpu_shares", options.cpu_shares, 2, 262'144);
  expect(spec.limits.nano_cpus == 0 || options.cpu_period == 0, "cpu_period",
         "a limit of cores is such a period and quota already");
  expect(spec.limits.nano_cpus == 0 || options.cpu_quota == 0, "cpu_quota",
         "a limit of cores is such a period and quota already");
  expect(only(options.cpuset, "0123456789,-") && options.cpuset.size() <= 1'024, "cpuset",
         quoted(options.cpuset) + " is not a list of cores, as in 0-3,5");
}

void Check::memory(const ContainerOptions& options, const ServiceSpec& spec) {
  if (const auto swap = options.memory_swap_bytes) {
    expect(spec.limits.memory_bytes > 0, "memory_swap_bytes", "there is no limit of memory, to which it adds");
    expect(*swap == -1 || *swap >= spec.limits.memory_bytes, "memory_swap_bytes",
           "is below the limit of memory: it is memory and swap together");
  }
  const std::int64_t swappiness = options.memory_swappiness.value_or(0);
  expect(swappiness >= 0 && swappiness <= 100, "memory_swappiness", "is not between 0 and 100");
  within("oom_score_adj", options.oom_score_adj, -1'000, 1'000);
  within("shm_bytes", options.shm_bytes, 1, std::int64_t{1} << 60);
}

void Check::ulimits(const std::vector<Ulimit>& limits) {
  expect(limits.size() <= most_options, "ulimits", "are more than " + std::to_string(most_options));
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const Ulimit& limit = limits[i];
    const std::string field = "ulimits." + limit.name;
    expect(std::ranges::find(ulimit_names, limit.name) != ulimit_names.end(), field.c_str(),
           quoted(limit.name) + " is not the name of a limit, as nofile");
    expect(std::ranges::find(limits, limit.name, &Ulimit::name) - limits.begin() == static_cast<std::ptrdiff_t>(i),
           field.c_str(), "is there twice");
    expect(limit.soft >= -1 && limit.hard >= -1, field.c_str(), "is below -1, which is unlimited");
    expect(limit.hard == -1 || (limit.soft != -1 && limit.soft <= limit.hard), field.c_str(),
           "the soft limit is above the hard one");
  }
}

// "c 1:3 mr", "a *:* rwm"
bool is_device_rule(std::string_view rule) {
  if (rule.size() < 7 || std::string_view("acb").find(rule[0]) == std::string_view::npos || rule[1] != ' ')
    return false;
  rule.remove_prefix(2);
  const std::size_t colon = rule.find(':'), space = rule.find(' ');
  if (colon == std::string_view::npos || space == std::string_view::npos || colon > space) return false;
  const auto number = [](std::string_view text) { return text == "*" || (!text.empty() && only(text, digits)); };
  const std::string_view may = rule.substr(space + 1);
  return number(rule.substr(0, colon)) && number(rule.substr(colon + 1, space - colon - 1)) && !may.empty() &&
         may.size() <= 3 && only(may, "rwm");
}

void Check::devices(const ContainerOptions& options) {
  words("device_cgroup_rules", options.device_cgroup_rules);
  for (const std::string& rule : options.device_cgroup_rules)
    expect(is_device_rule(rule), "device_cgroup_rules", quoted(rule) + " is not a rule, as in 'c 1:3 rwm'");
  expect(options.devices.size() <= most_entries, "devices", "are more than " + std::to_string(most_entries));
  for (const Device& device : options.devices) {
    word("devices", device.source, 4'096);
    word("devices", device.target, 4'096);
    const bool path = device.source.starts_with('/');
    expect(path || device.source.find('=') != std::string::npos, "devices",
           quoted(device.source) + " is neither a path of the node nor VENDOR/CLASS=NAME");
    expect(!path || device.target.starts_with('/'), "devices",
           quoted(device.target) + " is not an absolute path in the container");
    expect(!path || (!device.permissions.empty() && device.permissions.size() <= 3 && only(device.permissions, "rwm")),
           "devices", quoted(device.permissions) + " is not of r, w and m");
  }
  expect(options.device_requests.size() <= most_options, "device_requests",
         "are more than " + std::to_string(most_options));
  for (const DeviceRequest& request : options.device_requests) {
    word("device_requests", request.driver);
    words("device_requests", request.device_ids);
    words("device_requests", request.capabilities);
    map("device_requests", request.options);
    expect(request.count >= -1 && request.count <= 1'000'000, "device_requests",
           std::to_string(request.count) + " is no number of devices");
    expect(request.count == 0 || request.device_ids.empty(), "device_requests",
           "a number of devices and their names exclude each other");
  }
}

void Check::names(const ContainerOptions& options) {
  word("domainname", options.domainname);
  words("dns", options.dns, 16);
  for (const std::string& server : options.dns)
    expect(parse_ipv4(server).has_value(), "dns", quoted(server) + " is not an IPv4 address");
  resolver_words("dns_options", options.dns_options);
  resolver_words("dns_search", options.dns_search);
  words("extra_hosts", options.extra_hosts, most_entries);
  for (const std::string& host : options.extra_hosts) {
    const std::size_t colon = host.find(':');
    expect(colon != std::string::npos && colon > 0 && colon + 1 < host.size() &&
               host.find_first_of(" \t") == std::string::npos,
           "extra_hosts", quoted(host) + " is not NAME:ADDRESS");
  }
  expect(options.exposed_ports.size() <= 2 * most_entries, "exposed_ports",
         "are more than " + std::to_string(2 * most_entries));
  for (const std::string& port : options.exposed_ports) {
    const std::size_t slash = port.find('/');
    const std::string protocol = slash == std::string::npos ? "" : port.substr(slash + 1);
    expect(slash > 0 && slash <= 5 && only(port.substr(0, slash), digits) &&
               (protocol == "tcp" || protocol == "udp" || protocol == "sctp"),
           "exposed_ports", quoted(port) + " is not a port, as in 80/tcp");
  }
  expect(options.mac_address.empty() || is_mac_address(options.mac_address), "mac_address",
         quoted(options.mac_address) + " is not a MAC address, as in 02:42:ac:11:65:43");
}

void Check::rights(const ContainerOptions& options) {
  const auto capabilities = [&](const char* field, const Strings& list) {
    words(field, list);
    for (const std::string& name : list)
      expect(name.size() <= 64 && only(name, std::string(letters) + std::string(digits) + "_"), field,
             quoted(name) + " is not a capability, as NET_ADMIN");
  };
  capabilities("cap_add", options.cap_add);
  capabilities("cap_drop", options.cap_drop);
  words("group_add", options.group_add);
  one_of("cgroup", options.cgroup, {"host", "private"});
  one_of("userns", options.userns, {"host"});
  one_of("uts", options.uts, {"host"});
  word("cgroup_parent", options.cgroup_parent, 4'096);
  shared("ipc", options.ipc, {"host", "private", "shareable", "none"});
  shared("pid", options.pid, {"host"});
  word("runtime", options.runtime);
  expect(options.security_opt.size() <= most_options, "security_opt", "are more than " + std::to_string(most_options));
  for (const std::string& option : options.security_opt) {
    expect(option == "no-new-privileges" || (option.find('=') != std::string::npos && option.find('=') > 0),
           "security_opt", quoted(option) + " is not NAME=VALUE");
    word("security_opt", option, longest_option);
  }
  map("sysctls", options.sysctls);
  for (const auto& [name, value] : options.sysctls)
    expect(only(name, std::string(letters) + std::string(digits) + "._-/"), "sysctls",
           quoted(name) + " is not the name of a setting of the kernel");
}

void Check::files(const ContainerOptions& options, const ServiceSpec& spec) {
  word("log_driver", options.log_driver);
  map("log_options", options.log_options);
  map("storage_options", options.storage_options);
  map("tmpfs", options.tmpfs);
  for (const auto& [target, how] : options.tmpfs) {
    expect(target.starts_with('/') && target != "/", "tmpfs",
           quoted(target) + " is not an absolute path in the container");
    expect(!has_control(how), "tmpfs", quoted(how) + " has control characters");
    expect(std::ranges::find(spec.mounts, target, &Mount::target) == spec.mounts.end(), "tmpfs",
           quoted(target) + " is mounted twice");
  }
}

}  // namespace

bool is_mac_address(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i % 3 == 2 ? text[i] != ':' : !only(text.substr(i, 1), "0123456789abcdefABCDEF")) return false;
  return true;
}

std::string why_no_mac(const ServiceSpec& spec) {
  const bool one_a_node = spec.mode == Mode::global || spec.placing.max_replicas_per_node == 1;
  if (one_a_node || spec.replicas <= 1) return "";
  return "is that of one container, and of " + std::to_string(spec.replicas) +
         " two may be on one node; deploy.placement.max_replicas_per_node: 1 keeps them apart";
}

void check_options(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  if (!spec.options) return;
  const ContainerOptions& options = *spec.options;
  Check check(problems, path);
  check_map(problems, path + ".annotations", options.annotations, "io.kontena.");
  const bool two = !options.mac_address.empty() && !spec.networks.empty() &&
                   !spec.networks.front().mac_address.empty() &&
                   spec.networks.front().mac_address != options.mac_address;
  check.expect(!two, "mac_address", "its first network has another one of its own");
  if (std::string why = why_no_mac(spec); !options.mac_address.empty() && !why.empty())
    problems.add(path + ".mac_address", std::move(why));
  check.block_io(options.block_io);
  check.cpus(options, spec);
  check.memory(options, spec);
  check.ulimits(options.ulimits);
  check.devices(options);
  check.names(options);
  check.rights(options);
  check.files(options, spec);
}

std::size_t size_of_options(const ServiceSpec& spec) {
  if (!spec.options) return 0;
  const ContainerOptions& o = *spec.options;
  std::size_t size = 1'024 + o.ulimits.size() * 64 + o.devices.size() * 64 + o.device_requests.size() * 96;
  const auto add = [&](const Strings& list) {
    for (const std::string& item : list) size += item.size() + 4;
  };
  const auto add_map = [&](const StringMap& map) {
    for (const auto& [name, value] : map) size += name.size() + value.size() + 8;
  };
  for (const Strings* list : {&o.cap_add, &o.cap_drop, &o.device_cgroup_rules, &o.dns, &o.dns_options, &o.dns_search,
                              &o.exposed_ports, &o.extra_hosts, &o.group_add, &o.security_opt})
    add(*list);
  for (const StringMap* map : {&o.annotations, &o.log_options, &o.storage_options, &o.sysctls, &o.tmpfs}) add_map(*map);
  for (const Device& device : o.devices) size += device.source.size() + device.target.size();
  for (const DeviceRequest& request : o.device_requests) {
    add(request.device_ids);
    add(request.capabilities);
    add_map(request.options);
  }
  for (const auto* list : {&o.block_io.weights, &o.block_io.read_bytes, &o.block_io.read_operations,
                           &o.block_io.write_bytes, &o.block_io.write_operations})
    for (const BlockDevice& device : *list) size += device.path.size() + 40;
  return size;
}

}  // namespace kontena::model
