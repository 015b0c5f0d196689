#include "inspect.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "kontena/base/text.h"
#include "kontena/model/names.h"

namespace kontena::engine::docker {
namespace {

using codec::Element;
using codec::integer_at;
using codec::string_at;

constexpr std::size_t longest_health_output = 4096;

constexpr std::array states{
    std::pair{std::string_view("created"), ContainerState::created},
    std::pair{std::string_view("running"), ContainerState::running},
    std::pair{std::string_view("paused"), ContainerState::paused},
    std::pair{std::string_view("restarting"), ContainerState::restarting},
    std::pair{std::string_view("removing"), ContainerState::removing},
    std::pair{std::string_view("exited"), ContainerState::exited},
    std::pair{std::string_view("dead"), ContainerState::dead},
};

// A state that we do not know is one in which the container does not run.
ContainerState state_named(std::string_view name) {
  const auto found = std::ranges::find(states, name, &decltype(states)::value_type::first);
  return found == states.end() ? ContainerState::dead : found->second;
}

model::Health health_named(std::string_view name) {
  return model::named<model::Health>(name).value_or(model::Health::none);
}

model::StringMap strings(std::optional<Element> at) {
  model::StringMap map;
  if (!at) return map;
  for (const auto& [key, value] : codec::members(*at)) map[key] = string_at(value, {});
  return map;
}

std::string_view without_slash(std::string_view name) { return name.starts_with('/') ? name.substr(1) : name; }

// A container that others link to has further names, "/other/alias".
std::string own_name(const std::vector<Element>& names) {
  for (const Element name : names) {
    const std::string text = string_at(name, {});
    if (without_slash(text).find('/') == std::string_view::npos) return std::string(without_slash(text));
  }
  return "";
}

model::Strings networks_of(Element at) {
  model::Strings names;
  const auto networks = codec::find_path(at, {"NetworkSettings", "Networks"});
  if (!networks) return names;
  for (const auto& [name, endpoint] : codec::members(*networks)) names.push_back(name);
  return names;
}

Container read_listed(Element at) {
  Container container;
  container.id = string_at(at, {"Id"});
  if (const auto names = codec::find(at, "Names")) container.name = own_name(codec::elements(*names));
  container.labels = strings(codec::find(at, "Labels"));
  container.state = state_named(string_at(at, {"State"}));
  const std::string status = string_at(at, {"Status"});
  const std::string health = string_at(at, {"Health", "Status"});  // from API 1.52
  container.health = health.empty() ? health_in(status) : health_named(health);
  container.exit_code = exit_code_in(status);
  container.created_ms = integer_at(at, {"Created"}) * 1000;
  if (const auto ports = codec::find(at, "Ports")) {
    for (const Element port : codec::elements(*ports)) {
      if (integer_at(port, {"PublicPort"}) == 0) continue;  // exposed only
      container.ports.push_back({integer_at(port, {"PrivatePort"}), integer_at(port, {"PublicPort"}),
                                 string_at(port, {"Type"}), string_at(port, {"IP"})});
    }
  }
  container.ports = tidy(std::move(container.ports));
  container.image = string_at(at, {"ImageID"});
  container.networks = networks_of(at);
  return container;
}

// {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": null}
std::vector<model::PublishedPort> read_bindings(Element at) {
  std::vector<model::PublishedPort> ports;
  for (const auto& [key, bindings] : codec::members(at)) {
    const auto slash = key.find('/');
    const auto target = text::integer(key.substr(0, slash));
    for (const Element binding : codec::elements(bindings)) {
      const auto published = text::integer(string_at(binding, {"HostPort"}));
      if (!target || !published || slash == std::string::npos) continue;
      ports.push_back({*target, *published, key.substr(slash + 1), string_at(binding, {"HostIp"})});
    }
  }
  return tidy(std::move(ports));
}

std::string last_output(Element health) {
  const auto log = codec::find(health, "Log");
  const auto probes = log ? codec::elements(*log) : std::vector<Element>{};
  if (probes.empty()) return "";
  std::string output(text::trim(string_at(probes.back(), {"Output"})));
  if (output.size() <= longest_health_output) return output;
  std::size_t end = longest_health_output;
  while (end > 0 && (static_cast<unsigned char>(output[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return output.substr(0, end);
}

}  // namespace

model::Health health_in(std::string_view status) {
  if (!status.starts_with("Up ")) return model::Health::none;
  if (status.ends_with("(healthy)")) return model::Health::healthy;
  if (status.ends_with("(unhealthy)")) return model::Health::unhealthy;
  if (status.ends_with("(health: starting)")) return model::Health::starting;
  return model::Health::none;
}

std::int64_t exit_code_in(std::string_view status) {
  constexpr std::string_view before = "Exited (";
  if (!status.starts_with(before)) return 0;
  status.remove_prefix(before.size());
  return text::integer(status.substr(0, status.find(')'))).value_or(0);
}

std::int64_t time_ms(std::string_view text) {
  const auto time = text::parse_rfc3339(text);
  return time ? std::max<std::int64_t>(0, to_ms(*time)) : 0;
}

std::vector<model::PublishedPort> tidy(std::vector<model::PublishedPort> ports) {
  const auto key = [](const model::PublishedPort& p) { return std::tie(p.target, p.protocol, p.host_ip, p.published); };
  const auto on_every_v4 = [&](const model::PublishedPort& p) {
    return std::ranges::any_of(ports, [&](const auto& other) {
      return other.target == p.target && other.protocol == p.protocol && other.host_ip == "0.0.0.0";
    });
  };
  std::vector<model::PublishedPort> kept;
  for (const auto& port : ports) {
    // Docker 20.10 may pick another free port for ::; the one of IPv4 is the port that people are told.
    if (port.host_ip == "::" && on_every_v4(port)) continue;
    kept.push_back(port);
    if (port.host_ip == "0.0.0.0" || port.host_ip == "::") kept.back().host_ip.clear();
  }
  std::ranges::sort(kept, {}, key);
  kept.erase(std::ranges::unique(kept).begin(), kept.end());
  return kept;
}

std::vector<Container> read_list(Element list) {
  std::vector<Container> containers;
  for (const Element at : codec::elements(list)) containers.push_back(read_listed(at));
  return containers;
}

Container read_inspected(Element at) {
  Container container;
  container.id = string_at(at, {"Id"});
  container.name = without_slash(string_at(at, {"Name"}));
  container.labels = strings(codec::find_path(at, {"Config", "Labels"}));
  container.created_ms = time_ms(string_at(at, {"Created"}));
  if (const auto state = codec::find(at, "State")) {
    container.state = state_named(string_at(*state, {"Status"}));
    container.exit_code = integer_at(*state, {"ExitCode"});
    container.out_of_memory = codec::bool_at(*state, {"OOMKilled"});
    container.error = string_at(*state, {"Error"});
    container.started_ms = time_ms(string_at(*state, {"StartedAt"}));
    container.finished_ms = time_ms(string_at(*state, {"FinishedAt"}));
    container.pid = integer_at(*state, {"Pid"});
    // What ends at once may have ended before Docker noted down that it runs.
    const bool has_ended = container.state == ContainerState::exited || container.state == ContainerState::dead;
    if (has_ended && container.finished_ms > 0)
      container.finished_ms = std::max(container.finished_ms, container.started_ms);
    if (const auto health = codec::find(*state, "Health")) {
      // Docker keeps what it last knew of one that has ended; the list does not.
      if (container.state == ContainerState::running || container.state == ContainerState::paused)
        container.health = health_named(string_at(*health, {"Status"}));
      container.health_output = last_output(*health);
    }
  }
  if (const auto ports = codec::find_path(at, {"NetworkSettings", "Ports"})) container.ports = read_bindings(*ports);
  container.image = string_at(at, {"Image"});
  container.networks = networks_of(at);
  container.limits = {.nano_cpus = integer_at(at, {"HostConfig", "NanoCpus"}),
                      .memory_bytes = integer_at(at, {"HostConfig", "Memory"}),
                      .pids = std::max<std::int64_t>(0, integer_at(at, {"HostConfig", "PidsLimit"}))};
  return container;
}

}  // namespace kontena::engine::docker
