#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using support::megabyte;

namespace {

model::ServiceSpec with(const std::string& name, const std::string& volume, std::int64_t replicas = 1) {
  auto spec = service_of(name, replicas);
  spec.mounts = {{.source = volume, .target = "/data"}};
  return spec;
}

Shop shop_with(const std::vector<model::ServiceSpec>& services, model::VolumeSpec volume = {}) {
  Shop shop;
  for (const auto& spec : services) shop.service("shop", spec);
  shop.stack([&](model::Stack& s) { s.volumes = {{"data", volume}, {"more", {}}}; });
  return shop;
}

std::string home(const Shop& shop, const std::string& name) {
  const auto* volume = shop.view.volumes.get("g/default/" + name);
  return volume ? volume->node : "-";
}

}  // namespace

TEST_CASE("the first instance that is placed decides where a volume is, and all others go there") {
  Shop shop = shop_with({with("db", "data", 3), with("web", "data", 2)});
  shop.step();
  CHECK(shop.text("db") == "db-1@n1 db-2@n1 db-3@n1");
  CHECK(shop.text("web") == "web-1@n1 web-2@n1");
  CHECK(home(shop, "shop.data") == "n1");
  const auto* volume = shop.view.volumes.get("g/default/shop.data");
  CHECK(volume->name == "shop.data");
  CHECK(volume->stack == "shop");
  shop.service("shop", with("late", "data"));
  shop.step();
  CHECK(shop.text("late") == "late-1@n1");
}

TEST_CASE("a volume is known by the name it was given") {
  Shop shop = shop_with({with("db", "data")}, {.name = "precious"});
  shop.step();
  CHECK(home(shop, "precious") == "n1");
}

TEST_CASE("an external volume is not pinned by us, but a pin is honoured") {
  Shop shop = shop_with({with("db", "data", 3)}, {.name = "theirs", .external = true});
  shop.step();
  CHECK(shop.text() == "db-1@- db-2@- db-3@-");
  CHECK(shop.instances()[0].why_not == "3 not known yet to have volume 'theirs'");
  for (const auto* node : {"n1", "n2"}) shop.paths(node, {{"volume:theirs", "volume"}});
  shop.paths("n3", {{"volume:theirs", ""}});
  shop.step();
  CHECK(shop.text() == "db-1@n1 db-2@n2 db-3@n1");
  CHECK(home(shop, "theirs") == "-");
  Shop other = shop_with({with("db", "data", 2)}, {.name = "theirs", .external = true});
  other.view.volumes.put("g/default/theirs", {.grid = "g", .project = "default", .name = "theirs", .node = "n2"});
  other.paths("n2", {{"volume:theirs", "volume"}});
  other.step();
  CHECK(other.text() == "db-1@n2 db-2@n2");
}

TEST_CASE("an instance whose volume lives on a node without room waits for it") {
  Shop shop = shop_with({with("db", "data")});
  shop.view.volumes.put("g/default/shop.data", {.grid = "g", .project = "default", .name = "shop.data", .node = "n2"});
  shop.liveness[NodeId("n2")] = model::NodeState::lost;
  shop.deploy();
  shop.step();
  CHECK(shop.deployment() == "failed: db-1: no node: 1 not ready for new work; 2 not the node its volume lives on");
  shop.liveness[NodeId("n2")] = model::NodeState::ready;
  shop.step();
  CHECK(shop.text() == "db-1@n2");
}

TEST_CASE("volumes that live on different nodes cannot be mounted together") {
  auto spec = with("db", "data");
  spec.mounts.push_back({.source = "more", .target = "/more"});
  Shop shop = shop_with({spec});
  for (const auto& [name, node] : {std::pair{"shop.data", "n1"}, {"shop.more", "n2"}})
    shop.view.volumes.put(std::string("g/default/") + name,
                          {.grid = "g", .project = "default", .name = name, .node = node});
  shop.deploy();
  shop.step();
  CHECK(shop.deployment() == "failed: db-1: no node: its volumes 'shop.data' and 'shop.more' live on different nodes");
}

TEST_CASE("a second volume goes to the node of the first") {
  Shop shop = shop_with({with("db", "data")});
  shop.step();
  auto spec = with("db", "data");
  spec.mounts.push_back({.source = "more", .target = "/more"});
  shop.service("shop", spec);
  shop.run(4);
  CHECK(home(shop, "shop.more") == "n1");
}

TEST_CASE("a replaced instance stays with its volume") {
  Shop shop = shop_with({with("db", "data")});
  shop.run(2);
  shop.node("a0");
  auto spec = with("db", "data");
  spec.image = "db:2";
  shop.deploy(spec);
  shop.run(4);
  CHECK(shop.text() == "db-1@n1");
  CHECK(shop.deployment() == "succeeded");
}
