#include "carry_out.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::assignment;
using agent::test::soon;
using agent::test::World;
using model::Desired;
using model::InstanceState;

TEST_CASE("what is assigned is pulled, made and started, with its network and labels") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.labels = {{"mine", "1"}, {std::string(engine::node_label), "stolen"}};
  wanted.spec.mounts = {{.source = "data", .target = "/data"}};
  wanted.volumes["data"].name = "shop.data";
  world.assign({wanted});
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(world.status("a").state == InstanceState::running);
  CHECK(world.fake.networks() == std::set<std::string>{"shop.default"});
  CHECK(world.fake.volumes() == std::set<std::string>{"shop.data"});
  const auto spec = world.fake.spec_of("shop.web-1");
  REQUIRE(spec);
  CHECK(spec->labels.at(std::string(engine::node_label)) == "n1");
  CHECK(spec->labels.at(std::string(engine::instance_label)) == "a");
  CHECK(spec->labels.at("mine") == "1");
  CHECK(spec->networks.at("default") == "shop.default");
  CHECK(load_kept(world.folder.path())->instances.contains("a"));
}

TEST_CASE("what is assigned while the assignments are being kept waits until it is kept too") {
  World world;
  std::vector<std::size_t> kept;
  CarryOut carry_out(
      world.context,
      [&](const Kept& now) -> Status {
        kept.push_back(now.instances.size());
        if (kept.size() == 1) world.assign({assignment("b", "api")});
        return Done{};
      },
      2);
  const auto begun = [&](const std::string& id) {
    return world.state.with([&](State& s) { return s.work.at(id).doing != Doing::nothing; });
  };
  world.assign({assignment("a")});
  world.engine.gate.change([](bool& open) { open = false; });
  carry_out.round();
  CHECK_FALSE(begun("b"));
  CHECK(world.state.with([](const State& s) { return s.replan; }));
  carry_out.round();
  CHECK(kept == std::vector<std::size_t>{1, 2});
  CHECK(begun("a"));
  CHECK(begun("b"));
  world.engine.gate.change([](bool& open) { open = true; });
}

