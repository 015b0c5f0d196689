// What nobody wants any more, and what is left of a removed node.
#include "clean_up.h"

#include <doctest/doctest.h>

#include "identity.h"
#include "leave.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::assignment;
using agent::test::World;
using model::Desired;

namespace {

constexpr auto hour = std::chrono::hours(1);

struct Cleaned : World {
  int full = 50;
  int pieces = 0;  // how much each image that is removed relieves the disk
  CleanUp clean_up{context, carry_out, {}, [this](const std::string&) {
                     const int gone = 3 - static_cast<int>(fake.images().size());
                     return std::optional<int>(full - gone * pieces);
                   }};

  void pull(const std::string& image, const std::string& instance) {
    fake.publish(image);
    auto wanted = assignment(instance, instance);
    wanted.spec.image = image;
    assign({wanted});
    settle();
  }
  void end(const std::string& instance) {
    auto wanted = state.with([&](const State& s) { return s.kept->instances.at(instance); });
    wanted.desired = Desired::removed;
    assign({wanted});
    settle();
    answer({.revision = 100 + ++forgotten, .forgotten = {instance}});
    settle();
  }
  std::size_t images() { return fake.images().size(); }
  int forgotten = 0;
};

std::string id_of(const char* name) { return std::string("sha256:") + name; }

}  // namespace

TEST_CASE("an image that was pulled goes a day after its last use") {
  Cleaned world;
  world.pull("one:1", "a");
  world.pull("two:1", "b");
  world.end("a");
  world.clean_up.round();
  CHECK(world.images() == 2);
  world.advance(23 * hour);
  world.clean_up.round();
  CHECK(world.images() == 2);
  world.advance(1 * hour);
  world.clean_up.round();
  CHECK(world.fake.images() == std::set<std::string>{id_of("two:1")});

  // Used again, it is kept for another day after that.
  world.end("b");
  world.clean_up.round();
  world.advance(23 * hour);
  world.pull("two:1", "c");
  world.clean_up.round();
  world.advance(48 * hour);
  world.clean_up.round();
  CHECK(world.images() == 1);
  CHECK(world.runs("shop.c-1"));
}

TEST_CASE("images that we did not pull stay, and so do those that another's container uses") {
  Cleaned world;
  world.fake.add_image("theirs:1");
  world.pull("theirs:1", "a");
  auto always = assignment("d", "d");
  always.spec.image = "theirs:1";
  always.spec.pull_policy = model::PullPolicy::always;
  world.assign({always});
  world.settle();
  CHECK(world.engine.pulls == 1);  // it brought nothing new
  world.pull("shared:1", "b");
  REQUIRE(world.fake.create({.name = "foreign", .service = {.image = "shared:1"}}));
  for (const char* instance : {"a", "b", "d"}) world.end(instance);
  world.clean_up.round();
  world.advance(48 * hour);
  world.clean_up.round();
  CHECK(world.fake.images() == std::set<std::string>{id_of("theirs:1"), id_of("shared:1")});
}

TEST_CASE("an image that lost its name to a newer one goes too") {
  Cleaned world;
  world.pull("app:latest", "a");
  world.fake.publish("app:latest", "newer");
  auto always = assignment("b", "b");
  always.spec.image = "app:latest";
  always.spec.pull_policy = model::PullPolicy::always;
  world.assign({always});
  world.settle();
  CHECK(world.images() == 2);
  world.end("a");
  world.clean_up.round();
  world.advance(24 * hour);
  world.clean_up.round();
  CHECK(world.fake.images() == std::set<std::string>{"sha256:app:latestnewer"});
  CHECK(world.runs("shop.b-1"));
}

