#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using model::InstanceState, model::Order, model::OnFailure;

namespace {

model::ServiceSpec web(std::int64_t replicas, model::Update update, const std::string& image = "web:1") {
  auto spec = service_of("web", replicas);
  spec.image = image;
  spec.update = update;
  return spec;
}

Shop running(std::int64_t replicas, model::Update update = {}, int nodes = 3) {
  Shop shop(nodes);
  shop.deploy(web(replicas, update));
  shop.run(2);
  REQUIRE(shop.deployment() == "succeeded");
  return shop;
}

int going(const Shop& shop) {
  return static_cast<int>(std::ranges::count(shop.instances(), model::Desired::removed, &model::Instance::desired));
}

int of_revision(const Shop& shop, std::int64_t revision) {
  return static_cast<int>(std::ranges::count(shop.instances(), revision, &model::Instance::instance_revision));
}

}  // namespace

TEST_CASE("so many are replaced at a time as parallelism says") {
  Shop shop = running(6);
  shop.deploy(web(6, {.parallelism = 2}, "web:2"));
  shop.step();
  CHECK(going(shop) == 2);
  shop.agents();
  shop.step();
  CHECK(of_revision(shop, 2) == 2);
  CHECK(going(shop) == 0);
  shop.agents();
  shop.now_ms += settle_ms;
  shop.step();
  CHECK(going(shop) == 2);
  shop.run(6);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a parallelism of 0 replaces all at once") {
  Shop shop = running(6);
  shop.deploy(web(6, {.parallelism = 0}, "web:2"));
  shop.step();
  CHECK(going(shop) == 6);
}

