#include "create_options.h"

#include <algorithm>

namespace kontena::engine::docker {
namespace {

using codec::Element;
using codec::member;
using codec::put;
using model::ContainerOptions;

// The engine's own where the option is not set.
class Options {
 public:
  explicit Options(Element at) : at_(at) {}
  template <class T>
  void set(std::string_view key, const T& value) const {
    if (!(value == T{})) put(member(at_, key), value);
  }
  template <class T>
  void set(std::string_view key, const std::optional<T>& value) const {
    if (value) put(member(at_, key), *value);
  }

 private:
  const Element at_;
};

void put_block_devices(Element host, std::string_view key, const char* value,
                       const std::vector<model::BlockDevice>& devices) {
  for (const model::BlockDevice& device : devices) {
    const Element at = codec::append(member(host, key));
    put(member(at, "Path"), device.path);
    put(member(at, value), device.value);
  }
}

void put_block_io(Element host, const model::BlockIo& io) {
  Options(host).set("BlkioWeight", io.weight);
  put_block_devices(host, "BlkioWeightDevice", "Weight", io.weights);
  put_block_devices(host, "BlkioDeviceReadBps", "Rate", io.read_bytes);
  put_block_devices(host, "BlkioDeviceReadIOps", "Rate", io.read_operations);
  put_block_devices(host, "BlkioDeviceWriteBps", "Rate", io.write_bytes);
  put_block_devices(host, "BlkioDeviceWriteIOps", "Rate", io.write_operations);
}

void put_request(Element host, const model::DeviceRequest& request) {
  const Element at = codec::append(member(host, "DeviceRequests"));
  const Options options(at);
  options.set("Driver", request.driver);
  options.set("Count", request.count);
  options.set("DeviceIDs", request.device_ids);
  if (!request.capabilities.empty()) put(codec::append(member(at, "Capabilities")), request.capabilities);
  options.set("Options", request.options);
}

void put_devices(Element host, const ContainerOptions& options) {
  for (const model::DeviceRequest& request : options.device_requests) put_request(host, request);
  for (const model::Device& device : options.devices) {
    if (!device.source.starts_with('/')) {  // of CDI
      put_request(host, {.driver = "cdi", .device_ids = {device.source}});
      continue;
    }
    const Element at = codec::append(member(host, "Devices"));
    put(member(at, "PathOnHost"), device.source);
    put(member(at, "PathInContainer"), device.target);
    put(member(at, "CgroupPermissions"), device.permissions);
  }
}

// What the engine itself masks is not an option of its, but two lists, which are to be empty.
void put_security(Element host, const model::Strings& all) {
  for (const std::string& option : all) {
    if (option != "systempaths=unconfined") {
      put(codec::append(member(host, "SecurityOpt")), option);
      continue;
    }
    codec::make_array(member(host, "MaskedPaths"));
    codec::make_array(member(host, "ReadonlyPaths"));
  }
}

void put_ulimits(Element host, const std::vector<model::Ulimit>& limits) {
  for (const model::Ulimit& limit : limits) {
    const Element at = codec::append(member(host, "Ulimits"));
    put(member(at, "Name"), limit.name);
    put(member(at, "Soft"), limit.soft);
    put(member(at, "Hard"), limit.hard);
  }
}

void put_limits(Element host, const ContainerOptions& options) {
  const Options at(host);
  at.set("CgroupParent", options.cgroup_parent);
  at.set("CgroupnsMode", options.cgroup);
  at.set("CpuPeriod", options.cpu_period);
  at.set("CpuQuota", options.cpu_quota);
  at.set("CpuRealtimePeriod", options.cpu_realtime_period);
  at.set("CpuRealtimeRuntime", options.cpu_realtime_runtime);
  at.set("CpuShares", options.cpu_shares);
  at.set("CpusetCpus", options.cpuset);
  at.set("MemorySwap", options.memory_swap_bytes);
  at.set("MemorySwappiness", options.memory_swappiness);
  at.set("OomKillDisable", options.oom_kill_disable);
  at.set("OomScoreAdj", options.oom_score_adj);
  at.set("ShmSize", options.shm_bytes);
  put_block_io(host, options.block_io);
  put_ulimits(host, options.ulimits);
}

void put_logging(Element host, const ContainerOptions& options) {
  if (options.log_driver.empty() && options.log_options.empty()) return;
  const Element at = member(host, "LogConfig");
  put(member(at, "Type"), options.log_driver);
  put(member(at, "Config"), options.log_options);
}

// An engine that has no annotations keeps them as labels, below those that are there.
void put_annotations(Element body, Element host, const model::StringMap& annotations, Dialect dialect) {
  if (dialect >= Dialect::v1_43) return Options(host).set("Annotations", annotations);
  const Element labels = member(body, "Labels");
  for (const auto& [name, value] : annotations)
    if (!codec::find(labels, name)) put(member(labels, name), value);
}

}  // namespace

const std::string& mac_address_in(const model::ServiceSpec& service, const model::Attachment& attachment) {
  const bool first = attachment.network == service.networks.front().network;
  return first && attachment.mac_address.empty() && service.options ? service.options->mac_address
                                                                    : attachment.mac_address;
}

void put_options(Element body, Element host, const model::ServiceSpec& service, Dialect dialect) {
  const Options config(body), at(host);
  // From 1.44 on it is its endpoint's.
  if (service.networks.empty())
    config.set("MacAddress", service.options ? service.options->mac_address : "");
  else if (dialect < Dialect::v1_44)
    config.set("MacAddress", mac_address_in(service, service.networks.front()));
  if (!service.options) return;
  const ContainerOptions& options = *service.options;
  // Who joins another's network has no ports of its own.
  const bool joins = service.network_mode.find(':') != std::string::npos;
  for (const std::string& port : joins ? model::Strings{} : options.exposed_ports)
    codec::make_object(member(member(body, "ExposedPorts"), port));
  config.set("Domainname", options.domainname);
  config.set("OpenStdin", options.stdin_open);
  config.set("Tty", options.tty);
  put_annotations(body, host, options.annotations, dialect);
  put_limits(host, options);
  put_devices(host, options);
  put_security(host, options.security_opt);
  put_logging(host, options);
  at.set("CapAdd", options.cap_add);
  at.set("CapDrop", options.cap_drop);
  at.set("DeviceCgroupRules", options.device_cgroup_rules);
  // The engine's own resolv.conf has these; ours says them too, where the node answers for names.
  at.set("Dns", options.dns);
  at.set("DnsOptions", options.dns_options);
  at.set("DnsSearch", options.dns_search);
  at.set("ExtraHosts", options.extra_hosts);
  at.set("GroupAdd", options.group_add);
  at.set("Init", options.init);
  at.set("Privileged", options.privileged);
  at.set("ReadonlyRootfs", options.read_only);
  at.set("Runtime", options.runtime);
  at.set("StorageOpt", options.storage_options);
  at.set("Sysctls", options.sysctls);
  at.set("Tmpfs", options.tmpfs);
  at.set("UsernsMode", options.userns);
  at.set("UTSMode", options.uts);
}

}  // namespace kontena::engine::docker
