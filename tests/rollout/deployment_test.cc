#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using model::Health, model::InstanceState, model::InstanceStatus;

namespace {

// What becomes of a deployment of one service when its instance is so.
std::string verdict(model::ServiceSpec spec, const InstanceStatus& status, int rounds = 1) {
  Shop shop(1);
  shop.deploy(std::move(spec));
  shop.step();
  shop.status(shop.instances()[0], status);
  for (int i = 0; i < rounds; ++i) shop.step();
  return shop.deployment();
}

model::ServiceSpec web(model::RestartWhen when = model::RestartWhen::always) {
  auto spec = service_of("web");
  spec.restart.when = when;
  return spec;
}

}  // namespace

TEST_CASE("a deployment fails with the reason of the instance that failed") {
  CHECK(verdict(web(), {.state = InstanceState::failed, .message = "pulling web:1: not found"}) ==
        "failed: web-1 on n1: pulling web:1: not found");
  CHECK(verdict(web(model::RestartWhen::no), {.state = InstanceState::exited, .exit_code = 3}) ==
        "failed: web-1: exit code 3");
  CHECK(
      verdict(web(model::RestartWhen::no), {.state = InstanceState::exited, .exit_code = 137, .out_of_memory = true}) ==
      "failed: web-1: exit code 137 (out of memory)");
  CHECK(verdict(web(), {.state = InstanceState::running, .health = Health::unhealthy, .message = "curl: refused"}) ==
        "failed: web-1 is unhealthy: curl: refused");
  CHECK(verdict(web(), {.state = InstanceState::starting, .exit_code = 1, .restarts = 3}) ==
        "failed: web-1 keeps ending: exit code 1, 3 restarts");
}

TEST_CASE("a deployment goes on while an instance is on its way or may yet mend") {
  for (const InstanceStatus& status :
       {InstanceStatus{.state = InstanceState::pulling}, InstanceStatus{.state = InstanceState::starting},
        InstanceStatus{.state = InstanceState::exited, .exit_code = 1, .restarts = 2},
        InstanceStatus{.state = InstanceState::running, .health = Health::starting}})
    CHECK(verdict(web(), status) == "running");
}

TEST_CASE("a job that ended as it should is a success, and one that is started again is not") {
  const InstanceStatus ended{.state = InstanceState::exited, .finished_ms = 1};
  CHECK(verdict(web(model::RestartWhen::no), ended) == "succeeded");
  CHECK(verdict(web(model::RestartWhen::on_failure), ended) == "succeeded");
  CHECK(verdict(web(model::RestartWhen::always), ended) == "running");
}

TEST_CASE("an instance with a health check is not up before it is healthy, whatever its agent left out") {
  auto spec = web();
  spec.health_check.emplace().test = {"CMD", "true"};
  CHECK(verdict(spec, {.state = InstanceState::running}) == "running");
  CHECK(verdict(spec, {.state = InstanceState::running, .health = Health::healthy}) == "succeeded");
  spec.health_check->test = {"NONE"};
  CHECK(verdict(spec, {.state = InstanceState::running}) == "succeeded");
}

TEST_CASE("a node's wrong clock does not hold a deployment up") {
  CHECK(verdict(web(), {.state = InstanceState::running, .started_ms = 1'000'500}) == "running");
  CHECK(verdict(web(), {.state = InstanceState::running, .started_ms = 9'000'000}) == "succeeded");
}

TEST_CASE("an instance that no node takes fails the deployment, but not while a node may still come") {
  Shop shop(1);
  shop.liveness.clear();
  shop.deploy(service_of("web"));
  shop.step();
  CHECK(shop.text() == "web-1@-");
  CHECK(shop.deployment() == "running");
  shop.liveness[NodeId("n1")] = model::NodeState::silent;
  shop.step();
  CHECK(shop.deployment() == "running");
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.step();
  CHECK(shop.deployment() == "failed: web-1: no node: 1 not ready for new work");
}

TEST_CASE("after its deployment failed, a stack is still kept as wanted") {
  Shop shop;
  shop.deploy(service_of("web", 2));
  shop.step();
  shop.set(shop.instances()[0], [](auto& s) { s.state = InstanceState::failed; });
  shop.step();
  CHECK(shop.deployment() == "failed: web-1 on n1: failed");
  shop.service("shop", service_of("web", 3), true);
  shop.step();
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
}
