#include <algorithm>
#include <cstdio>
#include <utility>

#include "docker/image_name.h"
#include "kontena/base/text.h"
#include "kontena/engine/fake.h"

namespace kontena::engine {
namespace {

using docker::parse_image;

Error nobody() { return {Code::unavailable, "no Docker engine answers on the fake's socket: it is away"}; }
Error no_such(const std::string& id) { return {Code::not_found, "No such container: " + id}; }

std::string new_id(std::int64_t number) {
  char text[65];
  std::snprintf(text, sizeof text, "%012llx%052d", static_cast<unsigned long long>(number), 0);
  return text;
}

EngineFacts usual_facts() {
  EngineFacts facts{"20.10.24", "1.41", "linux", "amd64", "6.1.0", "fake", 2'000'000'000, std::int64_t{4} << 30};
  facts.runtimes = {"runc"};
  facts.volume_drivers = {"local"};
  return facts;
}

bool is_of(const model::StringMap& labels, const std::string& node) {
  const auto found = labels.find(std::string(node_label));
  return found != labels.end() && found->second == node;
}

bool probed(const ContainerSpec& spec) {
  const auto& check = spec.service.health_check;
  return check && !check->test.empty() && check->test.front() != "NONE";
}

bool uses_network(const ContainerSpec& spec, const std::string& network) {
  return std::ranges::any_of(spec.service.networks,
                             [&](const auto& a) { return spec.networks.at(a.network) == network; });
}

bool uses_volume(const ContainerSpec& spec, const std::string& volume) {
  return std::ranges::any_of(spec.service.mounts, [&](const model::Mount& m) {
    return m.kind == model::MountKind::volume && !m.source.empty() && spec.volumes.at(m.source) == volume;
  });
}

model::StringMap together(const model::StringMap& ours, const model::StringMap& theirs) {
  model::StringMap labels = ours;
  labels.insert(theirs.begin(), theirs.end());
  return labels;
}

}  // namespace

FakeEngine::FakeEngine() : own_clock_(std::make_unique<SystemClock>()), clock_(own_clock_.get()) {
  set_facts(usual_facts());
}
FakeEngine::FakeEngine(const Clock& clock) : clock_(&clock) {
  set_facts(usual_facts());
}

FakeEngine::Made* FakeEngine::find(State& state, const std::string& container) {
  if (const auto found = state.containers.find(container); found != state.containers.end()) return &found->second;
  for (auto& [id, made] : state.containers)
    if (made.container.name == container) return &made;
  return nullptr;
}

// As Docker, it forgets old events.
void FakeEngine::tell(State& state, const Made& made, Happened happened) {
  constexpr std::size_t kept = 256;
  const auto node = made.container.labels.find(std::string(node_label));
  state.happenings.push_back({node == made.container.labels.end() ? "" : node->second, {happened, made.container.id}});
  if (state.happenings.size() <= kept) return;
  state.happenings.pop_front();
  ++state.first_happening;
}

Result<EngineFacts> FakeEngine::facts() {
  return state_.with([](State& s) -> Result<EngineFacts> {
    if (s.away) return nobody();
    return s.facts;
  });
}

Result<std::vector<Container>> FakeEngine::list(const std::string& node) {
  return state_.with([&](State& s) -> Result<std::vector<Container>> {
    if (s.away) return nobody();
    std::vector<Container> listed;
    for (const auto& [id, made] : s.containers) {
      if (!is_of(made.container.labels, node)) continue;
      Container& container = listed.emplace_back(made.container);
      container.health_output.clear();
      container.out_of_memory = false;
      container.error.clear();
      container.started_ms = container.finished_ms = 0;
      container.limits = {};
      // Docker's list has no exit code of what never ran.
      if (container.state == ContainerState::created) container.exit_code = 0;
    }
    return listed;
  });
}

Result<Container> FakeEngine::inspect(const std::string& id) {
  return state_.with([&](State& s) -> Result<Container> {
    if (s.away) return nobody();
    const Made* made = find(s, id);
    if (!made) return no_such(id);
    return made->container;
  });
}

Result<bool> FakeEngine::has_image(const std::string& image) {
  KTN_TRY(const auto name, parse_image(image));
  return state_.with([&](State& s) -> Result<bool> {
    if (s.away) return nobody();
    return s.images.contains(name.reference());
  });
}

Status FakeEngine::pull(const std::string& image, const RegistryUser*,
                        const std::function<void(const PullProgress&)>& on_progress) {
  KTN_TRY(const auto name, parse_image(image));
  constexpr std::int64_t size = 1 << 20;
  std::string id;
  const Status found = state_.with([&](State& s) -> Status {
    if (s.away) return nobody();
    if (s.pull_error) return *s.pull_error;
    if (const auto found = s.published.find(name.reference()); found != s.published.end()) {
      id = found->second;
      return Done{};
    }
    return Error{Code::not_found, "pulling '" + image + "': manifest for " + name.reference() + " not found"};
  });
  KTN_OK(found);
  if (on_progress)
    for (const auto done : {size / 2, size}) on_progress({done, size});
  state_.with([&](State& s) {
    s.images[name.reference()] = id;
    s.image_ids.insert(id);
  });
  return Done{};
}

Result<std::string> FakeEngine::image_id(const std::string& image) {
  KTN_TRY(const auto name, parse_image(image));
  return state_.with([&](State& s) -> Result<std::string> {
    if (s.away) return nobody();
    if (const auto found = s.images.find(name.reference()); found != s.images.end()) return found->second;
    return Error{Code::not_found, "the image '" + image + "' is not on this node"};
  });
}

Result<bool> FakeEngine::remove_image(const std::string& id) {
  return state_.with([&](State& s) -> Result<bool> {
    if (s.away) return nobody();
    for (const auto& [container, made] : s.containers)
      if (made.container.image == id) return false;
    const auto named = [&](const auto& entry) { return entry.second == id; };
    if (std::ranges::count_if(s.images, named) > 1) return false;
    std::erase_if(s.images, named);
    s.image_ids.erase(id);
    return true;
  });
}

Status FakeEngine::ensure_network(const model::AssignedNetwork& network, const model::StringMap& labels, int) {
  return state_.with([&](State& s) -> Status {
    if (s.away) return nobody();
    s.networks.try_emplace(network.name, together(labels, network.labels));
    return Done{};
  });
}

Status FakeEngine::ensure_volume(const std::string& name, const model::VolumeSpec& spec,
                                 const model::StringMap& labels) {
  return state_.with([&](State& s) -> Status {
    if (s.away) return nobody();
    if (spec.external && !s.volumes.contains(name))
      return Error{Code::not_found, "the external volume '" + name + "' is not on this node"};
    s.volumes.try_emplace(name, together(labels, spec.labels));
    return Done{};
  });
}

Result<model::Strings> FakeEngine::networks(const std::string& node) {
  return state_.with([&](State& s) -> Result<model::Strings> {
    if (s.away) return nobody();
    model::Strings names;
    for (const auto& [name, labels] : s.networks)
      if (is_of(labels, node)) names.push_back(name);
    return names;
  });
}

Result<model::Strings> FakeEngine::volumes(const std::string& node) {
  return state_.with([&](State& s) -> Result<model::Strings> {
    if (s.away) return nobody();
    model::Strings names;
    for (const auto& [name, labels] : s.volumes)
      if (is_of(labels, node)) names.push_back(name);
    return names;
  });
}

Result<std::vector<EngineSubnet>> FakeEngine::subnets() {
  return state_.with([&](State& s) -> Result<std::vector<EngineSubnet>> {
    if (s.away) return nobody();
    return std::vector<EngineSubnet>{{"172.17.0.0/16", "Docker's network 'bridge'"}};
  });
}

Status FakeEngine::remove_network(const std::string& name, const std::string& node) {
  return state_.with([&](State& s) -> Status {
    if (s.away) return nobody();
    const auto found = s.networks.find(name);
    if (found == s.networks.end() || !is_of(found->second, node)) return Done{};
    for (const auto& [id, made] : s.containers)
      if (uses_network(made.spec, name)) return Done{};
    s.networks.erase(found);
    return Done{};
  });
}

Status FakeEngine::remove_volume(const std::string& name, const std::string& node) {
  return state_.with([&](State& s) -> Status {
    if (s.away) return nobody();
    const auto found = s.volumes.find(name);
    if (found == s.volumes.end() || !is_of(found->second, node)) return Done{};
    for (const auto& [id, made] : s.containers)
      if (uses_volume(made.spec, name)) return Done{};
    s.volumes.erase(found);
    return Done{};
  });
}

Result<std::string> FakeEngine::create(const ContainerSpec& spec) {
  KTN_TRY(const auto image, parse_image(spec.service.image));
  return state_.with([&](State& s) -> Result<std::string> {
    if (s.away) return nobody();
    for (const auto& attachment : spec.service.networks) {
      const auto network = spec.networks.find(attachment.network);
      if (network == spec.networks.end())
        return Error{Code::invalid_argument, "the network '" + attachment.network + "' has no name on this node"};
      if (!s.networks.contains(network->second))
        return Error{Code::not_found, "the network '" + network->second + "' is not on this node"};
    }
    for (const auto& mount : spec.service.mounts)
      if (mount.kind == model::MountKind::volume && !mount.source.empty() && !spec.volumes.contains(mount.source))
        return Error{Code::invalid_argument, "the volume '" + mount.source + "' has no name on this node"};
    KTN_OK(share(s, spec, false));
    const auto image_there = s.images.find(image.reference());
    if (image_there == s.images.end())
      return Error{Code::not_found, "the image '" + spec.service.image + "' is not on this node"};
    if (find(s, spec.name))
      return Error{Code::already_exists, "a container named '" + spec.name + "' is there already"};
    for (const auto& mount : spec.service.mounts)
      if (mount.kind == model::MountKind::volume && !mount.source.empty())
        s.volumes.try_emplace(spec.volumes.at(mount.source));

    Made made;
    made.spec = spec;
    made.container.id = new_id(++s.last_id);
    made.container.name = spec.name;
    made.container.labels = together(spec.labels, spec.service.labels);
    made.container.created_ms = now_ms();
    made.container.image = image_there->second;
    made.container.limits = spec.service.limits;
    for (const auto& attachment : spec.service.networks)
      made.container.networks.push_back(spec.networks.at(attachment.network));
    if (made.container.networks.empty()) made.container.networks.push_back("bridge");
    std::ranges::sort(made.container.networks);
    const std::string id = made.container.id;
    s.containers.emplace(id, std::move(made));
    return id;
  });
}

// Two containers cannot have the same port of the same address.
Status FakeEngine::bind_ports(State& s, Made& made) {
  const auto is_taken = [&](const model::PublishedPort& wanted) {
    return std::ranges::any_of(s.containers, [&](const auto& other) {
      return std::ranges::any_of(other.second.container.ports, [&](const model::PublishedPort& p) {
        return p.published == wanted.published && p.protocol == wanted.protocol &&
               (p.host_ip.empty() || wanted.host_ip.empty() || p.host_ip == wanted.host_ip);
      });
    });
  };
  std::vector<model::PublishedPort> bound;
  for (const auto& port : made.spec.service.ports) {
    model::PublishedPort wanted{port.target, port.published, port.protocol, port.host_ip};
    if (port.published == 0) {
      do {
        wanted.published = ++s.last_port;
      } while (is_taken(wanted));
    }
    while (is_taken(wanted) && wanted.published < port.published_last) ++wanted.published;
    if (is_taken(wanted)) {
      return Error{Code::failed_precondition, "Bind for " + (port.host_ip.empty() ? "0.0.0.0" : port.host_ip) + ":" +
                                                  std::to_string(port.published) +
                                                  " failed: port is already allocated"};
    }
    bound.push_back(wanted);
  }
  made.container.ports = std::move(bound);
  return Done{};
}

void FakeEngine::write_lines(Made& made, const std::string& text, bool is_error) const {
  const Time now = clock_->now();  // the parts of a line are of one time
  constexpr std::size_t longest = 64 * 1024;
  std::size_t at = 0;
  do {
    made.lines.push_back({text::rfc3339(now), is_error, text.substr(at, longest)});
    made.line_times_ms.push_back(to_ms(now));
    at += longest;
  } while (at < text.size());
}

void FakeEngine::end(State& s, Made& made, std::int64_t code, bool out_of_memory) const {
  made.container.state = ContainerState::exited;
  made.container.health = model::Health::none;
  made.container.exit_code = code;
  made.container.out_of_memory = out_of_memory;
  made.container.finished_ms = now_ms();
  made.container.ports.clear();
  if (out_of_memory) tell(s, made, Happened::out_of_memory);
  tell(s, made, Happened::died);
}

Status FakeEngine::start(const std::string& id) {
  return state_.change([&](State& s) -> Status {
    if (s.away) return nobody();
    Made* made = find(s, id);
    if (!made) return no_such(id);
    Container& container = made->container;
    if (container.state == ContainerState::running) return Done{};
    Run run = s.behaviour ? s.behaviour(made->spec) : Run{};
    if (s.start_error) run.refused = *std::exchange(s.start_error, std::nullopt);
    KTN_OK(share(s, made->spec, true));
    if (!run.refused.empty()) {
      container.exit_code = 127;
      container.error = run.refused;
      return Error{Code::invalid_argument, run.refused};
    }
    if (auto bound = bind_ports(s, *made); !bound) {
      container.exit_code = 128;
      container.error = bound.error().message;
      return bound;
    }
    container.state = ContainerState::running;
    container.health = probed(made->spec) ? run.health : model::Health::none;
    container.health_output = run.health_output;
    container.exit_code = 0;
    container.out_of_memory = false;
    container.error.clear();
    container.started_ms = now_ms();
    tell(s, *made, Happened::started);
    if (container.health == model::Health::healthy || container.health == model::Health::unhealthy)
      tell(s, *made, Happened::health);
    for (const LogLine& line : run.lines) write_lines(*made, line.text, line.is_error);
    if (run.exit_code || run.out_of_memory) end(s, *made, run.exit_code.value_or(137), run.out_of_memory);
    return Done{};
  });
}

Status FakeEngine::stop(const std::string& id, Duration) {
  return state_.change([&](State& s) -> Status {
    if (s.away) return nobody();
    Made* made = find(s, id);
    if (made && made->container.state == ContainerState::running) end(s, *made, 143, false);
    return Done{};
  });
}

Status FakeEngine::remove(const std::string& id) {
  return state_.change([&](State& s) -> Status {
    if (s.away) return nobody();
    Made* made = find(s, id);
    if (!made) return Done{};
    if (made->container.state == ContainerState::running) end(s, *made, 137, false);
    tell(s, *made, Happened::destroyed);
    s.containers.erase(made->container.id);
    return Done{};
  });
}

}  // namespace kontena::engine
