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

TEST_CASE("what a node and a service use is shown with them while it is fresh, and the grid says how often it is told") {
  Two world;
  const std::string grid = "/v1/grids/default";
  CHECK_FALSE(world.read<api::NodeSummary>(world.as_admin(get, grid + "/nodes/n1")).use);
  const model::Instance db = world.instance("blue");
  stats::Batch batch{.samples = {{"", values(1'500)}, {*db.id, values(700)}}};
  batch.samples[0].values[stats::disk_used] = 7;
  REQUIRE(world.as_node(world.node, post, std::string(api::paths::agent_stats), stats::encode(batch)).status == 200);
  const auto node = world.read<api::NodeSummary>(world.as_admin(get, grid + "/nodes/n1"));
  REQUIRE(node.use);
  CHECK(node.use->cpu_milli == 1'500);
  CHECK(node.use->disk_used_bytes == 7);
  const std::string service = grid + "/projects/blue/stacks/" + db.stack + "/services/" + db.service;
  const auto detail = world.read<api::ServiceDetail>(world.as_admin(get, service));
  REQUIRE(detail.use);
  CHECK(detail.use->cpu_milli == 700);
  world.clock_.advance(Duration(61'000));
  CHECK_FALSE(world.read<api::NodeSummary>(world.as_admin(get, grid + "/nodes/n1")).use);
  const auto beat = [&] { return world.read<api::BeatAnswer>(world.as_node(world.node, post, "/v1/agent/beat", "{}")).stats_interval_ms; };
  CHECK(beat() == 10'000);
  CHECK(world.as_admin(post, grid + "/settings", R"({"stats_interval_ms":4999})").status == 400);
  CHECK(world.as_admin(post, grid + "/settings", R"({"stats_interval_ms":300001})").status == 400);
  CHECK(world.read<api::GridSummary>(world.as_admin(post, grid + "/settings", R"({"stats_interval_ms":60000})")).stats_interval_ms == 60'000);
  CHECK(beat() == 60'000);
  CHECK(world.read<api::NodeSummary>(world.as_admin(get, grid + "/nodes/n1")).use);  // it is fresh for longer now
  CHECK(world.read<api::GridSummary>(world.as_admin(post, grid + "/settings", R"({"stats_interval_ms":0})")).stats_interval_ms == 10'000);
}

TEST_CASE("the most that the instances of a service took in the last hour") {
  const SystemClock clock;
  Use use(clock, "");
  const auto add = [&](const std::string& source, const std::string& series, std::int64_t at_ms, std::int64_t cpu, std::int64_t memory) {
    stats::Values all = values(cpu);
    all[stats::memory] = memory;
    return use.add(at_ms, {{source, series, all}}) == 0;
  };
  constexpr std::int64_t minute = 60'000, now = 1'000'000 * minute;
  REQUIRE(add("g/n/a", "s/g/p@5/shop/web/1", now - 70 * minute, 9'000, 9'000));
  REQUIRE(add("g/n/a", "s/g/p@5/shop/web/1", now - 50 * minute, 700, 1'000));
  REQUIRE(add("g/n/a", "s/g/p@5/shop/web/1", now, 10, 10));
  REQUIRE(add("g/n/b", "s/g/p@5/shop/web/2", now - minute, 200, 3'000));
  REQUIRE(add("g/n/", "n/g/n", now, 5'000, 5'000));
  const auto peaks = use.peaks(now);
  REQUIRE(peaks.size() == 1);
  CHECK(peaks.at("s/g/p@5/shop/web") == Use::Peak{700, 3'000});
  CHECK(use.peaks(now + 120 * minute).empty());
}

TEST_CASE("a service that reserves nothing goes where there is room for what it took lately") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  const auto sized = [&](const World::Node& node, std::int64_t memory) {
    model::NodeFacts facts;
    facts.os = "linux", facts.architecture = "amd64", facts.nano_cpus = 4'000'000'000, facts.memory_bytes = memory, facts.runtimes = {"runc"};
    REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
  };
  sized(n1, 4ll << 30);
  sized(n2, 1ll << 30);
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web")})).status < 300);
  world.settle();
  const auto on = [&](const char* name) {
    std::string node;
    world.views_.now()->instances.each(std::string("default/default/shop/") + name + '/', [&](const auto& item) { node = *item.value.node; });
    return node;
  };
  const std::string first = on("web");
  REQUIRE(!first.empty());
  const World::Node& its = first == n1.id ? n1 : n2;
  std::string id;
  world.views_.now()->instances.each("default/default/shop/web/", [&](const auto& item) { id = *item.value.id; });
  stats::Batch batch{.samples = {{id, values(10)}}};
  batch.samples[0].values[stats::memory] = 2ll << 30;
  REQUIRE(world.as_node(its, post, std::string(api::paths::agent_stats), stats::encode(batch)).status == 200);
  world.clock_.advance(Duration(61'000));
  for (const auto* node : {&n1, &n2}) REQUIRE(world.as_node(*node, post, "/v1/agent/beat", "{}").status == 200);
  REQUIRE(world.as_admin(del, stack_url("shop")).status == 200);
  world.run({n1, n2});
  REQUIRE(world.as_admin(put, stack_url("blog"), deploy_body({service("a"), service("b")})).status < 300);
  world.settle();
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web")})).status < 300);
  world.settle();
  CHECK(on("web") == n1.id);
}

}  // namespace kontena::server