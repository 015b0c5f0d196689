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
  Use use;
  for (std::size_t i = 0; i < Use::most_series; ++i) REQUIRE(use.add("g/n/" + std::to_string(i), 1'000, values(1)));
  CHECK_FALSE(use.add("g/n/more", 2'000, values(1)));
  CHECK(use.points("g/n/7", 0, 2'000, 1).size() == 1);
  CHECK(use.points("g/n/7", 1'000, 2'000, 1).empty());
  CHECK(use.add("g/n/more", 2'000 + Use::forgotten_after_ms, values(1)));
  CHECK(use.points("g/n/7", 0, 2'000, 1).empty());
}

}  // namespace kontena::server
