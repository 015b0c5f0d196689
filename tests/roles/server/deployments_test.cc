// The history of a stack, and its deployments.
#include "harness.h"

using namespace kontena;
using namespace kontena::server;
using http::Method;

TEST_CASE("each revision of a stack is kept with what it was and who made it, the oldest go first") {
  World world;
  world.join("n1");
  for (int i = 1; i <= 9; ++i) {
    auto web = service("web");
    web.image = "web:" + std::to_string(i);
    REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({web})).status == 200);
  }
  REQUIRE(world.as_admin(Method::post, stack_url("shop", "/services/web/scale"), R"({"replicas": 3})").status == 200);
  REQUIRE(world.as_admin(Method::post, stack_url("shop", "/stop")).status == 200);
  REQUIRE(world.as_admin(Method::post, stack_url("shop", "/start")).status == 200);
  const auto history = world.read<api::History>(world.as_admin(Method::get, stack_url("shop", "/history")));
  REQUIRE(history.revisions.size() == 10);
  CHECK(history.revisions[0].revision == 12);
  CHECK(history.revisions[0].action == "start");
  CHECK(history.revisions[1].action == "stop");
  CHECK(history.revisions[2].action == "scale web");
  CHECK(history.revisions[2].services == std::vector<std::string>{"web: web:9 x 3"});
  CHECK(history.revisions[9].revision == 3);
  const auto third = world.read<model::StackRevision>(world.as_admin(Method::get, stack_url("shop", "/history/3")));
  CHECK(third.spec.services.at("web").image == "web:3");
  CHECK(third.by.starts_with("admin (token"));
  CHECK(world.as_admin(Method::get, stack_url("shop", "/history/2")).status == 404);
  CHECK(world.as_admin(Method::get, stack_url("shop", "/history/x")).status == 404);

  REQUIRE(world.as_admin(Method::del, stack_url("shop")).status == 200);
  world.settle();
  CHECK(world.views_.now()->history.size() == 0);
}

TEST_CASE("the same spec again is no new revision") {
  World world;
  world.join("n1");
  for (int i = 0; i < 3; ++i)
    REQUIRE(world.as_admin(Method::put, stack_url("shop"), deploy_body({service("web")})).status == 200);
  CHECK(world.read<api::History>(world.as_admin(Method::get, stack_url("shop", "/history"))).revisions.size() == 1);
  CHECK(world.read<api::DeploymentList>(world.as_admin(Method::get, stack_url("shop", "/deployments")))
            .deployments.size() == 3);
}

TEST_CASE("a deployment is aborted once, and what it has not replaced stays") {
  World world;
  const auto node = world.join("n1");
  auto web = service("web", 2);
  web.restart.when = model::RestartWhen::always;
  const auto deploy = [&] {
    const auto answer =
        world.read<api::DeployAnswer>(world.as_admin(Method::put, stack_url("shop"), deploy_body({web})));
    return *answer.deployment.id;
  };
  deploy();
  for (int i = 0; i < 3; ++i) world.settle(), world.obey(node), world.pass(Duration(1'500), {node});
  web.image = "web:2";
  const auto second = deploy();
  world.settle();
  const std::string url = stack_url("shop", "/deployments/" + second + "/abort");
  const auto aborted = world.read<model::Deployment>(world.as_admin(Method::post, url));
  CHECK(aborted.state == model::DeploymentState::aborted);
  CHECK(world.as_admin(Method::post, url).status == 409);
  for (int i = 0; i < 6; ++i) world.settle(), world.obey(node), world.pass(Duration(1'500), {node});
  const auto list =
      world.read<api::InstanceList>(world.as_admin(Method::get, "/v1/grids/default/projects/default/instances"));
  REQUIRE(list.instances.size() == 2);
  CHECK_FALSE(list.instances[0].outdated);
  CHECK(list.instances[1].outdated);
  CHECK(world.as_admin(Method::post, stack_url("shop", "/deployments/nosuch/abort")).status == 404);
}
