#include "kontena/model/together.h"

#include <doctest/doctest.h>

#include "kontena/model/validate.h"

using namespace kontena;
using namespace kontena::model;

namespace {

ServiceSpec service(const std::string& name, std::int64_t replicas = 1) {
  return {.name = name, .image = name + ":1", .replicas = replicas};
}

// What validate says of `agent`, which is in the network of `web`.
std::string with(auto&& change) {
  StackSpec stack{.name = "shop", .services = {{"web", service("web")}, {"agent", service("agent")}}};
  ServiceSpec& agent = stack.services.at("agent");
  agent.network_mode = "service:web";
  agent.depends_on["web"] = {};
  change(stack.services.at("web"), agent);
  std::string text;
  for (const Problem& problem : validate(stack)) text += problem.path + ": " + problem.what + "\n";
  return text;
}

}  // namespace

TEST_CASE("a service is beside those whose namespaces or volumes it shares") {
  ServiceSpec spec = service("agent");
  CHECK(beside(spec).empty());
  spec.network_mode = "service:web";
  spec.volumes_from = {"store:ro", "web"};
  spec.options = ContainerOptions{.ipc = "host", .pid = "service:db"};
  CHECK(beside(spec) == Strings{"db", "store", "web"});
  CHECK(shares_namespace(spec, "web"));
  CHECK(shares_namespace(spec, "db"));
  CHECK_FALSE(shares_namespace(spec, "store"));
  CHECK(volumes_from("store:ro").read_only);
  CHECK(volumes_from("store:ro").service == "store");
  CHECK_FALSE(volumes_from("store:rw").read_only);
}

TEST_CASE("who is beside another must be able to") {
  CHECK(with([](auto&, auto&) {}) == "");
  CHECK(with([](auto& web, auto& agent) { web.replicas = 3, agent.replicas = 3; }) == "");
  CHECK(with([](auto&, auto& agent) { agent.replicas = 7; }) == "");
  CHECK(with([](auto& web, auto& agent) { web.replicas = 2, agent.replicas = 3; }) ==
        "services.agent.network_mode: 'agent' has 3 instances and 'web' has 2 instances: each is to be beside one of "
        "'web', or all beside its only one\n");
  CHECK(with([](auto& web, auto& agent) { web.mode = agent.mode = Mode::global; }) == "");
  CHECK(with([](auto& web, auto&) { web.mode = Mode::global; }) ==
        "services.agent.network_mode: 'agent' is not global and 'web' is: each of its containers is to be beside one "
        "of 'web'\n");
  CHECK(with([](auto& web, auto&) { web.job = true; }) ==
        "services.agent.network_mode: 'web' is a job: what it shares ends with it\n");
  CHECK(with([](auto&, auto& agent) { agent.network_mode = "service:agent"; }) ==
        "services.agent.network_mode: the service cannot share with itself\n");
  CHECK(with([](auto&, auto& agent) { agent.network_mode = "service:db"; }) ==
        "services.agent.network_mode: the stack has no service 'db'\n");
  CHECK(with([](auto&, auto& agent) { agent.depends_on.clear(); }) ==
        "services.agent.network_mode: the service is to depend on 'web'\n");
  CHECK(with([](auto& web, auto&) {
          web.depends_on["agent"] = {};
        }) == "services: depend on each other in a circle: agent → web → agent\n");
  CHECK(with([](auto&, auto& agent) { agent.hostname = "a"; }) ==
        "services.agent.hostname: with network_mode service:web the hostname is that of 'web'\n");
  CHECK(with([](auto&, auto& agent) { agent.ports = {{80, 80}}; }) ==
        "services.agent.ports: with network_mode service:web the ports are those of 'web'\n");
  CHECK(with([](auto&, auto& agent) { agent.volumes_from = {"web:rx"}; }) ==
        "services.agent.volumes_from: 'web:rx' is not NAME or NAME:ro\n");
}

TEST_CASE("an ipc namespace is shared where its owner says so") {
  const auto join = [](auto& agent) { agent.network_mode = "", agent.options = ContainerOptions{.ipc = "service:web"}; };
  CHECK(with([&](auto&, auto& agent) { join(agent); }) ==
        "services.agent.ipc: the ipc namespace of 'web' is its own alone: it is to have 'ipc: shareable'\n");
  CHECK(with([&](auto& web, auto& agent) { join(agent), web.options = ContainerOptions{.ipc = "shareable"}; }) == "");
}
