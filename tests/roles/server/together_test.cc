// What nodes are asked about, and who is told to be beside whom.
#include "asked.h"
#include "harness.h"
#include "support/cluster.h"

namespace kontena::server {
namespace {

using enum http::Method;

model::ServiceSpec with_bind(const std::string& name, const std::string& path) {
  auto spec = service(name);
  spec.mounts = {{.kind = model::MountKind::bind, .source = path, .target = "/in"}};
  return spec;
}

api::AssignmentsAnswer told_to(World& world, const World::Node& node, const std::string& more = "") {
  return world.read<api::AssignmentsAnswer>(world.as_node(node, get, "/v1/agent/assignments" + more));
}

}  // namespace

TEST_CASE("nodes are asked about what the services of their grid need, each once and in order") {
  support::Cluster grid;
  Asked asked;
  auto db = with_bind("db", "/srv/data"), web = with_bind("web", "/srv/data");
  db.options.emplace().devices = {{.source = "/dev/fuse"}};
  web.pull_policy = model::PullPolicy::never;
  grid.service("shop", db);
  grid.service("shop", web);
  grid.view.revision = 1;
  const auto first = asked.of(grid.view, "g");
  CHECK(*first == model::Strings{"/dev/fuse", "/srv/data", "image:busybox"});
  CHECK(asked.of(grid.view, "other")->empty());
  // It is worked out anew when a service or a stack was written, and only then.
  grid.view.revision = 2;
  asked.note(grid.view, {"statuses/g/default/shop/web/1"});
  CHECK(asked.of(grid.view, "g") == first);
  grid.view.revision = 3;
  model::Stack stack = *grid.view.stacks.get("g/default/shop");
  stack.volumes["data"] = {.name = "theirs", .external = true};
  grid.view.stacks.put("g/default/shop", stack);
  web.mounts = {{.source = "data", .target = "/data"}};
  web.pull_policy = model::PullPolicy::missing;
  grid.service("shop", web);
  asked.note(grid.view, {"stacks/g/default/shop", "services/g/default/shop/web"});
  CHECK(*asked.of(grid.view, "g") == model::Strings{"/dev/fuse", "/srv/data", "volume:theirs"});
}

TEST_CASE("nodes are asked about so much and no more") {
  support::Cluster grid;
  Asked asked;
  auto web = service("web");
  for (std::size_t i = 0; i < Asked::most + 10; ++i)
    web.mounts.push_back({.kind = model::MountKind::bind, .source = "/srv/" + std::to_string(i), .target = "/in"});
  grid.service("shop", web);
  CHECK(asked.of(grid.view, "g")->size() == Asked::most);
}

TEST_CASE("a beat's answer asks about the paths of a new deploy") {
  World world;
  const auto n1 = world.join("n1");
  world.as_admin(put, stack_url("shop"), deploy_body({with_bind("web", "/srv/data")}));
  world.settle();
  const auto beat = world.read<api::BeatAnswer>(world.as_node(n1, post, "/v1/agent/beat", "{}"));
  REQUIRE(beat.ask);
  CHECK(*beat.ask == model::Strings{"/srv/data"});
}

TEST_CASE("an agent is told beside whom its instances are, and again when that one is another") {
  World world;
  const auto n1 = world.join("n1");
  auto side = service("side");
  side.networks.clear();
  side.network_mode = "service:web";
  side.depends_on["web"] = {};
  const auto run = [&] {
    for (int round = 0; round < 20; ++round) {
      world.settle();
      world.obey(n1);
      world.clock_.advance(Duration(600));
      REQUIRE(world.as_node(n1, post, "/v1/agent/beat", "{}").status == 200);
    }
    world.settle();
  };
  const auto beside = [](const api::AssignmentsAnswer& told) -> std::pair<std::string, std::string> {
    std::pair<std::string, std::string> found;  // the one that runs, and the one that `side` is told of
    for (const auto& a : told.instances) {
      if (a.desired == model::Desired::removed) continue;
      if (a.service == "web") found.first = *a.id;
      if (a.service == "side") found.second = a.beside.at("web");
    }
    return found;
  };
  REQUIRE(world.as_admin(put, stack_url("shop"), deploy_body({service("web"), side})).status < 300);
  run();
  const auto first = told_to(world, n1);
  CHECK_FALSE(beside(first).first.empty());
  CHECK(beside(first).second == beside(first).first);
  REQUIRE(world.as_admin(post, stack_url("shop", "/services/web/restart")).status < 300);
  run();
  const auto second = told_to(world, n1, "?after=" + std::to_string(first.revision));
  CHECK(beside(second).first != beside(first).first);
  CHECK(beside(second).second == beside(second).first);
}

}  // namespace kontena::server
