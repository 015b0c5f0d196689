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