TEST_CASE("instances that want the same image share one pull, and its network is made once") {
  World world;
  world.engine.gate.change([](bool& open) { open = false; });
  std::vector<model::Assignment> wanted;
  for (int i = 1; i <= 10; ++i) wanted.push_back(assignment("i" + std::to_string(i), "web", i));
  world.assign(wanted);
  world.carry_out.round();
  REQUIRE(soon([&] { return world.engine.pulls == 1; }));
  for (int i = 1; i <= 10; ++i) CHECK(world.status("i" + std::to_string(i)).state == InstanceState::pulling);
  world.engine.gate.change([](bool& open) { open = true; });
  REQUIRE(world.carry_out.wait_idle(Duration(20'000)));
  world.settle();
  for (int i = 1; i <= 10; ++i) CHECK(world.runs("shop.web-" + std::to_string(i)));
  CHECK(world.engine.pulls == 1);
  CHECK(world.engine.ensured == 1);
}

TEST_CASE("an image that is there is not pulled, but for pull policy always, and then once a container") {
  World world;
  world.fake.add_image("nginx:1.25");
  auto always = assignment("b", "api");
  always.spec.pull_policy = model::PullPolicy::always;
  world.assign({assignment("a"), always});
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(world.runs("shop.api-1"));
  CHECK(world.engine.pulls == 1);

  REQUIRE(world.fake.remove(world.fake.inspect("shop.api-1")->id));
  world.state.change([&](State& s) {
    s.seen.note_gone(s.seen.of_instance("b")->id, s.seen.ticket());
    s.touch("b");
  });
  world.settle();
  CHECK(world.runs("shop.api-1"));
  CHECK(world.engine.pulls == 2);
}

TEST_CASE("an image of pull policy never is not pulled, and used once somebody has put it there") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.pull_policy = model::PullPolicy::never;
  world.assign({wanted});
  world.settle();
  CHECK(world.engine.pulls == 0);
  CHECK(world.status("a").state == InstanceState::failed);
  CHECK(world.status("a").message == "image 'nginx:1.25' is not on this node and pull_policy is never");
  REQUIRE(world.wake_ms > 0);

  world.fake.add_image("nginx:1.25");
  world.advance(Duration(60'000));
  world.settle();
  CHECK(world.runs("shop.web-1"));
}

TEST_CASE("a failed pull is said, and tried again later and later") {
  World world;
  world.fake.fail_pulls(Error{Code::failed_precondition, "pulling 'nginx:1.25': registry is away"});
  world.assign({assignment("a")});
  std::int64_t last = 0;
  for (int failures = 1; failures <= 6; ++failures) {
    CAPTURE(failures);
    world.settle();
    CHECK(world.engine.pulls == failures);
    // A registry may well be away for a moment.
    CHECK(world.status("a").state == (failures < 3 ? InstanceState::pulling : InstanceState::failed));
    CHECK(world.status("a").failures == failures);
    CHECK(world.status("a").message == "pulling 'nginx:1.25': registry is away");
    const std::int64_t delay = world.wake_ms - to_ms(world.clock.now());
    CHECK(delay >= last);
    CHECK(delay <= 60'000);
    last = delay;
    world.settle();
    CHECK(world.engine.pulls == failures);  // not before its time
    world.advance(Duration(delay));
  }
  world.fake.fail_pulls(std::nullopt);
  world.settle();
  CHECK(world.status("a").state == InstanceState::running);
  CHECK(world.status("a").message.empty());
}

TEST_CASE("a start that fails is said and tried again, with the same container") {
  World world;
  world.fake.fail_next_start("Bind for 0.0.0.0:80 failed: port is already allocated");
  world.assign({assignment("a")});
  world.settle();
  CHECK(world.status("a").state == InstanceState::starting);
  CHECK(world.status("a").message.find("port is already allocated") != std::string::npos);
  CHECK(world.status("a").last_failure->message ==
        "cannot be started: Bind for 0.0.0.0:80 failed: port is already allocated");
  world.advance(Duration(60'000));
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(world.engine.creates == 1);
  CHECK(world.status("a").message.empty());
}

TEST_CASE("a container that crashes is started again with growing delays, and its last lines are told") {
  World world;
  world.fake.behave(
      [](const engine::ContainerSpec&) { return engine::Run{.lines = {{.text = "no database"}}, .exit_code = 1}; });
  world.assign({assignment("a")});
  world.settle();
  CHECK(world.status("a").state == InstanceState::exited);
  CHECK(world.status("a").message == "exited with status 1");
  CHECK(world.status("a").last_lines == model::Strings{"no database"});
  std::int64_t last = 0;
  for (int restarts = 1; restarts <= 4; ++restarts) {
    CAPTURE(restarts);
    const std::int64_t delay = world.wake_ms - to_ms(world.clock.now());
    CHECK(delay > last);
    last = delay;
    world.advance(Duration(delay));
    world.settle();
    CHECK(world.engine.starts == restarts + 1);
    CHECK(world.status("a").restarts == restarts);
  }
  world.fake.behave(nullptr);
  world.advance(Duration(60'000));
  world.settle();
  CHECK(world.status("a").state == InstanceState::running);
}

TEST_CASE("a replacement waits until the container of its name is removed") {
  World world;
  world.assign({assignment("old")});
  world.settle();
  // Both come at once: the new one must not be made before the old one is gone.
  auto old = assignment("old");
  old.desired = Desired::removed;
  old.spec.stop_grace_period_ms = 1'500;
  world.assign({old, assignment("new")});
  world.settle();
  CHECK(world.status("old").state == InstanceState::removed);
  CHECK(world.status("new").state == InstanceState::running);
  CHECK(world.fake.inspect("shop.web-1")->labels.at(std::string(engine::instance_label)) == "new");
  CHECK(world.engine.graces.with([](const auto& all) { return all; }) == std::vector<std::int64_t>{1'500});
}

TEST_CASE("a foreign container keeps its name, and the instance says what to do") {
  World world;
  world.fake.add_image("nginx:1.25");
  engine::ContainerSpec foreign{.name = "shop.web-1", .service = {.image = "nginx:1.25"}};
  REQUIRE(world.fake.create(foreign));
  world.assign({assignment("a")});
  world.settle();
  CHECK(world.status("a").state == InstanceState::failed);
  CHECK(world.status("a").message ==
        "the name 'shop.web-1' is taken by a container that is not kontena's: docker rm or rename it");
  CHECK(world.fake.inspect("shop.web-1")->labels.empty());

  REQUIRE(world.fake.remove(world.fake.inspect("shop.web-1")->id));
  world.advance(Duration(60'000));
  world.settle();
  CHECK(world.runs("shop.web-1"));
}

TEST_CASE("a container of an instance that the server forgot is left, and named to whoever wants its name") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  world.assign({assignment("b")}, true);
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(world.fake.inspect("shop.web-1")->labels.at(std::string(engine::instance_label)) == "a");
  CHECK(world.status("b").state == InstanceState::failed);
  CHECK(world.status("b").message.find("docker rm -f shop.web-1") != std::string::npos);
}

TEST_CASE("an empty complete list removes nothing") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  world.assign({}, true);
  world.settle();
  CHECK(world.runs("shop.web-1"));
}

TEST_CASE("what was made by a try that broke off is found by its label and started") {
  World world;
  world.fake.add_image("nginx:1.25");
  REQUIRE(world.fake.ensure_network({.name = "shop.default"}, {}, 0));
  REQUIRE(world.fake.create(container_of(assignment("a"), {"n1", "main"})));
  world.assign({assignment("a")});
  world.settle();  // the list at the start was before: creating finds the name taken
  CHECK(world.runs("shop.web-1"));
  CHECK(world.engine.starts == 1);
}

TEST_CASE("stopped and wanted again, a container is started whatever its restart policy") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.restart.when = model::RestartWhen::no;
  world.assign({wanted});
  world.settle();
  wanted.desired = Desired::stopped;
  world.assign({wanted});
  world.settle();
  CHECK(world.status("a").state == InstanceState::stopped);
  wanted.desired = Desired::running;
  SUBCASE("by the same agent") {}
  SUBCASE("after a restart of the agent, which remembers nothing") {
    world.state.with([](State& s) { s.work.clear(); });
  }
  world.assign({wanted});
  world.settle();
  CHECK(world.status("a").state == InstanceState::running);
}

TEST_CASE("networks and volumes of a removed stack go when its containers have gone") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.mounts = {{.source = "data", .target = "/data"}};
  wanted.volumes["data"].name = "shop.data";
  world.assign({wanted});
  world.settle();
  wanted.desired = Desired::removed;
  world.answer(
      {.revision = 9, .instances = {wanted}, .networks_unused = {"shop.default"}, .volumes_unused = {"shop.data"}});
  world.settle();
  CHECK(world.fake.networks().empty());
  CHECK(world.fake.volumes().empty());
  const auto kept = load_kept(world.folder.path());
  CHECK(kept->networks_unused.empty());
  CHECK(kept->volumes_unused.empty());
}

TEST_CASE("a network that is wanted again is not removed, and neither later") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  world.answer({.revision = 9, .instances = {assignment("b", "api")}, .networks_unused = {"shop.default"}});
  world.settle();
  CHECK(world.fake.networks().size() == 1);
  CHECK(load_kept(world.folder.path())->networks_unused.empty());
}

TEST_CASE("a network that somebody removed is made again") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  auto gone = assignment("a");
  gone.desired = Desired::removed;
  world.assign({gone});
  world.settle();
  REQUIRE(world.fake.remove_network("shop.default", "n1"));
  world.assign({assignment("b", "api")});
  world.settle();
  world.advance(Duration(2'000));
  world.settle();
  CHECK(world.runs("shop.api-1"));
}

TEST_CASE("nothing is planned, nor counted as a failure, while the engine is away") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  world.fake.set_away(true);
  auto removed = assignment("a");
  removed.desired = Desired::removed;
  world.assign({removed, assignment("b", "api")});
  world.settle();
  CHECK(world.state.with([](const State& s) { return s.engine_away; }));
  CHECK(world.status("a").state == InstanceState::running);  // as it was last seen
  CHECK(world.state.with([](State& s) { return s.work["b"].history.failures; }) == 0);

  world.fake.set_away(false);
  REQUIRE(world.observe.find_engine());
  world.settle();
  CHECK(world.status("a").state == InstanceState::removed);
  CHECK(world.status("b").state == InstanceState::running);
}

TEST_CASE("any wishes converge, and then nothing is left to do") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    World world;
    CountedIds dice;
    for (unsigned i = 0; i < seed; ++i) dice.number();
    std::map<std::string, model::Assignment> wishes;
    for (int step = 0; step < 6; ++step) {
      std::vector<model::Assignment> changed;
      for (int i = 1; i <= 4; ++i) {
        const auto roll = (dice.number() * 2654435761u >> 7) % 4;
        auto wanted = assignment("i" + std::to_string(i), "web", i);
        wanted.desired = roll == 0 ? Desired::removed : roll == 1 ? Desired::stopped : Desired::running;
        const auto known = wishes.find(*wanted.id);
        if (known != wishes.end() && known->second.desired == Desired::removed) continue;  // for good
        wishes[*wanted.id] = wanted;
        changed.push_back(wanted);
      }
      world.assign(changed);
      if (step % 2 == 1) world.settle();
    }
    world.settle();
    for (const auto& [id, wanted] : wishes) {
      CAPTURE(id);
      const auto state = world.status(id).state;
      CHECK(world.runs(wanted.container_name) == (wanted.desired == Desired::running));
      if (wanted.desired == Desired::removed) CHECK(state == InstanceState::removed);
      if (wanted.desired == Desired::stopped) CHECK(state == InstanceState::stopped);
    }
    CHECK(world.wake_ms == 0);
  }
}
