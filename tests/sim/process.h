#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/node.h"
#include "chance.h"
#include "kontena/engine/fake.h"
#include "server/work.h"

namespace kontena::sim {

class World;

// A process that may die at each of its calls through a seam, and is built again
// from what outlives it.
struct Process {
  World& world;
  const int owner;
  const std::string name;
  bool up = false;
  bool dying = false;
  std::optional<Duration> start_at;  // while it is down
  std::int64_t calls = 0;            // through seams, of all its lives
  int deaths = 0;

  Process(World& w, int o, std::string n) : world(w), owner(o), name(std::move(n)) {}
};

// The store as a server process sees it: what is committed outlives the process.
class SimStore final : public store::Store {
 public:
  SimStore(Process& process, store::Store& store) : process_(process), store_(store) {}
  Result<std::optional<store::Entry>> get(std::string_view key) override;
  Result<store::Listing> list(std::string_view prefix) override;
  Result<std::vector<store::Entry>> page(std::string_view prefix, std::string_view after, std::size_t limit,
                                         bool backward) override;
  Result<std::unique_ptr<store::Snapshot>> snapshot() override { return store_.snapshot(); }
  Result<store::Revision> commit(const store::Commit&) override;
  Result<std::vector<store::Changed>> changes(store::Revision after, std::size_t limit, Duration timeout) override;
  Result<crypto::Link> trail() override { return store_.trail(); }
  void close() override {}

 private:
  Process& process_;
  store::Store& store_;
};

struct Machine;  // a node: what outlives its agent

// The engine as an agent process sees it: each call takes time, and the process
// may die before and after it took effect.
class SimEngine final : public engine::Engine {
 public:
  SimEngine(Process& process, Machine& machine) : process_(process), machine_(machine) {}
  Result<engine::EngineFacts> facts() override;
  Result<std::vector<engine::Container>> list(const std::string& node) override;
  Result<engine::Container> inspect(const std::string& id) override;
  Result<bool> has_image(const std::string& image) override;
  Status pull(const std::string& image, const engine::RegistryUser*, const std::function<void(const engine::PullProgress&)>&) override;
  Result<std::string> image_id(const std::string& image) override;
  Result<bool> remove_image(const std::string& id) override;
  Status ensure_network(const model::AssignedNetwork&, const model::StringMap&, int mtu) override;
  Status ensure_volume(const std::string&, const model::VolumeSpec&, const model::StringMap&) override;
  Result<model::Strings> networks(const std::string& node) override;
  Result<model::Strings> volumes(const std::string& node) override;
  Result<std::vector<engine::EngineSubnet>> subnets() override;
  Status remove_network(const std::string& name, const std::string& node) override;
  Status remove_volume(const std::string& name, const std::string& node) override;
  Result<engine::ExecEnd> exec(const std::string& id, const engine::ExecSpec&,
                               const std::function<bool(const engine::ExecOutput&)>& sink) override;
  Result<std::string> create(const engine::ContainerSpec&) override;
  Status start(const std::string& id) override;
  Status stop(const std::string& id, Duration grace) override;
  Status remove(const std::string& id) override;
  Status logs(const std::string& id, const engine::LogOptions&,
              const std::function<bool(const engine::LogLine&)>&) override;
  Status watch(const std::string& node, const std::function<bool(const engine::Event&)>&) override;

 private:
  auto call(const char* what, const std::string& on, std::int64_t most_ms, auto&& engine_does);
  Process& process_;
  Machine& machine_;
};

// An agent's way to the server, on which messages are lost, delayed and doubled.
class SimLink final : public http::Client {
 public:
  SimLink(Process& process, Machine& machine) : process_(process), machine_(machine) {}
  Result<http::Response> send(const http::Request&, Duration timeout) override;
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override;
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override;

 private:
  Process& process_;
  Machine& machine_;
};

// What dies with an agent.
struct AgentLife {
  SimEngine engine;
  SeededIds ids;
  Synced<agent::State> state;
  agent::Node node;
  AgentLife(Process&, Machine&, std::uint64_t seed);
};

struct Machine {
  Machine(World&, int number);
  World& world;
  const int number;
  const std::string name;
  ManualClock clock;
  engine::FakeEngine engine{clock};
  Process process;
  // The state folder.
  std::string id, fingerprint, common_name;  // "" = not joined
  std::string kept;                          // assignments.json; "" = none
  std::string remembered;                    // memory.json; "" = none
  std::set<std::string> ever_kept;           // InstanceIds
  std::set<std::string> ever_unhealthy;      // the engine's ids
  // The way to the server.
  bool cut = false;
  Duration heard{0};         // when the server last answered a beat
  Duration silent_until{0};  // the last silence of more than two seconds
  Duration blank_until{0};   // till then assignments are those of a server that knows nothing
  bool disk_full = false;
  bool disk_was_full = false;   // and nothing was kept since
  std::set<std::string> stale;  // InstanceIds: kept by an agent that died while its disk was full
  std::unique_ptr<AgentLife> agent;

  std::vector<engine::Container> ours();  // all that any agent of this machine made
  std::set<std::string> ids;              // of every node it was
  std::string foreign;                    // the container that is not ours

  bool has_kata() const { return number % 2 == 1; }  // a runtime
  bool has_near() const { return number <= 2; }      // a volume that is not ours

  void start();        // as `kontena agent` does; by a fiber of the process
  agent::Keep keep();  // into `kept`
  agent::Remember remember();
};

// What dies with a server.
struct ServerLife {
  SimStore store;
  server::Work work;
  ServerLife(Process&, store::Store&, const server::Work::Needs&);
};

}  // namespace kontena::sim
