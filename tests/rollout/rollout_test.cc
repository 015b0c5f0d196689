#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using support::megabyte;

TEST_CASE("a stack that does not exist asks for nothing") {
  Shop shop;
  CHECK(shop.peek().steps.empty());
}

TEST_CASE("each replica has a slot, and the deployment succeeds once all run and settled") {
  Shop shop;
  shop.deploy(service_of("web", 3));
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
  CHECK(shop.deployment() == "running");
  shop.agents();
  shop.step();
  CHECK(shop.deployment() == "running");
  CHECK(shop.last.wake_ms == shop.now_ms + settle_ms);
  shop.now_ms += settle_ms;
  shop.step();
  CHECK(shop.deployment() == "succeeded");
  CHECK(shop.last.wake_ms == 0);
}

TEST_CASE("a deployment of nothing but zero replicas succeeds at once") {
  Shop shop;
  shop.deploy(service_of("web", 0));
  shop.step();
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("scaling up adds slots, scaling down removes the highest first, and nothing is replaced") {
  Shop shop;
  shop.deploy(service_of("web", 2));
  shop.run(2);
  const auto before = shop.instances();
  shop.service("shop", service_of("web", 4), true);
  shop.run(2);
  REQUIRE(shop.instances().size() == 4);
  for (std::size_t i = 0; i < 2; ++i) CHECK(shop.instances()[i].id == before[i].id);
  shop.service("shop", service_of("web", 1), true);
  shop.step();
  std::vector<std::int64_t> removed;
  for (const Step& step : shop.last.steps) removed.push_back(std::get<SetDesired>(step).instance.slot);
  CHECK(removed == std::vector<std::int64_t>{4, 3, 2});
  shop.agents();
  shop.step();
  CHECK(shop.text() == "web-1@n1");
}

TEST_CASE("a service that is no longer in the stack goes with its instances and revisions") {
  Shop shop;
  shop.deploy(service_of("web"));
  shop.deploy(service_of("old", 2));
  shop.run(2);
  shop.change("old", [](model::Service& s) { s.removed = true; });
  shop.deploy();
  shop.step();
  CHECK(shop.deployment() == "running");
  CHECK(shop.view.services.get("g/default/shop/old"));
  shop.agents();
  shop.step();
  CHECK(shop.text() == "web-1@n3");
  CHECK_FALSE(shop.view.services.get("g/default/shop/old"));
  CHECK(shop.view.revisions.size() == 1);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a stopped stack keeps its instances, stopped, and runs again when wanted") {
  Shop shop;
  shop.deploy(service_of("web", 2));
  shop.run(2);
  shop.want(model::StackWanted::stopped);
  shop.deploy();
  shop.step();
  CHECK(shop.text() == "web-1@n1 stopped web-2@n2 stopped");
  CHECK(shop.deployment() == "running");
  shop.agents();
  shop.step();
  CHECK(shop.deployment() == "succeeded");
  shop.want(model::StackWanted::running);
  shop.deploy();
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2");
  shop.run(2);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a stopped one whose room others have got meanwhile is made where there is some") {
  Shop shop(2);
  auto spec = service_of("web");
  spec.reservations.memory_bytes = 3'000 * support::megabyte;
  shop.deploy(spec);
  shop.run(2);
  REQUIRE(shop.text() == "web-1@n1");
  shop.want(model::StackWanted::stopped);
  shop.run(2);
  spec.name = "api";
  shop.service("blog", spec);
  shop.instance("blog", "api", "other", "n1");
  shop.want(model::StackWanted::running);
  shop.run(4);
  CHECK(shop.text() == "web-1@n2");
}

TEST_CASE("a stopped one of an older revision is replaced though the deployment failed while its node was away") {
  Shop shop(1);
  auto spec = service_of("db");
  spec.mounts = {{.source = "data", .target = "/data"}};
  shop.service("shop", spec);
  shop.stack([](model::Stack& s) { s.volumes["data"]; });
  shop.deploy();
  shop.run(2);
  REQUIRE(shop.text() == "db-1@n1");
  shop.want(model::StackWanted::stopped);
  shop.run(2);
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.want(model::StackWanted::running);
  spec.image = "db:2";
  shop.deploy(spec);
  shop.step();
  REQUIRE(shop.deployment().starts_with("failed"));
  shop.liveness[NodeId("n1")] = model::NodeState::ready;
  shop.run(4);
  CHECK(shop.text() == "db-1@n1");
  CHECK(shop.instances()[0].instance_revision == 2);
}

TEST_CASE("a stopped stack gets no new instances, and what waits for a node is forgotten") {
  Shop shop(0);
  shop.deploy(service_of("web", 2));
  shop.step();
  CHECK(shop.text() == "web-1@- web-2@-");
  shop.want(model::StackWanted::stopped);
  shop.deploy();
  shop.step();
  CHECK(shop.text() == "");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("what was changed while the stack was stopped is replaced when it runs again, all at once") {
  Shop shop;
  shop.deploy(service_of("web", 3));
  shop.run(2);
  shop.want(model::StackWanted::stopped);
  shop.run(2);
  auto spec = service_of("web", 3);
  spec.image = "web:2";
  shop.service("shop", spec);
  shop.run(1);
  CHECK(shop.text() == "web-1@n1 stopped web-2@n2 stopped web-3@n3 stopped");
  shop.want(model::StackWanted::running);
  shop.deploy();
  shop.run(1);
  CHECK(shop.text() == "web-1@n1 removed web-2@n2 removed web-3@n3 removed");
  shop.run(2);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a removed stack goes when the last of its instances is gone, and supersedes its deployments at once") {
  Shop shop;
  shop.deploy(service_of("web", 2));
  shop.service("shop", service_of("db"));
  shop.run(1);
  shop.want(model::StackWanted::removed);
  shop.step();
  CHECK(shop.text() == "db-1@n1 removed web-1@n2 removed web-2@n3 removed");
  CHECK(shop.deployment() == "superseded: the stack is being removed");
  shop.agents();
  shop.step();
  CHECK(shop.view.instances.empty());
  CHECK(shop.view.services.empty());
  CHECK(shop.view.revisions.empty());
  CHECK(shop.view.stacks.empty());
}

TEST_CASE("an instance whose node was removed from the grid is forgotten and made anew elsewhere") {
  Shop shop;
  shop.deploy(service_of("web", 2));
  shop.run(2);
  shop.view.nodes.erase("g/n1");
  shop.step();
  CHECK(shop.text() == "web-1@n3 web-2@n2");
}

TEST_CASE("an instance of a service whose record is lost is removed") {
  Shop shop;
  shop.deploy(service_of("web"));
  shop.run(2);
  shop.instance("shop", "ghost", "1", "n1");
  shop.run(2);
  CHECK(shop.text() == "web-1@n1");
}

TEST_CASE("the revision of instances that are gone is forgotten, the newest is not") {
  Shop shop;
  shop.deploy(service_of("web"));
  shop.run(2);
  auto spec = service_of("web");
  spec.image = "web:2";
  shop.deploy(spec);
  shop.step();
  CHECK(shop.view.revisions.size() == 2);
  shop.run(2);
  CHECK(shop.view.revisions.size() == 1);
  CHECK(shop.view.revisions.get("g/default/shop/web/00000002"));
}

TEST_CASE("only the newest running deployment is live, older ones are superseded") {
  Shop shop;
  shop.deploy(service_of("web"));
  shop.now_ms += 1;
  shop.deploy();
  shop.deploy();
  shop.step();
  CHECK(shop.deployment(1) == "superseded");
  CHECK(shop.deployment(2) == "superseded");
  CHECK(shop.deployment(3) == "running");
}

TEST_CASE("services of a stack spread over the nodes, whatever their number of replicas") {
  Shop shop;
  shop.service("shop", service_of("a"));
  shop.service("shop", service_of("b"));
  shop.service("shop", service_of("c", 3));
  shop.step();
  CHECK(shop.text("a") + ' ' + shop.text("b") == "a-1@n1 b-1@n2");
  CHECK(shop.text("c") == "c-1@n3 c-2@n1 c-3@n2");
}

TEST_CASE("what waits for a node is placed when one comes, and its reason is kept up to date") {
  Shop shop(0);
  shop.deploy(service_of("web", 2));
  shop.step();
  CHECK(shop.deployment() == "failed: web-1: no node: the grid has no nodes");
  shop.node("n1");
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.step();
  CHECK(shop.text() == "web-1@- web-2@-");
  CHECK(shop.instances()[0].why_not == "1 not ready for new work");
  shop.liveness[NodeId("n1")] = model::NodeState::ready;
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n1");
  CHECK(shop.instances()[0].why_not.empty());
}
