#include <algorithm>
#include <utility>

#include "docker/image_name.h"
#include "kontena/base/panic.h"
#include "kontena/engine/fake.h"
#include "kontena/model/together.h"

// The streams of the fake engine, and what tests arrange and look at.
namespace kontena::engine {
namespace {

constexpr Duration beat{200};  // shorter than an engine's, so that tests end soon

Error broken_off() { return {Code::unavailable, "no Docker engine answers on the fake's socket: it went away"}; }

}  // namespace

Status FakeEngine::logs(const std::string& id, const LogOptions& options,
                        const std::function<bool(const LogLine&)>& sink) {
  struct Next {
    std::vector<LogLine> lines;
    bool ended = false;
    bool away = false;
  };
  bool there = false;
  std::size_t given = 0;  // lines of the container that the sink has had, or was not to have
  state_.with([&](State& s) {
    const Made* made = s.away ? nullptr : find(s, id);
    if (!made) return;
    there = true;
    if (options.tail >= 0 && made->lines.size() > static_cast<std::size_t>(options.tail))
      given = made->lines.size() - static_cast<std::size_t>(options.tail);
    while (given < made->lines.size() && made->line_times_ms[given] < options.since_ms) ++given;
  });
  while (true) {
    const auto has_news = [&](State& s) {
      const Made* made = find(s, id);
      return s.away || !made || !options.follow || made->lines.size() > given ||
             made->container.state != ContainerState::running;
    };
    const auto take = [&](State& s) {
      Next next;
      const Made* made = find(s, id);
      next.away = s.away;
      next.ended = !made || !options.follow || made->container.state != ContainerState::running;
      for (; made && given < made->lines.size(); ++given) next.lines.push_back(made->lines[given]);
      return next;
    };
    const bool beats = options.follow && options.beat > Duration(0);
    const Next next = state_.wait_then(beats ? options.beat : beat, has_news, take);
    if (next.away) return broken_off();
    if (!there) return Error{Code::not_found, "No such container: " + id};
    for (const LogLine& line : next.lines)
      if (!sink(line)) return Done{};
    if (next.ended) return Done{};
    if (beats && next.lines.empty() && !sink({})) return Done{};
  }
}

Status FakeEngine::watch(const std::string& node, const std::function<bool(const Event&)>& sink) {
  std::int64_t next =
      state_.with([](State& s) { return s.first_happening + static_cast<std::int64_t>(s.happenings.size()); });
  if (!sink({})) return Done{};
  while (true) {
    bool away = false;
    const auto has_news = [&](State& s) {
      return s.away || s.first_happening + static_cast<std::int64_t>(s.happenings.size()) > next;
    };
    const auto events = state_.wait_then(beat, has_news, [&](State& s) {
      std::vector<Event> heard;
      away = s.away;
      next = std::max(next, s.first_happening);
      for (; next - s.first_happening < static_cast<std::int64_t>(s.happenings.size()); ++next) {
        const auto& happening = s.happenings[static_cast<std::size_t>(next - s.first_happening)];
        if (happening.node == node) heard.push_back(happening.event);
      }
      return heard;
    });
    if (away) return broken_off();
    for (const Event& event : events)
      if (!sink(event)) return Done{};
    if (events.empty() && !sink({})) return Done{};
  }
}

namespace {

std::string reference_of(const std::string& image) {
  const auto name = docker::parse_image(image);
  KTN_ASSERT(name, "tests name images that can be");
  return name->reference();
}

}  // namespace

void FakeEngine::add_image(const std::string& image) {
  state_.with([&](State& s) {
    const std::string name = reference_of(image);
    s.images[name] = "sha256:" + name;
    s.image_ids.insert("sha256:" + name);
  });
}

void FakeEngine::forget_image(const std::string& image) {
  state_.with([&](State& s) { s.images.erase(reference_of(image)); });
}

void FakeEngine::publish(const std::string& image, const std::string& content) {
  state_.with([&](State& s) { s.published[reference_of(image)] = "sha256:" + reference_of(image) + content; });
}

void FakeEngine::fail_pulls(std::optional<Error> error) {
  state_.with([&](State& s) { s.pull_error = std::move(error); });
}

void FakeEngine::behave(std::function<Run(const ContainerSpec&)> behaviour) {
  state_.with([&](State& s) { s.behaviour = std::move(behaviour); });
}

void FakeEngine::fail_next_start(const std::string& words) {
  state_.with([&](State& s) { s.start_error = words; });
}

void FakeEngine::exit(const std::string& container, std::int64_t code, bool out_of_memory) {
  state_.change([&](State& s) {
    Made* made = find(s, container);
    if (made && made->container.state == ContainerState::running) end(s, *made, code, out_of_memory);
  });
}

void FakeEngine::set_health(const std::string& container, model::Health health, const std::string& output) {
  state_.change([&](State& s) {
    Made* made = find(s, container);
    if (!made || made->container.state != ContainerState::running) return;
    made->container.health = health;
    made->container.health_output = output;
    tell(s, *made, Happened::health);
  });
}

void FakeEngine::write(const std::string& container, const std::string& line, bool is_error) {
  state_.change([&](State& s) {
    if (Made* made = find(s, container)) write_lines(*made, line, is_error);
  });
}

void FakeEngine::set_away(bool away) {
  state_.change([&](State& s) { s.away = away; });
}

void FakeEngine::add_external_volume(const std::string& name) {
  state_.with([&](State& s) { s.volumes.try_emplace(name); });
}

void FakeEngine::set_facts(EngineFacts facts) {
  state_.with([&](State& s) { s.facts = std::move(facts); });
}

void FakeEngine::rename(const std::string& container, const std::string& name) {
  state_.change([&](State& s) {
    Made* made = find(s, container);
    if (!made) return;
    made->container.name = name;
    tell(s, *made, Happened::changed);
  });
}

void FakeEngine::limit(const std::string& container, const model::Resources& limits) {
  state_.change([&](State& s) {
    Made* made = find(s, container);
    if (!made) return;
    made->container.limits = limits;
    tell(s, *made, Happened::changed);
  });
}

// Which is an event of the network's, not of the container's.
void FakeEngine::disconnect(const std::string& container, const std::string& network) {
  state_.change([&](State& s) {
    if (Made* made = find(s, container)) std::erase(made->container.networks, network);
  });
}

std::optional<ContainerSpec> FakeEngine::spec_of(const std::string& container) {
  return state_.with([&](State& s) -> std::optional<ContainerSpec> {
    const Made* made = find(s, container);
    if (!made) return std::nullopt;
    return made->spec;
  });
}

std::set<std::string> FakeEngine::images() {
  return state_.with([](State& s) { return s.image_ids; });
}

std::set<std::string> FakeEngine::networks() {
  return state_.with([](State& s) {
    std::set<std::string> names;
    for (const auto& [name, labels] : s.networks) names.insert(name);
    return names;
  });
}

std::set<std::string> FakeEngine::volumes() {
  return state_.with([](State& s) {
    std::set<std::string> names;
    for (const auto& [name, labels] : s.volumes) names.insert(name);
    return names;
  });
}

Status FakeEngine::share(State& s, const ContainerSpec& spec, bool started) {
  for (const std::string& service : model::beside(spec.service)) {
    const auto id = spec.beside.find(service);
    if (id == spec.beside.end())
      return Error{Code::invalid_argument, "the service '" + service + "' has no container on this node"};
    const Made* other = find(s, id->second);
    if (!other) return Error{started ? Code::failed_precondition : Code::not_found, "No such container: " + id->second};
    if (started && model::shares_namespace(spec.service, service) && other->container.state != ContainerState::running)
      return Error{Code::failed_precondition, "cannot join the namespace of a non running container: " + id->second};
  }
  return Done{};
}

}  // namespace kontena::engine
