#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using support::megabyte;

namespace {

model::ServiceSpec second(std::int64_t replicas = 3) {
  auto spec = service_of("web", replicas);
  spec.image = "web:2";
  return spec;
}

Shop running(std::int64_t replicas = 3) {
  Shop shop;
  shop.deploy(service_of("web", replicas));
  shop.run(2);
  REQUIRE(shop.deployment() == "succeeded");
  return shop;
}

std::string revisions(const Shop& shop) {
  std::string text;
  for (const auto& i : shop.instances()) text += std::to_string(i.instance_revision);
  return text;
}

}  // namespace

TEST_CASE("instances are replaced one at a time, each old one gone before its successor is made") {
  Shop shop = running();
  shop.deploy(second());
  shop.step();
  CHECK(shop.text() == "web-1@n1 removed web-2@n2 web-3@n3");
  CHECK(shop.step().steps.empty());
  shop.agents();
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
  CHECK(revisions(shop) == "211");
  CHECK(shop.step().steps.empty());
  shop.agents();
  CHECK(shop.step().steps.empty());
  CHECK(shop.last.wake_ms == shop.now_ms + settle_ms);
  shop.now_ms += settle_ms;
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 removed web-3@n3");
  shop.run(8);
  CHECK(revisions(shop) == "222");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a service restart replaces its instances likewise") {
  Shop shop = running();
  shop.change("web", [](model::Service& s) { ++s.restarts; });
  shop.deploy();
  shop.step();
  CHECK(shop.text() == "web-1@n1 removed web-2@n2 web-3@n3");
  shop.run(9);
  CHECK(shop.deployment() == "succeeded");
  for (const auto& i : shop.instances()) CHECK(i.restarts == 1);
}

TEST_CASE("the next one waits until the new one is healthy") {
  Shop shop = running();
  auto spec = second();
  spec.health_check.emplace().test = {"CMD", "true"};
  shop.deploy(spec);
  shop.run(3);
  shop.set(shop.instances()[0], [](auto& s) { s.health = model::Health::starting; });
  CHECK(shop.step().steps.empty());
  shop.set(shop.instances()[0], [&](auto& s) {
    s.health = model::Health::healthy;
    s.started_ms = shop.now_ms;
  });
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 removed web-3@n3");
}

TEST_CASE("a new one that is broken stops the roll-out, and the old ones go on serving") {
  Shop shop = running();
  shop.deploy(second());
  shop.run(2);
  shop.set(shop.instances()[0], [](auto& s) {
    s.state = model::InstanceState::failed;
    s.message = "no such image";
  });
  shop.run(5);
  CHECK(shop.deployment() == "failed: web-1 on n1: no such image");
  CHECK(revisions(shop) == "211");
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
}

TEST_CASE("old ones that serve nobody are replaced at once, all together") {
  Shop shop = running(4);
  shop.set(shop.instances()[1], [](auto& s) { s.state = model::InstanceState::failed; });
  shop.set(shop.instances()[2], [](auto& s) { s.state = model::InstanceState::exited; });
  shop.deploy(second(4));
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 removed web-3@n3 removed web-4@n1");
}

TEST_CASE("old ones that wait for a node are forgotten, and their successors made at once") {
  Shop shop(1);
  auto spec = service_of("web", 2);
  spec.placing.constraints = {{"node.hostname", true, "n9"}};
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "web-1@- web-2@-");
  shop.deploy(second(2));
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n1");
}

TEST_CASE("an unhealthy old one is replaced before the others") {
  Shop shop = running();
  shop.set(shop.instances()[2], [](auto& s) { s.health = model::Health::unhealthy; });
  shop.deploy(second());
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3 removed");
}

TEST_CASE("an old one is not given up for a successor that no node would take") {
  Shop shop = running();
  auto spec = second();
  spec.reservations.memory_bytes = 9'000 * megabyte;
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
  CHECK(shop.deployment() == "failed: web-1: no node: 3 without enough free memory: need 8.8 GB, best has 4.0 GB");
  shop.node("n4", {}, 4, 10'000 * megabyte);
  CHECK(shop.step().steps.empty());  // who was told that it failed, says when it is to be tried again
  shop.deploy();
  shop.run(2);
  CHECK(revisions(shop) == "211");
  CHECK(*shop.instances()[0].node == "n4");
}

TEST_CASE("a successor may have the memory and the port of the one before") {
  Shop shop(1);
  auto spec = service_of("web");
  spec.ports = {{.target = 80, .published = 80}};
  spec.reservations.memory_bytes = 3'000 * megabyte;
  shop.deploy(spec);
  shop.run(2);
  spec.image = "web:2";
  shop.deploy(spec);
  shop.run(4);
  CHECK(revisions(shop) == "2");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a service takes over the port of one that is removed in the same deploy") {
  Shop shop(1);
  auto spec = service_of("old");
  spec.ports = {{.target = 80, .published = 80}};
  shop.deploy(spec);
  shop.run(2);
  shop.change("old", [](model::Service& s) { s.removed = true; });
  spec.name = "new";
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "new-1@- old-1@n1 removed");
  CHECK(shop.deployment() == "running");
  shop.run(3);
  CHECK(shop.text() == "new-1@n1");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a service with files of its node stays there") {
  Shop shop;
  auto spec = service_of("web", 2);
  spec.mounts = {{.kind = model::MountKind::bind, .source = "/srv", .target = "/srv"}};
  shop.paths("n1", {{"/srv", ""}});
  shop.paths("n2", {{"/srv", ""}});
  shop.paths("n3", {{"/srv", ""}});
  shop.deploy(spec);
  shop.run(2);
  CHECK(shop.text() == "web-1@n1 web-2@n2");
  spec.image = "web:2";
  shop.service("shop", service_of("other", 1));
  shop.deploy(spec);
  shop.run(12);
  CHECK(shop.text("web") == "web-1@n1 web-2@n2");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("what gave up is tried again by the next deploy, once") {
  Shop shop = running(2);
  const auto dead = shop.instances()[0];
  shop.set(dead, [](auto& s) { s.state = model::InstanceState::failed; });
  CHECK(shop.step().steps.empty());
  shop.deploy();
  shop.step();
  CHECK(shop.text() == "web-1@n1 removed web-2@n2");
  CHECK(shop.deployment() == "running");
  shop.run(2);
  CHECK(shop.instances()[0].id != dead.id);
  shop.set(shop.instances()[0], [](auto& s) { s.state = model::InstanceState::failed; });
  shop.run(3);
  CHECK(shop.deployment() == "failed: web-1 on n1: failed");
  CHECK(shop.text() == "web-1@n1 web-2@n2");
}
