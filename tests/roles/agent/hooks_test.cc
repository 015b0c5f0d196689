// Commands before and after a container's start, and before its stop.
#include "hooks.h"

#include "faults.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;
using model::InstanceState;

namespace {

model::Hook hook(const std::string& name) { return {.command = {name, "now"}}; }

// Commands by their first word, in the order in which they were run.
struct Commands {
  Synced<std::vector<std::string>> run;
  Synced<std::map<std::string, engine::Ran>> answers;

  explicit Commands(World& world) {
    world.fake.answer_exec([this](const engine::ContainerSpec&, const engine::ExecSpec& exec) {
      run.with([&](auto& all) { all.push_back(exec.command.at(0)); });
      return answers.with([&](auto& all) { return all[exec.command.at(0)]; });
    });
  }
  void answer(const std::string& name, engine::Ran ran) {
    answers.with([&](auto& all) { all[name] = std::move(ran); });
  }
  std::vector<std::string> all() {
    return run.with([](auto& done) { return done; });
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("an instance runs once its post_start hooks have ended well, in order, after each start") {
  World world;
  Commands commands(world);
  auto wanted = assignment("a");
  wanted.spec.post_start = {hook("one"), hook("two")};
  world.assign({wanted});
  world.settle();
  CHECK(commands.all() == Names{"one", "two"});
  CHECK(world.status("a").state == InstanceState::running);

  world.settle();
  world.fake.exit("shop.web-1", 1);
  world.see("shop.web-1");
  world.settle();
  wake(world);
  CHECK(commands.all() == Names{"one", "two", "one", "two"});
  CHECK(world.status("a").state == InstanceState::running);
}

TEST_CASE("a hook that fails has failed the start: the container is stopped, and told why") {
  World world;
  Commands commands(world);
  commands.answer("two", {3, "first\nlast\n", ""});
  auto wanted = assignment("a");
  wanted.spec.restart.when = model::RestartWhen::no;
  wanted.spec.post_start = {hook("one"), hook("two"), hook("three")};
  world.assign({wanted});
  world.settle();
  CHECK(commands.all() == Names{"one", "two"});
  CHECK_FALSE(world.runs("shop.web-1"));
  const auto status = world.status("a");
  CHECK(status.state == InstanceState::failed);
  CHECK(status.message == "its post_start hook 2 (two now) exited with status 3");
  CHECK(status.last_lines == model::Strings{"first", "last"});
  REQUIRE(status.last_failure);
  CHECK(status.last_failure->exit_code == 3);
  CHECK(status.failures == 1);  // the container's own end is none
  world.see("shop.web-1");
  CHECK(world.status("a").failures == 1);
}

TEST_CASE("a start whose hook failed is tried again as the policy says, and counts as failed from the third on") {
  World world;
  Commands commands(world);
  commands.answer("one", {1, "", "no\n"});
  auto wanted = assignment("a");
  wanted.spec.post_start = {hook("one")};
  world.assign({wanted});
  world.settle();
  CHECK(world.status("a").state == InstanceState::exited);
  wake(world);
  wake(world);
  CHECK(world.status("a").state == InstanceState::failed);
  CHECK(world.status("a").restarts == 2);
  commands.answer("one", {});
  wake(world);
  CHECK(world.status("a").state == InstanceState::running);
  CHECK(world.status("a").message.empty());
}

TEST_CASE("while a hook is under way the instance is starting, and it can be stopped") {
  World world;
  Commands commands(world);
  commands.answer("one", {.hangs = true});
  auto wanted = assignment("a");
  wanted.spec.post_start = {hook("one")};
  world.assign({wanted});
  REQUIRE(soon([&] {
    world.carry_out.round();
    return !commands.all().empty();
  }));
  CHECK(world.status("a").state == InstanceState::starting);
  wanted.desired = model::Desired::stopped;
  world.assign({wanted});
  world.settle();
  CHECK_FALSE(world.runs("shop.web-1"));
  CHECK(world.status("a").state == InstanceState::stopped);
}

TEST_CASE("a container that ends under its hook has ended, whatever became of the hook") {
  World world;
  Commands commands(world);
  commands.answer("one", {.hangs = true});
  auto wanted = assignment("a");
  wanted.spec.restart.when = model::RestartWhen::no;
  wanted.spec.post_start = {hook("one")};
  world.assign({wanted});
  REQUIRE(soon([&] {
    world.carry_out.round();
    return !commands.all().empty();
  }));
  world.fake.exit("shop.web-1", 5);
  world.settle();
  CHECK(world.status("a").state == InstanceState::exited);
  CHECK(world.status("a").message == "exited with status 5");
}

TEST_CASE("an agent that was killed runs hooks again unless it knows that they ended well") {
  World world;
  Commands commands(world);
  auto wanted = assignment("a");
  wanted.spec.post_start = {hook("one")};
  world.assign({wanted});
  world.settle();
  begin_anew(world);
  CHECK(commands.all() == Names{"one"});
  world.state.change([](State& s) { s.work["a"].hooked_ms = 0; });
  begin_anew(world);
  CHECK(commands.all() == Names{"one", "one"});
  CHECK(world.status("a").state == InstanceState::running);
}

TEST_CASE("pre_stop hooks are run before the cluster stops it, whatever becomes of them") {
  World world;
  Commands commands(world);
  commands.answer("one", {1, "", "no\n"});
  auto wanted = assignment("a");
  wanted.spec.pre_stop = {hook("one"), hook("two")};
  world.assign({wanted});
  world.settle();
  CHECK(commands.all().empty());
  wanted.desired = model::Desired::removed;
  world.assign({wanted});
  world.settle();
  CHECK(commands.all() == Names{"one", "two"});
  CHECK_FALSE(world.fake.inspect("shop.web-1"));
}

TEST_CASE("pre_stop hooks are not run in what has ended by itself") {
  World world;
  Commands commands(world);
  auto wanted = assignment("a");
  wanted.spec.restart.when = model::RestartWhen::no;
  wanted.spec.pre_stop = {hook("one")};
  world.assign({wanted});
  world.settle();
  world.fake.exit("shop.web-1", 0);
  world.see("shop.web-1");
  wanted.desired = model::Desired::removed;
  world.assign({wanted});
  world.settle();
  CHECK(commands.all().empty());
  CHECK_FALSE(world.fake.inspect("shop.web-1"));
}

TEST_CASE("pre_start hooks run in containers like its own, to a good end, before it is made") {
  World world;
  Synced<std::vector<engine::ContainerSpec>> started;
  world.fake.publish("tool:1");
  world.fake.behave([&](const engine::ContainerSpec& spec) {
    started.with([&](auto& all) { all.push_back(spec); });
    engine::Run run;
    if (spec.labels.contains(std::string(hook_label))) run.exit_code = 0;
    return run;
  });
  auto wanted = assignment("a");
  wanted.spec.environment = {{"A", "1"}, {"B", "2"}};
  wanted.spec.ports = {{.target = 80, .published = 8080}};
  wanted.spec.pre_start = {hook("migrate"),
                           {.command = {"seed"}, .environment = {{"B", "3"}}, .user = "7", .image = "tool:1"}};
  world.assign({wanted});
  world.settle();
  CHECK(world.status("a").state == InstanceState::running);
  const auto specs = started.with([](auto& all) { return all; });
  REQUIRE(specs.size() == 3);
  CHECK(specs[0].service.entrypoint == model::Strings{"migrate", "now"});
  CHECK(specs[0].service.image == "nginx:1.25");
  CHECK(specs[0].service.ports.empty());
  CHECK(specs[0].networks == specs[2].networks);
  CHECK(specs[1].service.image == "tool:1");
  CHECK(specs[1].service.user == "7");
  CHECK(specs[1].service.environment == model::StringMap{{"A", "1"}, {"B", "3"}});
  CHECK(specs[2].name == "shop.web-1");

  REQUIRE(world.observe.find_engine());  // its containers go once they are seen
  world.settle();
  CHECK_FALSE(world.fake.inspect(specs[0].name));
  CHECK_FALSE(world.fake.inspect(specs[1].name));

  world.fake.exit("shop.web-1", 1);  // not again for it
  REQUIRE(world.fake.remove("shop.web-1"));
  REQUIRE(world.observe.find_engine());
  wake(world);
  CHECK(world.runs("shop.web-1"));
  CHECK(started.with([](auto& all) { return all.size(); }) == 4);
}

TEST_CASE("a pre_start hook that fails keeps the container from being made, and is tried again later") {
  World world;
  std::atomic<bool> good{false};
  world.fake.behave([&](const engine::ContainerSpec& spec) {
    engine::Run run;
    if (spec.labels.contains(std::string(hook_label))) {
      run.lines = {{"", false, "no such table"}};
      run.exit_code = good ? 0 : 4;
    }
    return run;
  });
  auto wanted = assignment("a");
  wanted.spec.pre_start = {hook("migrate")};
  world.assign({wanted});
  world.settle();
  CHECK_FALSE(world.fake.inspect("shop.web-1"));
  CHECK_FALSE(world.fake.inspect("shop.web-1.pre_start-1"));
  const auto status = world.status("a");
  CHECK(status.state == InstanceState::failed);
  CHECK(status.message == "its pre_start hook 1 (migrate now) exited with status 4");
  CHECK(status.last_lines == model::Strings{"no such table"});
  good = true;
  wake(world);
  CHECK(world.status("a").state == InstanceState::running);
}

TEST_CASE("a pre_start hook goes on while the agent is away, and its end is known afterwards") {
  World world;
  std::atomic<int> runs{0};
  world.fake.behave([&](const engine::ContainerSpec& spec) {
    if (spec.labels.contains(std::string(hook_label))) ++runs;
    return engine::Run{};
  });
  auto wanted = assignment("a");
  wanted.spec.pre_start = {hook("migrate")};
  world.assign({wanted});
  REQUIRE(soon([&] {
    world.carry_out.round();
    return world.runs("shop.web-1.pre_start-1");
  }));
  world.state.change([](State& s) { s.stopping = true; });
  REQUIRE(world.carry_out.wait_idle(Duration(20'000)));
  world.fake.exit("shop.web-1.pre_start-1", 0);
  world.state.change([](State& s) { s.stopping = false; });
  begin_anew(world);
  CHECK(world.status("a").state == InstanceState::running);
  CHECK(runs == 1);
}

TEST_CASE("the container of a pre_start hook whose instance is not wanted any more goes") {
  World world;
  world.fake.behave([](const engine::ContainerSpec&) { return engine::Run{}; });
  auto wanted = assignment("a");
  wanted.spec.pre_start = {hook("migrate")};
  world.assign({wanted});
  REQUIRE(soon([&] {
    world.carry_out.round();
    return world.runs("shop.web-1.pre_start-1");
  }));
  wanted.desired = model::Desired::removed;
  world.assign({wanted});
  world.settle();
  REQUIRE(world.observe.find_engine());
  world.settle();
  CHECK_FALSE(world.fake.inspect("shop.web-1.pre_start-1"));
}
