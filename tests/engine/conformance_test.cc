// What every engine does, whichever it is. See rig.h for the engines.
#include <doctest/doctest.h>

#include <algorithm>

#include "rig.h"

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::test;

namespace {

const model::Strings forever{"sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"};

bool lists(Rig& rig, const std::string& id) {
  const auto list = rig.engine().list(rig.node());
  REQUIRE(list);
  return std::ranges::any_of(*list, [&](const Container& c) { return c.id == id; });
}

Container listed(Rig& rig, const std::string& id) {
  const auto list = rig.engine().list(rig.node());
  REQUIRE(list);
  const auto found = std::ranges::find(*list, id, &Container::id);
  REQUIRE(found != list->end());
  return *found;
}

}  // namespace

TEST_CASE("an engine tells what it is and where it runs") {
  on_each_engine([](Rig& rig) {
    const auto facts = rig.engine().facts();
    REQUIRE(facts);
    CHECK((facts->api_version == "1.41" || facts->api_version == "1.44"));
    CHECK(facts->os == "linux");
    CHECK_FALSE(facts->version.empty());
    CHECK_FALSE(facts->architecture.empty());
    CHECK_FALSE(facts->kernel.empty());
    CHECK_FALSE(facts->hostname.empty());
    CHECK(facts->nano_cpus >= 1'000'000'000);
    CHECK(facts->memory_bytes > 0);
  });
}

TEST_CASE("a container goes through its life, and each step may be repeated") {
  on_each_engine([](Rig& rig) {
    Engine& engine = rig.engine();
    const std::string id = rig.create(rig.spec("life", forever));
    Container c = *engine.inspect(id);
    CHECK(c.id == id);
    CHECK(c.name == rig.called("life"));
    CHECK(c.labels == rig.ours());
    CHECK(c.state == ContainerState::created);
    CHECK(c.created_ms > 0);
    CHECK(c.started_ms == 0);
    CHECK(c.finished_ms == 0);

    REQUIRE(engine.start(id));
    CHECK(engine.start(id));
    c = *engine.inspect(id);
    CHECK(c.state == ContainerState::running);
    CHECK(c.health == model::Health::none);
    CHECK(c.started_ms >= c.created_ms);

    REQUIRE(engine.stop(id, Duration(20'000)));
    CHECK(engine.stop(id, Duration(0)));
    c = *engine.inspect(id);
    CHECK(c.state == ContainerState::exited);
    CHECK(c.finished_ms >= c.started_ms);

    REQUIRE(engine.start(id));
    CHECK(engine.inspect(id)->state == ContainerState::running);

    REQUIRE(engine.remove(id));  // also while it runs
    CHECK(engine.remove(id));
    CHECK(engine.stop(id, Duration(0)));
    CHECK(engine.inspect(id).error().code == Code::not_found);
    CHECK(engine.start(id).error().code == Code::not_found);
    CHECK(engine.logs(id, {}, [](const LogLine&) { return true; }).error().code == Code::not_found);
  });
}

TEST_CASE("only containers of the node that is asked for are listed") {
  on_each_engine([](Rig& rig) {
    const std::string mine = rig.create(rig.spec("mine", forever));
    ContainerSpec spec = rig.spec("other", forever);
    spec.labels = {{std::string(node_label), rig.node() + "x"}};
    const std::string other = rig.create(spec);
    spec = rig.spec("nobodys", forever);
    spec.labels.clear();
    const std::string nobodys = rig.create(spec);
    CHECK(lists(rig, mine));
    CHECK_FALSE(lists(rig, other));
    CHECK_FALSE(lists(rig, nobodys));
    CHECK(rig.engine().list("a node without containers")->empty());
  });
}

TEST_CASE("a name that is taken is refused") {
  on_each_engine([](Rig& rig) {
    rig.create(rig.spec("twin", forever));
    const auto second = rig.engine().create(rig.spec("twin", forever));
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::already_exists);
    CHECK(second.error().message.find(rig.called("twin")) != std::string::npos);
  });
}

TEST_CASE("what a container needs and the node has not is named") {
  on_each_engine([](Rig& rig) {
    ContainerSpec spec = rig.spec("a", forever);
    spec.service.image = "nosuch/image:1";
    auto created = rig.engine().create(spec);
    REQUIRE_FALSE(created);
    CHECK(created.error().code == Code::not_found);
    CHECK(created.error().message == "the image 'nosuch/image:1' is not on this node");

    spec = rig.spec("a", forever);
    spec.networks["net"] = "nosuch";
    created = rig.engine().create(spec);
    REQUIRE_FALSE(created);
    CHECK(created.error().code == Code::not_found);
    CHECK(created.error().message == "the network 'nosuch' is not on this node");

    spec = rig.spec("a", forever);
    spec.service.image = "No Image";
    CHECK(rig.engine().create(spec).error().code == Code::invalid_argument);
    CHECK(rig.engine().list(rig.node())->empty());
  });
}

TEST_CASE("how a container ended is kept") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.start("ends", {"sh", "-c", "exit 7"});
    const Container c = rig.wait_end(id);
    CHECK(c.exit_code == 7);
    CHECK_FALSE(c.out_of_memory);
    CHECK(c.finished_ms >= c.started_ms);
    CHECK(listed(rig, id).exit_code == 7);
    CHECK(listed(rig, id).state == ContainerState::exited);
  });
}