TEST_CASE("start-first makes the new one before the old one goes") {
  Shop shop = running(3);
  shop.deploy(web(3, {.order = Order::start_first}, "web:2"));
  shop.step();
  CHECK(shop.instances().size() == 4);
  CHECK(going(shop) == 0);
  shop.agents();
  shop.step();
  CHECK(going(shop) == 0);  // not before it has proved itself
  shop.now_ms += settle_ms;
  shop.step();
  CHECK(going(shop) == 1);
  shop.run(9);
  CHECK(shop.instances().size() == 3);
  CHECK(of_revision(shop, 2) == 3);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("while a new one beside an old one proves itself, the next is begun; not where a monitor was set") {
  Shop shop = running(3);
  shop.deploy(web(3, {.order = Order::start_first}, "web:2"));
  shop.step();
  CHECK(shop.step().steps.empty());  // it does not run yet
  shop.agents();
  shop.step();
  CHECK(of_revision(shop, 2) == 2);
  CHECK(going(shop) == 0);

  Shop strict = running(3);
  strict.deploy(web(3, {.monitor_ms = 5'000, .order = Order::start_first}, "web:2"));
  strict.step();
  strict.agents();
  CHECK(strict.step().steps.empty());
  strict.now_ms += 5'000;
  strict.step();
  CHECK(going(strict) == 1);
}

TEST_CASE("a new one that falls over while others were begun ends the roll-out, and no old one has gone") {
  Shop shop = running(4);
  shop.deploy(web(4, {.order = Order::start_first}, "web:2"));
  for (int i = 0; i < 2; ++i) {
    shop.step();
    shop.agents();
  }
  const auto all = shop.instances();
  const auto first = std::ranges::find(all, 2, &model::Instance::instance_revision);
  shop.set(*first, [](auto& s) { s.state = InstanceState::failed; });
  shop.step();
  CHECK(shop.deployment().starts_with("failed: "));
  CHECK(of_revision(shop, 1) == 4);
  CHECK(going(shop) == 0);
}

TEST_CASE("start-first without room for two, or on one volume, is stop-first") {
  Shop shop(1);
  auto spec = web(1, {.order = Order::start_first});
  spec.ports = {{.target = 80, .published = 80}};
  shop.deploy(spec);
  shop.run(2);
  spec.image = "web:2";
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "web-1@n1 removed");

  Shop other;
  spec = web(1, {.order = Order::start_first});
  spec.mounts = {{.source = "data", .target = "/data"}};
  other.service("shop", spec);
  other.stack([](model::Stack& s) { s.volumes["data"]; });
  other.run(2);
  spec.image = "web:2";
  other.deploy(spec);
  other.step();
  CHECK(other.text() == "web-1@n1 removed");
}

TEST_CASE("a start-first that breaks leaves the old one serving, and the next deploy takes the broken one away") {
  Shop shop = running(2);
  shop.deploy(web(2, {.order = Order::start_first}, "web:2"));
  shop.step();
  shop.set(shop.instances()[1], [](auto& s) { s.state = InstanceState::failed; });
  shop.step();
  CHECK(shop.deployment() == "failed: web-1 on n3: failed");
  CHECK(shop.instances().size() == 3);
  CHECK(going(shop) == 0);
  shop.deploy(web(2, {.order = Order::start_first}, "web:3"));
  shop.run(9);
  CHECK(shop.deployment() == "succeeded");
  CHECK(of_revision(shop, 3) == 2);
  CHECK(shop.instances().size() == 2);
}

TEST_CASE("the next one waits for the delay, and as long as a new one is to be watched") {
  Shop shop = running(2);
  shop.deploy(web(2, {.delay_ms = 10'000, .monitor_ms = 3'000}, "web:2"));
  shop.step(), shop.agents(), shop.step(), shop.agents();
  REQUIRE(of_revision(shop, 2) == 1);
  shop.now_ms += 3'000;
  shop.step();
  CHECK(going(shop) == 0);
  CHECK(shop.last.wake_ms == shop.now_ms + 10'000);
  shop.now_ms += 10'000;
  shop.step();
  CHECK(going(shop) == 1);
}

TEST_CASE("one that breaks while it is watched fails the deployment") {
  Shop shop = running(2);
  shop.deploy(web(2, {.monitor_ms = 20'000}, "web:2"));
  shop.run(3);
  REQUIRE(shop.deployment() == "running");
  shop.set(shop.instances()[0], [](auto& s) {
    s.state = InstanceState::failed;
    s.message = "no such file";
  });
  shop.run(1);
  CHECK(shop.deployment() == "failed: web-1 on n1: no such file");
  CHECK(of_revision(shop, 1) == 1);
}

TEST_CASE("with continue a roll-out goes past failures, and says so in the end") {
  Shop shop = running(3);
  shop.deploy(web(3, {.failure_action = OnFailure::go_on}, "web:2"));
  shop.step(), shop.agents(), shop.step();
  shop.set(shop.instances()[0], [](auto& s) { s.state = InstanceState::failed; });
  shop.run(9);
  CHECK(of_revision(shop, 2) == 3);
  CHECK(shop.deployment() == "failed: 1 of 3 of web failed: web-1 on n1: failed");
}

TEST_CASE("so many may fail as max_failure_ratio says") {
  Shop shop = running(4);
  shop.deploy(web(4, {.max_failure_ppm = 250'000}, "web:2"));
  shop.step(), shop.agents(), shop.step();
  shop.set(shop.instances()[0], [](auto& s) { s.state = InstanceState::failed; });
  shop.run(12);
  CHECK(of_revision(shop, 2) == 4);
  CHECK(shop.deployment() == "succeeded: 1 of 4 of web failed: web-1 on n1: failed");
}

TEST_CASE("an aborted roll-out stops where it is, and the next deploy goes on") {
  Shop shop = running(3);
  shop.deploy(web(3, {}, "web:2"));
  shop.run(2);
  auto aborted = *shop.view.deployments.get("g/default/shop/d2");
  aborted.state = model::DeploymentState::aborted;
  shop.view.deployments.put("g/default/shop/d2", aborted);
  shop.run(4);
  CHECK(of_revision(shop, 1) == 2);
  shop.deploy();
  shop.run(9);
  CHECK(of_revision(shop, 2) == 3);
  CHECK(shop.deployment() == "succeeded");
}
