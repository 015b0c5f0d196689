// A whole node with its threads: a fake engine, and a server in this process.
#include "node.h"

#include <doctest/doctest.h>

#include "kontena/api/endpoints.h"
#include "kontena/base/text.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::assignment;
using agent::test::FakeServer;
using agent::test::soon;

namespace {

const std::string conflict =
    codec::to_json(api::ErrorAnswer{{"conflict", "a later report of this node was heard already", "", ""}});

struct Cluster {
  SystemClock clock;
  SystemIds ids;
  engine::FakeEngine engine;
  TempFolder folder;

  // What the server has to say, and was told.
  struct Told {
    std::int64_t revision = 1;
    std::map<std::string, model::Assignment> instances;
    std::map<std::string, model::InstanceStatus> statuses;
    bool away = false;
    bool ending = false;
    std::set<std::string> outdated;  // runs whose reports are refused
    bool outdate = false;            // the run that comes next
  };
  Synced<Told> told;

  std::unique_ptr<Synced<State>> state;
  std::unique_ptr<Node> node;

  ~Cluster() { stop_agent(); }

  void start_agent() {
    state = std::make_unique<Synced<State>>();
    auto kept = load_kept(folder.path());
    REQUIRE(kept);
    state->with([&](State& s) { s.kept = std::make_shared<const Kept>(std::move(*kept)); });
    told.with([](Told& t) { t.ending = false; });
    Node::Parts parts{.context = {engine, clock, ids, *state, "n1", "main"},
                      .keep = keep_in(folder.path()),
                      .cores = 2,
                      .address = [](std::size_t) { return std::string("10.0.0.7"); }};
    parts.servers.push_back(server());
    node = std::make_unique<Node>(std::move(parts));
    node->start();
  }
  void stop_agent() {
    told.change([](Told& t) { t.ending = true; });
    node.reset();
  }
  void assign(model::Assignment wanted) {
    told.change([&](Told& t) {
      ++t.revision;
      const std::string id = *wanted.id;
      t.instances[id] = std::move(wanted);
    });
  }
  bool reported(const std::string& instance, model::InstanceState state_wanted) {
    return told.wait(Duration(20'000), [&](const Told& t) {
      const auto found = t.statuses.find(instance);
      return found != t.statuses.end() && found->second.state == state_wanted;
    });
  }