TEST_CASE("a container that needs more memory than it may have is marked") {
  on_each_engine([](Rig& rig) {
    ContainerSpec spec = rig.spec("greedy", {"sh", "-c", "exec tail /dev/zero"});
    spec.service.limits.memory_bytes = 16 << 20;
    const std::string id = rig.create(spec);
    REQUIRE(rig.engine().start(id));
    const Container c = rig.wait_end(id);
    CHECK(c.exit_code == 137);
    CHECK(c.out_of_memory);
  });
}

TEST_CASE("a start that fails says why, and the container keeps the words") {
  on_each_engine([](Rig& rig) {
    const std::string id = rig.create(rig.spec("wrong", {"/nosuch"}));
    const auto started = rig.engine().start(id);
    REQUIRE_FALSE(started);
    CHECK(started.error().message.find("/nosuch") != std::string::npos);
    CHECK(started.error().message.find('\n') == std::string::npos);
    const Container c = *rig.engine().inspect(id);
    CHECK(c.state == ContainerState::created);
    CHECK(c.exit_code == 127);
    CHECK(c.error.find("/nosuch") != std::string::npos);
  });
}

TEST_CASE("a command that was cleared is none, not the image's") {
  on_each_engine([](Rig& rig) {
    const auto created = rig.engine().create(rig.spec("none", {}));
    const Status outcome = created ? rig.engine().start(*created) : Status(created.error());
    if (created) static_cast<void>(rig.engine().remove(*created));
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().message.find("No command specified") != std::string::npos);
  });
}

TEST_CASE("a port that is left to the engine gets a free one") {
  on_each_engine([](Rig& rig) {
    std::vector<std::int64_t> published;
    for (const std::string name : {"p1", "p2"}) {
      ContainerSpec spec = rig.spec(name, forever);
      spec.service.ports = {{80, 0, "tcp", ""}, {53, 0, "udp", "127.0.0.1"}};
      const std::string id = rig.create(spec);
      CHECK(rig.engine().inspect(id)->ports.empty());
      REQUIRE(rig.engine().start(id));
      const Container c = *rig.engine().inspect(id);
      REQUIRE(c.ports.size() == 2);
      CHECK(c.ports == listed(rig, id).ports);
      const auto tcp = std::ranges::find(c.ports, 80, &model::PublishedPort::target);
      REQUIRE(tcp != c.ports.end());
      CHECK(tcp->published > 0);
      CHECK(tcp->host_ip == "");
      published.push_back(tcp->published);
    }
    CHECK(published[0] != published[1]);
  });
}

TEST_CASE("a port that is taken keeps a container from starting") {
  on_each_engine([](Rig& rig) {
    ContainerSpec spec = rig.spec("first", forever);
    spec.service.ports = {{80, 0, "tcp", ""}};
    const std::string first = rig.create(spec);
    REQUIRE(rig.engine().start(first));
    const std::int64_t taken = rig.engine().inspect(first)->ports.at(0).published;
    spec = rig.spec("second", forever);
    spec.service.ports = {{80, taken, "tcp", ""}};
    const std::string second = rig.create(spec);
    const auto started = rig.engine().start(second);
    REQUIRE_FALSE(started);
    CHECK(started.error().code == Code::failed_precondition);
    CHECK(started.error().message.find("already allocated") != std::string::npos);
    REQUIRE(rig.engine().remove(first));
    CHECK_MESSAGE(rig.engine().start(second), "the port is free again");
  });
}

TEST_CASE("health is what the probe says, with its last output") {
  on_each_engine([](Rig& rig) {
    model::HealthCheck check;
    check.test = {"CMD-SHELL", "echo fine"};
    check.interval_ms = 100;
    check.retries = 1;
    ContainerSpec spec = rig.spec("fine", forever);
    spec.service.health_check = check;
    const std::string fine = rig.create(spec);
    spec = rig.spec("ill", forever);
    spec.service.health_check = check;
    spec.service.health_check->test = {"CMD-SHELL", "echo ill; exit 1"};
    const std::string ill = rig.create(spec);
    REQUIRE(rig.engine().start(fine));
    REQUIRE(rig.engine().start(ill));
    const Container healthy = rig.wait(fine, [](const Container& c) { return c.health == model::Health::healthy; });
    const Container unhealthy = rig.wait(ill, [](const Container& c) { return c.health == model::Health::unhealthy; });
    CHECK(healthy.health_output == "fine");
    CHECK(unhealthy.health_output == "ill");
    CHECK(listed(rig, fine).health == model::Health::healthy);
    CHECK(listed(rig, ill).health == model::Health::unhealthy);
  });
}

TEST_CASE("what happens to our containers is heard, and nothing of others'") {
  on_each_engine([](Rig& rig) {
    Engine& engine = rig.engine();
    Watcher watcher(engine, rig.node()), stranger(engine, rig.node() + "x");
    const std::string id = rig.start("event", {"sh", "-c", "exit 3"});
    CHECK(watcher.hears(Happened::started, id));
    CHECK(watcher.hears(Happened::died, id));
    REQUIRE(engine.remove(id));
    CHECK(watcher.hears(Happened::destroyed, id));
    CHECK_FALSE(stranger.hears(Happened::started, id, Duration(0)));
  });
}