TEST_CASE("on a full disk unused images go at once, the longest unused first, until there is room") {
  Cleaned world;
  world.pieces = 10;
  for (const char* name : {"one", "two", "three"}) world.pull(std::string(name) + ":1", name);
  for (const char* name : {"two", "one"}) {
    world.end(name);
    world.clean_up.round();
    world.advance(Duration(1'000));
  }
  CHECK(world.images() == 3);
  world.full = 90;
  world.clean_up.round();
  CHECK(world.fake.images() == std::set<std::string>{id_of("one:1"), id_of("three:1")});
  world.full = 110;  // 100 of what is left
  world.clean_up.round();
  CHECK(world.fake.images() == std::set<std::string>{id_of("three:1")});
  CHECK(world.runs("shop.three-1"));
}

TEST_CASE("which images are ours is known to the agent after this one") {
  Cleaned world;
  world.pull("one:1", "a");
  const Memory memory = world.state.with([](const State& s) { return memory_of(s); });
  REQUIRE(remember_in(world.folder.path())(memory));
  CHECK(load_memory(world.folder.path()).images.at(id_of("one:1")).name == "one:1");
}

TEST_CASE("a container that has ended and that no assignment names goes after a day, one that runs never") {
  Cleaned world;
  world.assign({assignment("a"), assignment("b", "api")});
  world.settle();
  world.assign({}, true);  // a server that knows nothing
  world.settle();
  REQUIRE(world.fake.stop(world.fake.inspect("shop.web-1")->id, Duration(0)));
  world.see("shop.web-1");
  engine::ContainerSpec foreign{.name = "foreign", .service = {.image = "nginx:1.25"}};
  REQUIRE(world.fake.create(foreign));
  world.clean_up.round();
  CHECK(world.fake.inspect("shop.web-1"));
  world.advance(24 * hour);
  world.clean_up.round();
  CHECK_FALSE(world.fake.inspect("shop.web-1"));
  CHECK(world.runs("shop.api-1"));
  CHECK(world.fake.inspect("foreign"));
}

TEST_CASE("what ended and is still assigned stays however long") {
  Cleaned world;
  auto job = assignment("a");
  job.spec.restart = {};
  world.assign({job});
  world.settle();
  world.fake.exit("shop.web-1", 0);
  world.see("shop.web-1");
  world.advance(48 * hour);
  world.settle();
  world.clean_up.round();
  CHECK(world.fake.inspect("shop.web-1"));
  CHECK(world.images() == 1);
}

TEST_CASE("a network of ours goes that nothing names and nothing uses") {
  Cleaned world;
  world.assign({assignment("a")});
  world.settle();
  REQUIRE(world.fake.ensure_network({.name = "old.default"}, {{std::string(engine::node_label), "n1"}}, 0));
  REQUIRE(world.fake.ensure_network({.name = "theirs"}, {}, 0));
  REQUIRE(world.fake.ensure_network({.name = "other-node"}, {{std::string(engine::node_label), "n2"}}, 0));
  world.clean_up.round();
  CHECK(world.fake.networks() == std::set<std::string>{"shop.default", "theirs", "other-node"});
}

TEST_CASE("a node that people removed leaves its volumes, and nothing else of its own") {
  World world;
  auto wanted = assignment("a");
  wanted.spec.mounts = {{.source = "data", .target = "/data"}};
  wanted.volumes["data"].name = "shop.data";
  world.assign({wanted, assignment("b", "api")});
  world.settle();
  engine::ContainerSpec foreign{.name = "foreign", .service = {.image = "nginx:1.25"}};
  REQUIRE(world.fake.create(foreign));
  world.fake.exit("shop.api-1", 1);
  CHECK(leave(world.context));
  CHECK(world.fake.list("n1")->empty());
  CHECK(world.fake.networks().empty());
  CHECK(world.fake.volumes() == std::set<std::string>{"shop.data"});
  CHECK(world.fake.inspect("foreign"));

  world.state.with([](State& s) { s.told_to_end = true; });
  CHECK_FALSE(leave(world.context));
}

TEST_CASE("a node that was removed forgets who it was and what it was told") {
  World world;
  world.assign({assignment("a")});
  world.settle();
  REQUIRE(std::filesystem::create_directory(world.folder.path() + "/identity"));
  std::fclose(std::fopen((world.folder.path() + "/identity/node.json").c_str(), "w"));
  REQUIRE(forget_identity(world.folder.path()));
  REQUIRE(forget_identity(world.folder.path()));
  CHECK_FALSE(*load_identity(world.folder.path()));
  CHECK(load_kept(world.folder.path())->instances.empty());
}

TEST_CASE("how full a disk is") {
  const auto full = disk_fullness("/");
  REQUIRE(full);
  CHECK(*full >= 0);
  CHECK(*full <= 100);
  CHECK_FALSE(disk_fullness("/no/such/folder"));
  CHECK_FALSE(disk_fullness(""));
}
