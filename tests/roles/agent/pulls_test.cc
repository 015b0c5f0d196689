// When images are pulled.
#include <doctest/doctest.h>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

TEST_CASE("an image that was pulled too long ago is pulled before the next container, but not before") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.pull_every_ms = 3'600'000;
  world.assign({wanted});
  world.settle();
  CHECK(world.engine.pulls == 1);
  world.advance(Duration(1'800'000));
  world.assign({wanted, [] {
                  auto more = assignment("b", "web", 2);
                  more.spec.pull_every_ms = 3'600'000;
                  return more;
                }()});
  world.settle();
  CHECK(world.runs("shop.web-2"));
  CHECK(world.engine.pulls == 1);

  world.advance(Duration(1'800'000));
  REQUIRE(world.fake.remove("shop.web-1"));
  REQUIRE(world.observe.find_engine());
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(world.engine.pulls == 2);

  // A registry that is away keeps nothing from running.
  world.advance(Duration(7'200'000));
  world.fake.fail_pulls(Error{Code::failed_precondition, "registry is away"});
  REQUIRE(world.fake.remove("shop.web-1"));
  REQUIRE(world.observe.find_engine());
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(world.engine.pulls == 3);
}

TEST_CASE("an image is pulled as the user that the server names for it, asked for each pull anew") {
  World world;
  std::vector<std::string> asked;
  std::optional<Error> away;
  world.carry_out.registry_users_by(
      [&](const std::string& instance, const std::string& image) -> Result<std::optional<engine::RegistryUser>> {
        asked.push_back(instance + ' ' + image);
        if (away) return *away;
        return std::optional(engine::RegistryUser{"docker.io", "ci", Redacted("hush")});
      });
  world.assign({assignment("a")});
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(asked == std::vector<std::string>{"a nginx:1.25"});
  CHECK(world.engine.pulled_as.with([](auto& all) { return all; }) == std::vector<std::string>{"ci hush"});

  // Where that cannot be told it is asked as nobody, and the reason goes along with what the registry says.
  away = Error{Code::failed_precondition, "secrets cannot be used"};
  world.fake.fail_pulls(Error{Code::permission_denied, "pulling 'other:1': denied"});
  auto more = assignment("b", "web", 2);
  more.spec.image = "other:1";
  world.assign({assignment("a"), more});
  world.settle();
  REQUIRE(asked.size() == 2);
  CHECK(asked[1] == "b other:1");
  CHECK(world.engine.pulled_as.with([](auto& all) { return all.back(); }).empty());
  const std::string message = world.state.with([](State& s) { return s.work.at("b").message; });
  CHECK(message.find("secrets cannot be used") != std::string::npos);
}

TEST_CASE("an image that is mounted is pulled before the container is made, as the pull policy has it") {
  World world;
  world.fake.publish("assets:2");
  auto wanted = assignment("a");
  wanted.spec.mounts = {{.kind = model::MountKind::image, .source = "assets:2", .target = "/assets", .read_only = true}};
  world.assign({wanted});
  world.settle();
  CHECK(world.runs("shop.web-1"));
  CHECK(*world.fake.has_image("assets:2"));
  CHECK(world.engine.pulls == 2);
  CHECK(world.state.with([](const State& s) { return s.pulled_images.size(); }) == 2);

  // It is there now.
  world.assign({wanted, [&] {
                  auto more = assignment("b", "web", 2);
                  more.spec.mounts = wanted.spec.mounts;
                  return more;
                }()});
  world.settle();
  CHECK(world.runs("shop.web-2"));
  CHECK(world.engine.pulls == 2);

  auto always = assignment("c", "web", 3);
  always.spec.mounts = wanted.spec.mounts;
  always.spec.pull_policy = model::PullPolicy::always;
  world.assign({always});
  world.settle();
  CHECK(world.runs("shop.web-3"));
  CHECK(world.engine.pulls == 4);

  auto never = assignment("d", "web", 4);
  never.spec.mounts = {{.kind = model::MountKind::image, .source = "assets:3", .target = "/assets"}};
  never.spec.pull_policy = model::PullPolicy::never;
  world.assign({never});
  world.settle();
  CHECK(world.engine.pulls == 4);
  CHECK_FALSE(world.runs("shop.web-4"));
  const auto message = world.state.with([](State& s) { return s.work["d"].message; });
  CHECK_MESSAGE(message.find("'assets:3', to be mounted at /assets, is not on this node") != std::string::npos, message);
}
