#include "use.h"

#include <doctest/doctest.h>

#include "kontena/api/stats.h"
#include "two_projects.h"

namespace kontena::server {
namespace {

stats::Values values(std::int64_t cpu) {
  stats::Values all{};
  all[stats::cpu_milli] = cpu;
  return all;
}

}  // namespace

TEST_CASE("what a node tells of its instance and itself is listed, and other projects see nothing of it") {
  Two world;
  const model::Instance db = world.instance("blue");
  const stats::Batch batch{.ago_ms = 500, .samples = {{"", values(1'234'001)}, {*db.id, values(4'321'002)}}};
  const auto told = world.as_node(world.node, post, std::string(api::paths::agent_stats), stats::encode(batch));
  CHECK(world.read<api::StatsTaken>(told).refused == 0);
  const auto again = world.as_node(world.node, post, std::string(api::paths::agent_stats), stats::encode(batch));
  CHECK(world.read<api::StatsTaken>(again).refused == 2);
  CHECK(world.as_node(world.node, post, std::string(api::paths::agent_stats), "\x01\xff").status == 400);
  const auto list = world.read<api::StatsList>(world.as_admin(get, "/v1/grids/default/projects/blue/stats"));
  REQUIRE(list.series.size() == 1);
  CHECK(list.series[0].id == *db.id);
  CHECK(list.series[0].node == "n1");
  REQUIRE(list.series[0].points.size() == 1);
  CHECK(list.series[0].points[0].cpu_milli == 4'321'002);
  CHECK(list.series[0].points[0].at_ms == to_ms(world.clock_.now()) - 500);
  CHECK_FALSE(has(world.as_admin(get, "/v1/grids/default/projects/default/stats").body, "4321002"));
  const auto hers = world.as_ann(get, "/v1/grids/default/projects/blue/stats");
  CHECK(hers.status >= 400);
  CHECK_FALSE(has(hers.body, *db.id));
  CHECK_FALSE(has(world.as_ann(get, "/v1/grids/default/projects/red/stats").body, *db.id));
  CHECK(has(world.as_admin(get, "/v1/grids/default/stats?node=n1").body, "1234001"));
  CHECK(world.as_admin(get, "/v1/grids/default/stats?node=n77").status == 404);
  CHECK(world.as_admin(get, "/v1/grids/default/stats?points=361").status == 400);
  CHECK(world.as_admin(get, "/v1/grids/default/stats?since_ms=0").status == 400);
}

TEST_CASE("what is silent for an hour is forgotten, and there are never more than so many") {
  const SystemClock clock;
  Use use(clock, "");
  const auto add = [&](const std::string& source, std::int64_t at_ms) { return use.add(at_ms, {{source, "s", values(1)}}) == 0; };
  for (std::size_t i = 0; i < Use::most_series; ++i) REQUIRE(add("g/n/" + std::to_string(i), 1'000'000));
  CHECK_FALSE(add("g/n/more", 1'001'000));
  CHECK(use.points("g/n/7", "s", 0, 1'001'000, 1).size() == 1);
  CHECK(use.points("g/n/7", "s", 1'000'000, 1'001'000, 1).empty());
  CHECK(add("g/n/more", 1'001'000 + Use::forgotten_after_ms));
  CHECK(use.points("g/n/7", "s", 0, 1'001'000, 1).empty());
}

TEST_CASE("history goes on over restarts and over whoever takes an instance's place") {
  TempFolder folder;
  ManualClock clock;
  const std::int64_t quarter = stats::quarter_ms;
  const std::int64_t begin = (to_ms(clock.now()) / quarter + 1) * quarter;
  clock.advance(Duration(begin - to_ms(clock.now())));
  const std::string series = "s/g/p@1/shop/web/1";
  std::int64_t at = begin;
  const auto run = [&](Use& use, const std::string& source, int points) {
    for (int i = 0; i < points; ++i) {
      clock.advance(Duration(10'000));
      at += 10'000;
      REQUIRE(use.add(at, {{source, series, values(i)}}) == 0);
      use.tick();
    }
  };
  {
    Use use(clock, folder / "stats");
    use.start();
    use.stop();
    run(use, "g/n1/a", 100);
  }
  Use use(clock, folder / "stats");
  use.start();
  use.stop();
  CHECK(use.points("g/n1/a", series, begin, at, 1'000).size() == 100);
  run(use, "g/n2/b", 100);
  const auto all = use.points("g/n2/b", series, begin, at, 10'000);
  REQUIRE(all.size() == 200);
  for (std::size_t i = 0; i < 200; ++i) CHECK(all[i].at_ms == begin + static_cast<std::int64_t>(i + 1) * 10'000);
  CHECK(use.points("g/n2/b", series, begin, at, 20).size() <= 20);
  CHECK(use.points("g/n2/b", series, begin, at, 1).size() == 1);
  // What comes too late for its quarter is refused, as it would be lost.
  CHECK(use.add(begin + 5'000, {{"g/n3/c", "other", values(1)}}) == 1);
}

}  // namespace kontena::server