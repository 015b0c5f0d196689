#include "kontena/rollout/moves.h"
#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using support::megabyte;

namespace {

// In the network of another.
model::ServiceSpec in_network_of(const std::string& name, const std::string& other, std::int64_t replicas = 1) {
  auto spec = service_of(name, replicas);
  spec.network_mode = "service:" + other;
  spec.depends_on[other] = {.restart = true};
  return spec;
}

Shop shop_of(const std::vector<model::ServiceSpec>& services, int nodes = 3) {
  Shop shop(nodes);
  for (const auto& spec : services) shop.service("shop", spec);
  shop.deploy();
  return shop;
}

model::ServiceSpec reserving(model::ServiceSpec spec, std::int64_t bytes) {
  spec.reservations.memory_bytes = bytes;
  return spec;
}

}  // namespace

TEST_CASE("each instance goes to the node of the one that it is beside, once that is there") {
  Shop shop = shop_of({service_of("web", 3), in_network_of("agent", "web", 3)});
  shop.step();
  CHECK(shop.text("web") == "web-1@n1 web-2@n2 web-3@n3");
  CHECK(shop.text("agent") == "");
  shop.agents();
  shop.step();
  CHECK(shop.text("agent") == "agent-1@n1 agent-2@n2 agent-3@n3");
}

TEST_CASE("all go beside the only one") {
  Shop shop = shop_of({service_of("web"), in_network_of("agent", "web", 3)});
  shop.run(4);
  CHECK(shop.text("web") == "web-1@n1");
  CHECK(shop.text("agent") == "agent-1@n1 agent-2@n1 agent-3@n1");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("the first goes where there is room for those that are to be beside it") {
  Shop shop = shop_of({reserving(service_of("web"), 100 * megabyte),
                       reserving(in_network_of("agent", "web", 2), 1'000 * megabyte)},
                      0);
  shop.node("n1", {}, 4, 2'000 * megabyte);
  shop.node("n2", {}, 4, 4'000 * megabyte);
  shop.run(3);
  CHECK(shop.text() == "agent-1@n2 web-1@n2 agent-2@n2");
}

TEST_CASE("constraints, ports and volumes of one hold for all that are together") {
  auto agent = in_network_of("agent", "web");
  agent.placing.constraints = {{"node.labels.disk", true, "ssd"}};
  Shop shop = shop_of({service_of("web"), agent}, 0);
  shop.node("n1", {{"disk", "hdd"}});
  shop.node("n2", {{"disk", "ssd"}});
  shop.run(3);
  CHECK(shop.text() == "agent-1@n2 web-1@n2");
}

TEST_CASE("who has no room beside the other waits, and says where it would have to go") {
  Shop shop = shop_of({service_of("web")}, 0);
  shop.node("n1", {}, 4, 500 * megabyte);
  shop.node("n2");
  shop.availability("n2", model::Availability::pause);
  shop.run(2);
  shop.deploy(reserving(in_network_of("agent", "web"), 1'000 * megabyte));
  shop.step();
  CHECK(shop.text() == "agent-1@- web-1@n1");
  CHECK(shop.instances("agent")[0].why_not ==
        "1 not ready for new work; 1 without enough free memory: need 1000 MB, best has 500 MB");
}

TEST_CASE("what is drained goes to another node together") {
  Shop shop = shop_of({service_of("web"), in_network_of("agent", "web")});
  shop.run(4);
  CHECK(shop.text() == "agent-1@n1 web-1@n1");
  shop.availability("n1", model::Availability::drain);
  shop.step();
  CHECK(shop.text() == "agent-1@n1 web-1@n1 web-1@n2");
  shop.run(6);
  CHECK(shop.text() == "agent-1@n2 web-1@n2");
}

TEST_CASE("where the data of one is, all of them are held") {
  auto agent = in_network_of("agent", "web");
  agent.mounts = {{.source = "data", .target = "/data"}};
  Shop shop = shop_of({service_of("web"), agent});
  shop.stack([](model::Stack& s) { s.volumes = {{"data", {}}}; });
  shop.run(4);
  shop.availability("n1", model::Availability::drain);
  shop.run(4);
  CHECK(shop.text() == "agent-1@n1 web-1@n1");
  CHECK(bound(shop.view, shop.instances("web")[0]) ==
        "it is with agent-1, of which holds: its volume 'shop.data' lives there");
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.run(2);
  CHECK(shop.text() == "agent-1@n1 web-1@n1");
}

TEST_CASE("what was lost with its node is made on another one together") {
  Shop shop = shop_of({service_of("web"), in_network_of("agent", "web")});
  shop.run(4);
  shop.liveness[NodeId("n1")] = model::NodeState::lost;
  shop.step();
  CHECK(shop.text("web") == "web-1@n1 web-1@n2");
  CHECK(shop.text("agent") == "agent-1@n1 agent-1@n2");
  shop.run(2);
  shop.liveness[NodeId("n1")] = model::NodeState::ready;
  shop.run(4);
  CHECK(shop.text() == "agent-1@n2 web-1@n2");
}

TEST_CASE("one that is beside two has both on its node") {
  auto agent = in_network_of("agent", "web");
  agent.volumes_from = {"store:ro"};
  agent.depends_on["store"] = {};
  Shop shop = shop_of({service_of("web"), service_of("store"), agent});
  shop.run(4);
  CHECK(shop.text() == "agent-1@n1 store-1@n1 web-1@n1");
  shop.availability("n1", model::Availability::drain);
  shop.run(12);
  CHECK(shop.text() == "agent-1@n2 store-1@n2 web-1@n2");
}

TEST_CASE("a changed one stays where those beside it are, and they are replaced after it") {
  Shop shop = shop_of({service_of("web", 2), in_network_of("agent", "web", 2)});
  shop.run(4);
  auto web = service_of("web", 2);
  web.image = "web:2";
  auto agent = in_network_of("agent", "web", 2);
  agent.update.order = model::Order::start_first;
  shop.service("shop", web);
  shop.service("shop", agent);
  shop.deploy();
  for (int i = 0; i < 12; ++i) {
    shop.run();
    for (const auto& one : shop.instances("agent")) {
      const auto webs = shop.instances("web");
      CHECK(std::ranges::any_of(webs, [&](const auto& w) { return w.slot == one.slot && w.node == one.node; }));
      CHECK_FALSE(one.beside);
    }
  }
  CHECK(shop.text() == "agent-1@n1 web-1@n1 agent-2@n2 web-2@n2");
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("rebalancing leaves those that are together") {
  Shop shop = shop_of({service_of("web", 2), in_network_of("agent", "web", 2)}, 1);
  shop.run(6);
  shop.node("n2");
  schedule::Nodes nodes(shop.view, shop.liveness, "g");
  CHECK(rebalance(shop.view, nodes, "g", 10).empty());
}
