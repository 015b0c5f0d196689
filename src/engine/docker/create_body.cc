#include "create_body.h"

#include <algorithm>

#include "create_options.h"

namespace kontena::engine::docker {
namespace {

using codec::Element;
using codec::member;
using codec::put;
using model::ServiceSpec;

constexpr std::int64_t ns_per_ms = 1'000'000;

void put_process(Element body, const ContainerSpec& spec) {
  const ServiceSpec& service = spec.service;
  put(member(body, "Image"), service.image);
  if (service.command) put(member(body, "Cmd"), *service.command);
  // An empty list is an entrypoint that was cleared, which Docker writes [""].
  if (service.entrypoint)
    put(member(body, "Entrypoint"), service.entrypoint->empty() ? model::Strings{""} : *service.entrypoint);
  const Element environment = member(body, "Env");
  codec::make_array(environment);
  for (const auto& [key, value] : service.environment) put(codec::append(environment), key + "=" + value);
  for (const auto& [key, value] : spec.secret_environment)
    put(codec::append(environment), key + "=" + value.reveal());
  if (!service.user.empty()) put(member(body, "User"), service.user);
  if (!service.working_dir.empty()) put(member(body, "WorkingDir"), service.working_dir);
  const std::string& hostname = service.hostname.empty() ? spec.hostname : service.hostname;
  if (!hostname.empty()) put(member(body, "Hostname"), hostname);
  model::StringMap labels = spec.labels;  // before the service's of equal name: ours are how we know our own
  labels.insert(service.labels.begin(), service.labels.end());
  put(member(body, "Labels"), labels);
}

void put_stop(Element body, const ServiceSpec& service) {
  if (!service.stop_signal.empty()) put(member(body, "StopSignal"), service.stop_signal);
  if (service.stop_grace_period_ms) put(member(body, "StopTimeout"), (*service.stop_grace_period_ms + 999) / 1000);
}

// A member that is 0, or an empty test, is inherited from the image.
void put_health(Element body, const ServiceSpec& service, Dialect dialect) {
  if (!service.health_check) return;
  const auto& check = *service.health_check;
  const Element at = member(body, "Healthcheck");
  codec::make_object(at);
  const auto put_time = [&](std::string_view key, const std::optional<std::int64_t>& ms) {
    if (ms) put(member(at, key), *ms * ns_per_ms);
  };
  if (!check.test.empty()) put(member(at, "Test"), check.test);
  put_time("Interval", check.interval_ms);
  put_time("Timeout", check.timeout_ms);
  put_time("StartPeriod", check.start_period_ms);
  // An older engine would pass over it in silence; then the interval holds during the start too.
  if (dialect >= Dialect::v1_44) put_time("StartInterval", check.start_interval_ms);
  if (check.retries) put(member(at, "Retries"), *check.retries);
}

std::string key_of(const model::Port& port) { return std::to_string(port.target) + "/" + port.protocol; }

// Of a range the engine takes one that is free.
std::string published_text(const model::Port& port) {
  if (port.published == 0) return "";
  const std::string first = std::to_string(port.published);
  return port.published_last > port.published ? first + '-' + std::to_string(port.published_last) : first;
}

void put_exposed(Element body, const ServiceSpec& service) {
  for (const auto& port : service.ports) codec::make_object(member(member(body, "ExposedPorts"), key_of(port)));
}

void put_bindings(Element host, const ServiceSpec& service) {
  for (const auto& port : service.ports) {
    const Element binding = codec::append(member(member(host, "PortBindings"), key_of(port)));
    put(member(binding, "HostIp"), port.host_ip);
    put(member(binding, "HostPort"), published_text(port));
  }
}

void put_resources(Element host, const ServiceSpec& service) {
  if (service.limits.nano_cpus > 0) put(member(host, "NanoCpus"), service.limits.nano_cpus);
  if (service.limits.memory_bytes > 0) put(member(host, "Memory"), service.limits.memory_bytes);
  if (service.limits.pids > 0) put(member(host, "PidsLimit"), service.limits.pids);
  if (service.reservations.memory_bytes > 0) put(member(host, "MemoryReservation"), service.reservations.memory_bytes);
}

void put_endpoint(Element at, const ContainerSpec& spec, const model::Attachment& attachment, Dialect dialect) {
  codec::make_object(at);
  const auto address = spec.addresses.find(attachment.network);
  if (address != spec.addresses.end()) put(member(member(at, "IPAMConfig"), "IPv4Address"), address->second);
  const auto address6 = spec.addresses6.find(attachment.network);
  if (address6 != spec.addresses6.end()) put(member(member(at, "IPAMConfig"), "IPv6Address"), address6->second);
  const std::string& mac_address = mac_address_in(spec.service, attachment);
  if (dialect >= Dialect::v1_44 && !mac_address.empty()) put(member(at, "MacAddress"), mac_address);
  model::StringMap options = attachment.driver_options;
  if (dialect >= Dialect::v1_49 && !attachment.interface_name.empty())
    options["com.docker.network.endpoint.ifname"] = attachment.interface_name;
  if (!options.empty()) put(member(at, "DriverOpts"), options);
  if (dialect >= Dialect::v1_48 && attachment.gateway_priority != 0)
    put(member(at, "GwPriority"), attachment.gateway_priority);
}

// Without a network of its own a container is in the engine's default bridge.
void put_endpoints(Element body, const ContainerSpec& spec, Dialect dialect) {
  const auto& attachments = spec.service.networks;
  const std::size_t count =
      dialect >= Dialect::v1_44 ? attachments.size() : std::min<std::size_t>(attachments.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    const Element endpoints = member(member(body, "NetworkingConfig"), "EndpointsConfig");
    put_endpoint(member(endpoints, spec.networks.at(attachments[i].network)), spec, attachments[i], dialect);
  }
}

}  // namespace

Result<std::vector<std::string>> network_names(const ContainerSpec& spec) {
  std::vector<std::string> names;
  for (const auto& attachment : spec.service.networks) {
    const auto network = spec.networks.find(attachment.network);
    if (network == spec.networks.end())
      return Error{Code::invalid_argument, "the network '" + attachment.network + "' has no name on this node"};
    names.push_back(network->second);
  }
  return names;
}

Result<codec::Document> create_body(const ContainerSpec& spec, Dialect dialect) {
  KTN_OK(check_dialect(spec.service, dialect));
  KTN_TRY(const auto networks, network_names(spec));
  codec::Document document;
  const Element body = document.root();
  put_process(body, spec);
  put_stop(body, spec.service);
  put_health(body, spec.service, dialect);
  put_exposed(body, spec.service);
  put_endpoints(body, spec, dialect);
  const Element host = member(body, "HostConfig");
  put_bindings(host, spec.service);
  KTN_OK(put_mounts(host, spec));
  put_resolver(host, spec);
  put_resources(host, spec.service);
  put_options(body, host, spec.service, dialect);
  KTN_OK(put_shared(host, spec, networks));
  // Always: the agent restarts, with back-off; two who do it would race.
  put(member(member(host, "RestartPolicy"), "Name"), "no");
  return document;
}

Result<std::vector<Join>> joins(const ContainerSpec& spec, const std::string& container, Dialect dialect) {
  KTN_TRY(const auto names, network_names(spec));
  std::vector<Join> list;
  if (dialect >= Dialect::v1_44) return list;
  for (std::size_t i = 1; i < names.size(); ++i) {
    Join& join = list.emplace_back();
    join.network = names[i];
    put(member(join.body.root(), "Container"), container);
    put_endpoint(member(join.body.root(), "EndpointConfig"), spec, spec.service.networks[i], dialect);
  }
  return list;
}

}  // namespace kontena::engine::docker
