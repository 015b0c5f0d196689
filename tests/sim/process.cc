#include "process.h"

#include "kontena/api/endpoints.h"
#include "world.h"

namespace kontena::sim {

using When = World::When;

// ---- the store

Result<std::optional<store::Entry>> SimStore::get(std::string_view key) {
  process_.world.call(process_, "store get", When::before);
  return store_.get(key);
}

Result<store::Listing> SimStore::list(std::string_view prefix) {
  process_.world.call(process_, "store list", When::before);
  return store_.list(prefix);
}

Result<std::vector<store::Entry>> SimStore::page(std::string_view prefix, std::string_view after, std::size_t limit,
                                                 bool backward) {
  process_.world.call(process_, "store page", When::before);
  return store_.page(prefix, after, limit, backward);
}

Result<store::Revision> SimStore::commit(const store::Commit& commit) {
  World& world = process_.world;
  world.call(process_, "store commit", When::before);
  world.fibers.sleep(world.luck.once_in(50) ? world.luck.time(1, 200) : world.luck.time(0, 2));
  auto committed = store_.commit(commit);
  if (committed && !commit.empty()) world.invariants.committed(world, commit, *committed);
  world.call(process_, "store commit", When::after);
  return committed;
}

Result<std::vector<store::Changed>> SimStore::changes(store::Revision after, std::size_t limit, Duration timeout) {
  process_.world.call(process_, "store changes", When::before);
  return store_.changes(after, limit, timeout);
}

// ---- the engine

auto SimEngine::call(const char* what, const std::string& on, std::int64_t most_ms, auto&& engine_does) {
  World& world = process_.world;
  const std::string text = std::string(what) + (on.empty() ? "" : " " + on.substr(0, 24));
  world.call(process_, text, When::before);
  world.fibers.sleep(world.luck.time(0, most_ms));
  auto result = engine_does();
  world.fibers.sleep(world.luck.time(0, most_ms / 4 + 1));
  world.call(process_, text, When::after);
  return result;
}

Result<engine::EngineFacts> SimEngine::facts() {
  return call("engine facts", "", 5, [&] { return machine_.engine.facts(); });
}
Result<std::vector<engine::Container>> SimEngine::list(const std::string& node) {
  return call("engine list", "", 8, [&] { return machine_.engine.list(node); });
}
Result<engine::Container> SimEngine::inspect(const std::string& id) {
  return call("engine inspect", id, 3, [&] { return machine_.engine.inspect(id); });
}
Result<bool> SimEngine::has_image(const std::string& image) {
  return call("engine has_image", image, 3, [&] { return machine_.engine.has_image(image); });
}
Status SimEngine::pull(const std::string& image, const engine::RegistryUser* user, const std::function<void(const engine::PullProgress&)>& progress) {
  return call("engine pull", image, 4'000, [&] { return machine_.engine.pull(image, user, progress); });
}
Result<std::string> SimEngine::image_id(const std::string& image) {
  return call("engine image_id", image, 3, [&] { return machine_.engine.image_id(image); });
}
Result<bool> SimEngine::remove_image(const std::string& id) {
  return call("engine remove image", id, 50, [&] { return machine_.engine.remove_image(id); });
}
Status SimEngine::ensure_network(const model::AssignedNetwork& network, const model::StringMap& labels, int mtu) {
  return call("engine network", network.name, 30, [&] { return machine_.engine.ensure_network(network, labels, mtu); });
}
Status SimEngine::ensure_volume(const std::string& name, const model::VolumeSpec& spec,
                                const model::StringMap& labels) {
  return call("engine volume", name, 10, [&] { return machine_.engine.ensure_volume(name, spec, labels); });
}
Result<model::Strings> SimEngine::networks(const std::string& node) {
  return call("engine networks", "", 5, [&] { return machine_.engine.networks(node); });
}
Result<model::Strings> SimEngine::volumes(const std::string& node) {
  return call("engine volumes", "", 5, [&] { return machine_.engine.volumes(node); });
}
Result<std::vector<engine::EngineSubnet>> SimEngine::subnets() {
  return call("engine subnets", "", 5, [&] { return machine_.engine.subnets(); });
}
Status SimEngine::remove_network(const std::string& name, const std::string& node) {
  return call("engine remove network", name, 30, [&] { return machine_.engine.remove_network(name, node); });
}
Status SimEngine::remove_volume(const std::string& name, const std::string& node) {
  return call("engine remove volume", name, 10, [&] { return machine_.engine.remove_volume(name, node); });
}
Result<std::string> SimEngine::create(const engine::ContainerSpec& spec) {
  process_.world.invariants.making(process_.world, machine_, spec.labels.at(std::string(engine::instance_label)));
  return call("engine create", spec.name, 60, [&] { return machine_.engine.create(spec); });
}
Status SimEngine::start(const std::string& id) {
  return call("engine start", id, 200, [&] {
    Status started = machine_.engine.start(id);
    process_.world.invariants.started(process_.world);
    return started;
  });
}
Status SimEngine::stop(const std::string& id, Duration grace) {
  process_.world.invariants.stopping(process_.world, machine_, id, false);
  const bool slow = process_.world.luck.once_in(5);
  return call("engine stop", id, slow ? grace.count() : 100, [&] { return machine_.engine.stop(id, grace); });
}
Status SimEngine::remove(const std::string& id) {
  process_.world.invariants.stopping(process_.world, machine_, id, true);
  return call("engine remove", id, 50, [&] { return machine_.engine.remove(id); });
}
Status SimEngine::logs(const std::string& id, const engine::LogOptions& options,
                       const std::function<bool(const engine::LogLine&)>& sink) {
  return call("engine logs", id, 5, [&] { return machine_.engine.logs(id, options, sink); });
}
Result<engine::ExecEnd> SimEngine::exec(const std::string& id, const engine::ExecSpec& spec,
                                        const std::function<bool(const engine::ExecOutput&)>& sink) {
  return call("engine exec", id, 5, [&] { return machine_.engine.exec(id, spec, sink); });
}
// Nobody waits for its result, so it has no time of its own.
Status SimEngine::watch(const std::string& node, const std::function<bool(const engine::Event&)>& sink) {
  process_.world.call(process_, "engine watch", When::before);
  return machine_.engine.watch(node, sink);
}

// ---- machines and their agents

Machine::Machine(World& w, int n) : world(w), number(n), name("node-" + std::to_string(n)), process(w, 1 + n, name) {}

std::vector<engine::Container> Machine::ours() {
  std::vector<engine::Container> all;
  for (const std::string& one : ids)
    if (auto listed = engine.list(one))
      for (auto& container : *listed) all.push_back(std::move(container));
  return all;
}

agent::Keep Machine::keep() {
  return [this](const agent::Kept& now) -> Status {
    world.call(process, "keep", When::before);
    world.fibers.sleep(world.luck.time(0, 5));
    if (disk_full) {
      disk_was_full = true;
      return Error{Code::exhausted, "the disk is full"};
    }
    kept = codec::to_json(now);
    for (const auto& [instance, assignment] : now.instances) ever_kept.insert(instance);
    disk_was_full = false;
    world.call(process, "keep", When::after);
    return Done{};
  };
}

agent::Remember Machine::remember() {
  return [this](const agent::Memory& now) -> Status {
    world.call(process, "remember", When::before);
    world.fibers.sleep(world.luck.time(0, 5));
    if (disk_full) return Error{Code::exhausted, "the disk is full"};
    remembered = codec::to_json(now);
    world.call(process, "remember", When::after);
    return Done{};
  };
}

AgentLife::AgentLife(Process& process, Machine& machine, std::uint64_t seed)
    : engine(process, machine),
      ids(seed),
      node({.context = {engine, machine.clock, ids, state, machine.id, "default"},
            .servers =
                [&] {
                  std::vector<std::unique_ptr<http::Client>> links;
                  links.push_back(std::make_unique<SimLink>(process, machine));
                  return links;
                }(),
            .keep = machine.keep(),
            .remember = machine.remember(),
            .cores = 1,
            .address = [](std::size_t) { return std::string("10.0.0.9"); }}) {}

void Machine::start() {
  agent = std::make_unique<AgentLife>(process, *this, world.luck.next());
  agent::Kept read;
  if (!kept.empty()) read = *codec::from_json<agent::Kept>(kept);
  if (disk_was_full)
    for (const auto& [instance, assignment] : read.instances) stale.insert(instance);
  agent->state.with([&](agent::State& s) {
    s.told = read.revision > 0;
    s.kept = std::make_shared<const agent::Kept>(std::move(read));
    if (!remembered.empty()) agent::take_over(*codec::from_json<agent::Memory>(remembered), s);
    s.heard = clock.steady();
  });
  agent->node.start();
  agent->state.wait(std::chrono::hours(24 * 365), [](const agent::State& s) { return s.exit.has_value(); });
  world.event(name, "the agent ends by itself");
  world.later(Duration(0), [this] { world.kill(process); });
}

ServerLife::ServerLife(Process& process, store::Store& behind, const server::Work::Needs& needs)
    : store(process, behind), work({needs.clock, needs.ids, store, needs.authority, needs.vault, needs.lost_after}) {}

}  // namespace kontena::sim
