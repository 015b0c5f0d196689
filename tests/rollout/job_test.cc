#include "kontena/rollout/moves.h"
#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using State = model::InstanceState;

namespace {

model::ServiceSpec job(std::int64_t replicas = 1, const std::string& image = "migrate:1") {
  return {.name = "migrate",
          .image = image,
          .restart = {model::RestartWhen::on_failure},
          .job = true,
          .replicas = replicas};
}

void end(Shop& shop, std::size_t which, std::int64_t code = 0) {
  shop.set(shop.instances("migrate")[which], [&](auto& s) {
    s = {.state = State::exited,
         .exit_code = code,
         .restarts = s.restarts,
         .started_ms = s.started_ms,
         .finished_ms = shop.now_ms};
  });
}

}  // namespace

TEST_CASE("a deployment waits until its jobs have ended well") {
  Shop shop;
  shop.deploy(job(2));
  shop.run(4);
  CHECK(shop.deployment() == "running");
  end(shop, 0);
  shop.run(2);
  CHECK(shop.deployment() == "running");
  end(shop, 1);
  shop.run();
  CHECK(shop.deployment() == "succeeded");
  CHECK(shop.text() == "migrate-1@n1 migrate-2@n2");
}

TEST_CASE("a job that keeps failing fails the deployment") {
  Shop shop;
  shop.deploy(job());
  shop.run(2);
  end(shop, 0, 3);
  shop.run();
  CHECK(shop.deployment() == "running");
  shop.set(shop.instances()[0], [](auto& s) { s.restarts = 3; });
  shop.run();
  CHECK(shop.deployment() == "failed: migrate-1 keeps ending: exit code 3, 3 restarts");
}

TEST_CASE("a job runs once for each revision, whatever becomes of its node") {
  Shop shop;
  shop.deploy(job());
  shop.run(2);
  end(shop, 0);
  shop.run(2);
  const auto id = shop.instances()[0].id;
  shop.availability("n1", model::Availability::drain);
  shop.run(2);
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.run(2);
  shop.view.nodes.erase("g/n1");
  shop.run(2);
  shop.deploy();
  shop.run(2);
  CHECK(shop.deployment() == "succeeded");
  REQUIRE(shop.text() == "migrate-1@n1");
  CHECK(shop.instances()[0].id == id);
  shop.deploy(job(1, "migrate:2"));
  shop.run(3);
  CHECK(shop.text() == "migrate-1@n2");
  end(shop, 0);
  shop.run();
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a job that runs is left to its end on a drained node, and begun anew where its node is lost") {
  Shop shop;
  shop.deploy(job());
  shop.run(2);
  shop.availability("n1", model::Availability::drain);
  shop.run(2);
  CHECK(shop.text() == "migrate-1@n1");
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.step();
  CHECK(shop.text() == "migrate-1@n1 migrate-1@n2");
}

TEST_CASE("who waits for the health of what has no health check is told so") {
  Shop shop;
  shop.service("shop", service_of("db"));
  auto web = service_of("web");
  web.depends_on["db"] = {model::Condition::healthy};
  shop.deploy(web);
  shop.run(2);
  CHECK(shop.deployment() ==
        "failed: web waits until 'db' is healthy, and db-1 has no health check: neither the file nor its image 'db:1' "
        "has "
        "one");
  CHECK(shop.text() == "db-1@n1");
}
