#include "rig.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>

#include "kontena/base/random.h"
#include "kontena/base/text.h"

namespace kontena::engine::test {
namespace {

// The fake runs nothing; this is what busybox does with the commands of the suite.
Run as_busybox(const ContainerSpec& spec) {
  const auto& service = spec.service;
  Run run;
  const auto command = service.command.value_or(model::Strings{});
  const std::string line = text::join(command, " ");
  if (command.empty()) run.refused = "No command specified";
  if (line.starts_with("/nosuch")) run.refused = "exec: \"/nosuch\": no such file or directory";
  if (line.starts_with("sh -c exit ")) run.exit_code = text::integer(line.substr(11));
  if (line.find("tail /dev/zero") != std::string::npos) run.out_of_memory = true;
  if (line.find("echo out") != std::string::npos) {
    run.lines = {{"", false, "out"}, {"", true, "err"}, {"", false, "last"}};
    run.exit_code = 0;
  }
  if (line.find("head -c 100000") != std::string::npos) {
    run.lines = {{"", false, std::string(100'000, 'x')}, {"", false, "after"}};
    run.exit_code = 0;
  }
  if (line.find("echo ready") != std::string::npos) run.lines = {{"", false, "ready"}};
  if (service.health_check && !service.health_check->test.empty()) {
    const bool is_well = service.health_check->test.back() == "echo fine";
    run.health = is_well ? model::Health::healthy : model::Health::unhealthy;
    run.health_output = is_well ? "fine" : "ill";
  }
  return run;
}

Ran as_busybox_in(const ContainerSpec&, const ExecSpec& exec) {
  const std::string line = text::join(exec.command, " ");
  Ran ran;
  if (line == "/nosuch") ran = {127, "", "exec: \"/nosuch\": no such file or directory"};
  if (line.starts_with("sh -c echo told")) ran = {3, "told\n", "wrong\n"};
  if (line.starts_with("sh -c echo $A"))
    ran.output = exec.environment.at("A") + ' ' + exec.user + ' ' + exec.working_dir + '\n';
  ran.hangs = line.starts_with("sleep");
  return ran;
}

std::unique_ptr<Rig> fake_rig() {
  auto fake = std::make_unique<FakeEngine>();
  fake->add_image("busybox");
  fake->behave(as_busybox);
  fake->answer_exec(as_busybox_in);
  return std::make_unique<Rig>("fake", std::move(fake), "busybox");
}

}  // namespace

Rig::Rig(std::string name, std::unique_ptr<Engine> engine, std::string image)
    : name_(std::move(name)), engine_(std::move(engine)), image_(std::move(image)), node_("test-" + SystemIds().id()) {}

Rig::~Rig() {
  for (const auto& id : containers_) static_cast<void>(engine_->remove(id));
  static_cast<void>(engine_->remove_network(called("net"), node_));
}

std::string Rig::called(const std::string& name) { return node_ + "-" + name; }

ContainerSpec Rig::spec(const std::string& name, const model::Strings& command) {
  REQUIRE(engine_->ensure_network({.name = called("net")}, ours(), 0));
  ContainerSpec spec;
  spec.name = called(name);
  spec.labels = ours();
  spec.service.image = image_;
  spec.service.command = command;
  spec.service.networks = {{"net", {}}};
  spec.networks = {{"net", called("net")}};
  return spec;
}

std::string Rig::create(const ContainerSpec& spec) {
  const auto id = engine_->create(spec);
  if (!id) FAIL("create: ", id.error().message);
  containers_.push_back(*id);
  return *id;
}

std::string Rig::start(const std::string& name, const model::Strings& command) {
  const std::string id = create(spec(name, command));
  const auto started = engine_->start(id);
  if (!started) FAIL("start: ", started.error().message);
  return id;
}

Container Rig::wait(const std::string& id, const std::function<bool(const Container&)>& so) {
  const SystemClock clock;
  const Duration limit = clock.steady() + Duration(60'000);
  Synced<bool> never{false};
  while (true) {
    const auto container = engine_->inspect(id);
    if (!container) FAIL("inspect: ", container.error().message);
    if (so(*container)) return *container;
    if (clock.steady() > limit) FAIL("container ", id, " does not become what it should");
    static_cast<void>(never.wait(Duration(20), [](bool done) { return done; }));
  }
}

Container Rig::wait_end(const std::string& id) {
  return wait(id, [](const Container& c) { return c.state == ContainerState::exited; });
}

void on_each_engine(const std::function<void(Rig&)>& test) {
  {
    const auto rig = fake_rig();
    CAPTURE(rig->name());
    test(*rig);
  }
  const char* socket = std::getenv("KONTENA_TEST_DOCKER");
  if (!socket || !*socket) {
    static const bool said = [] {
      return std::cerr << "skipped: the suite on Docker's engine (KONTENA_TEST_DOCKER names no socket)\n", true;
    }();
    static_cast<void>(said);
    return;
  }
  Rig rig("docker", open_docker(socket), "busybox:latest");
  CAPTURE(rig.name());
  test(rig);
}

Watcher::Watcher(Engine& engine, const std::string& node) {
  thread_ = std::jthread([this, &engine, node] {
    static_cast<void>(engine.watch(node, [this](const Event& event) {
      return state_.change([&](State& s) {
        s.listens = true;
        s.heard.push_back(event);
        return s.wanted;
      });
    }));
  });
  REQUIRE(state_.wait(Duration(30'000), [](const State& s) { return s.listens; }));
}

Watcher::~Watcher() {
  state_.with([](State& s) { s.wanted = false; });
}

bool Watcher::hears(Happened happened, const std::string& container, Duration limit) {
  return state_.wait(limit, [&](const State& s) {
    return std::ranges::any_of(s.heard,
                               [&](const Event& e) { return e.happened == happened && e.container == container; });
  });
}

Follower::Follower(Engine& engine, const std::string& id, LogOptions options) {
  options.follow = true;
  thread_ = std::jthread([this, &engine, id, options] {
    static_cast<void>(engine.logs(id, options, [this](const LogLine& line) {
      return state_.change([&](State& s) {
        if (line.time.empty())
          ++s.beats;
        else
          s.lines.push_back(line);
        return s.wanted;
      });
    }));
    state_.change([](State& s) { s.ended = true; });
  });
}

Follower::~Follower() {
  state_.with([](State& s) { s.wanted = false; });
}

bool Follower::sees(const std::string& line, Duration limit) {
  return state_.wait(limit, [&](const State& s) {
    return std::ranges::any_of(s.lines, [&](const LogLine& l) { return l.text == line; });
  });
}

bool Follower::ends(Duration limit) {
  return state_.wait(limit, [](const State& s) { return s.ended; });
}

int Follower::beats() {
  return state_.with([](const State& s) { return s.beats; });
}

}  // namespace kontena::engine::test