 private:
  std::unique_ptr<FakeServer> server() {
    auto server = std::make_unique<FakeServer>();
    const auto unless_away = [this](auto answer) {
      return [this, answer](const http::Request& request) -> Result<http::Response> {
        if (told.with([](const Told& t) { return t.away; })) return Error{Code::unavailable, "cannot connect"};
        return answer(request);
      };
    };
    server->answer(api::paths::agent_beat, unless_away([this](const http::Request&) {
                     return http::Response{.body = codec::to_json(api::BeatAnswer{to_ms(clock.now())})};
                   }));
    server->answer(api::paths::agent_facts,
                   unless_away([](const http::Request&) { return http::Response{.body = "{}"}; }));
    server->answer(api::paths::agent_statuses, unless_away([this](const http::Request& request) {
                     const auto report = codec::from_json<api::StatusRequest>(request.body);
                     const bool refused = told.change([&](Told& t) {
                       if (std::exchange(t.outdate, false)) t.outdated.insert(report->run);
                       if (t.outdated.contains(report->run)) return true;
                       for (const auto& one : report->instances) t.statuses[one.id] = one.status;
                       return false;
                     });
                     if (refused) return http::Response{.status = 409, .body = conflict};
                     return http::Response{.body = codec::to_json(api::StatusAnswer{})};
                   }));
    server->answer(api::paths::agent_streams, unless_away([this](const http::Request&) {
                     told.wait(Duration(30'000), [](const Told& t) { return t.ending; });
                     return http::Response{.body = codec::to_json(api::StreamList{})};
                   }));
    server->answer(api::paths::agent_assignments, unless_away([this](const http::Request& request) {
                     const std::int64_t after = text::integer(request.query.at("after")).value_or(0);
                     return told.wait_then(
                         Duration(30'000), [&](const Told& t) { return t.revision > after || t.ending || t.away; },
                         [](const Told& t) {
                           api::AssignmentsAnswer answer{.revision = t.revision, .complete = true};
                           for (const auto& [id, one] : t.instances) answer.instances.push_back(one);
                           return http::Response{.body = codec::to_json(answer)};
                         });
                   }));
    return server;
  }
};

}  // namespace

TEST_CASE("a node runs what it is assigned, through restarts of its agent and absences of server and engine") {
  Cluster cluster;
  cluster.engine.publish("nginx:1.25");
  cluster.assign(assignment("a"));
  cluster.start_agent();
  REQUIRE(cluster.reported("a", model::InstanceState::running));
  const std::string container = cluster.engine.inspect("shop.web-1")->id;

  // Stopping the agent leaves the container; starting it again adopts it.
  cluster.stop_agent();
  CHECK(cluster.engine.inspect(container)->state == engine::ContainerState::running);
  cluster.told.change([](auto& t) { t.statuses.clear(); });
  cluster.start_agent();
  REQUIRE(cluster.reported("a", model::InstanceState::running));
  CHECK(cluster.engine.inspect("shop.web-1")->id == container);

  // It ends: its death is heard of by events, and it is started again.
  cluster.engine.exit(container, 1);
  REQUIRE(soon([&] { return cluster.engine.inspect(container)->state == engine::ContainerState::running; }));

  // With the server away from the start, what was kept is run.
  cluster.stop_agent();
  cluster.engine.exit(container, 255);
  cluster.told.change([](auto& t) { t.away = true, t.statuses.clear(); });
  cluster.start_agent();
  REQUIRE(soon([&] { return cluster.engine.inspect(container)->state == engine::ContainerState::running; }));
  cluster.told.change([](auto& t) { t.away = false; });
  REQUIRE(cluster.reported("a", model::InstanceState::running));

  // The engine goes and comes back; what was wanted meanwhile is done then.
  cluster.engine.set_away(true);
  REQUIRE(cluster.state->wait(Duration(20'000), [](const State& s) { return s.engine_away; }));
  auto removed = assignment("a");
  removed.desired = model::Desired::removed;
  cluster.assign(removed);
  REQUIRE(cluster.state->wait(
      Duration(20'000), [](const State& s) { return s.kept->instances.at("a").desired == model::Desired::removed; }));
  CHECK(cluster.told.with([](const auto& t) { return t.statuses.at("a").state; }) == model::InstanceState::running);
  cluster.engine.set_away(false);
  REQUIRE(cluster.reported("a", model::InstanceState::removed));
  CHECK_FALSE(cluster.engine.inspect(container));
}

TEST_CASE("an agent whose reports pass for outdated, since a dead one's came late, tells all of it anew") {
  Cluster cluster;
  cluster.engine.publish("nginx:1.25");
  cluster.start_agent();
  cluster.assign(assignment("a"));
  REQUIRE(cluster.reported("a", model::InstanceState::running));
  cluster.told.change([](auto& t) {
    t.outdate = true;
    t.statuses["a"] = {};  // what the dead one's said
  });
  cluster.assign(assignment("b", "api"));
  CHECK(cluster.reported("b", model::InstanceState::running));
  CHECK(cluster.reported("a", model::InstanceState::running));
}

TEST_CASE("a container that somebody removes is made again") {
  Cluster cluster;
  cluster.engine.publish("nginx:1.25");
  cluster.assign(assignment("a"));
  cluster.start_agent();
  REQUIRE(cluster.reported("a", model::InstanceState::running));
  const std::string container = cluster.engine.inspect("shop.web-1")->id;
  REQUIRE(cluster.engine.remove(container));
  REQUIRE(soon([&] {
    const auto found = cluster.engine.inspect("shop.web-1");
    return found && found->id != container && found->state == engine::ContainerState::running;
  }));
}

TEST_CASE("many instances are started and reported, and removed and reported") {
  Cluster cluster;
  cluster.engine.publish("nginx:1.25");
  cluster.start_agent();
  constexpr int count = 60;
  for (int i = 1; i <= count; ++i) cluster.assign(assignment("i" + std::to_string(i), "web", i));
  for (int i = 1; i <= count; ++i) REQUIRE(cluster.reported("i" + std::to_string(i), model::InstanceState::running));
  for (int i = 1; i <= count; ++i) {
    auto wanted = assignment("i" + std::to_string(i), "web", i);
    wanted.desired = model::Desired::removed;
    cluster.assign(wanted);
  }
  for (int i = 1; i <= count; ++i) REQUIRE(cluster.reported("i" + std::to_string(i), model::InstanceState::removed));
  CHECK(cluster.engine.list("n1")->empty());
}
