#include "kontena/rollout/moves.h"

#include "shop.h"
#include "world.h"

using namespace kontena;
using namespace kontena::rollout;

namespace {

std::string moves_of(const Shop& shop, std::size_t most = 100) {
  schedule::Nodes nodes(shop.view, shop.liveness, "g");
  std::string text;
  for (const Move& move : rebalance(shop.view, nodes, "g", most))
    text +=
        (text.empty() ? "" : " ") + move.instance.service + '-' + std::to_string(move.instance.slot) + '>' + *move.to;
  return text;
}

Shop grown(std::int64_t replicas) {
  Shop shop(1);
  shop.deploy(service_of("web", replicas));
  shop.run(2);
  shop.node("n2");
  return shop;
}

void move_all(Shop& shop, std::size_t most) {
  schedule::Nodes nodes(shop.view, shop.liveness, "g");
  for (const Move& move : rebalance(shop.view, nodes, "g", most)) {
    model::Instance instance = move.instance;
    instance.move_why = "rebalance";
    instance.move_to = move.to;
    shop.put(instance);
  }
}

}  // namespace

TEST_CASE("a service is evened out over its nodes, and then nothing is left to move") {
  Shop shop = grown(4);
  CHECK(moves_of(shop) == "web-4>n2 web-3>n2");
  move_all(shop, 100);
  CHECK(moves_of(shop).empty());  // it is under way
  shop.run(9);
  CHECK(shop.text() == "web-1@n1 web-2@n1 web-3@n2 web-4@n2");
  CHECK(moves_of(shop).empty());
}

TEST_CASE("no more is moved than was asked for") {
  Shop shop = grown(6);
  CHECK(moves_of(shop, 1) == "web-6>n2");
}

TEST_CASE("services of one instance each are evened out over all nodes") {
  Shop shop(1);
  for (const auto* name : {"a", "b", "c", "d"}) shop.service("shop", service_of(name));
  shop.deploy();
  shop.run(3);
  shop.node("n2");
  CHECK(moves_of(shop) == "a-1>n2 b-1>n2");
}

TEST_CASE("what is not up, not as wanted, bound to its node or has nowhere to go stays") {
  Shop shop = grown(4);
  SUBCASE("not up") {
    shop.set(shop.instances()[0], [](auto& s) { s.state = model::InstanceState::exited; });
  }
  SUBCASE("a deployment is under way") { shop.deploy(); }
  SUBCASE("pinned") {
    shop.change("web", [](model::Service& s) { s.spec.pinned = true; });
  }
  SUBCASE("paused") { shop.availability("n2", model::Availability::pause); }
  SUBCASE("no room") {
    shop.change("web", [](model::Service& s) { s.spec.reservations.memory_bytes = 5'000 * support::megabyte; });
    shop.view.revisions.put("g/default/shop/web/00000001", {shop.view.services.get("g/default/shop/web")->spec});
  }
  CHECK(moves_of(shop).empty());
}

TEST_CASE("whatever there is, moves that were made are not followed by others") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    Shop shop(1 + draw(3));
    for (int s = 0; s < 4; ++s)
      shop.service("shop", service_of(std::string(1, static_cast<char>('a' + s)), 1 + draw(6)));
    shop.deploy();
    shop.run(3);
    for (int n = 0; n < 1 + draw(3); ++n) shop.node("x" + std::to_string(n));
    move_all(shop, 1'000);
    shop.run(30);
    CHECK(moves_of(shop).empty());
    CHECK(shop.instances().size() == static_cast<std::size_t>([&] {
            std::int64_t wanted = 0;
            shop.view.services.each("", [&](const auto& item) { wanted += item.value.spec.replicas; });
            return wanted;
          }()));
  }
}

namespace {

// "agent-1 goes web-1 no other node takes it now: …"
std::string foreseen(Shop& shop, const std::string& node) {
  schedule::Nodes nodes(shop.view, shop.liveness, "g");
  const auto stays = foresee_drain(shop.view, shop.path("shop"), NodeId(node), nodes, shop.ids, from_ms(shop.now_ms));
  std::string text;
  for (const auto& one : shop.instances())
    if (const auto found = stays.find(one.id); found != stays.end())
      text += (text.empty() ? "" : " | ") + one.service + '-' + std::to_string(one.slot) + ' ' +
              (found->second.empty() ? "goes" : found->second);
  return text;
}

}  // namespace

TEST_CASE("of a node that is to be drained is said what stays for want of what only it has") {
  Shop shop;
  auto facts = *shop.view.facts.get("g/n1");
  facts.runtimes = {"runc", "kata"};
  shop.view.facts.put("g/n1", facts);
  shop.paths("n1", {{"/srv/data", "directory"}});
  for (const auto* node : {"n2", "n3"}) shop.paths(node, {{"/srv/data", ""}});
  auto db = service_of("db"), kata = service_of("kata");
  db.mounts = {{.kind = model::MountKind::bind, .source = "/srv/data", .target = "/in"}};
  kata.options.emplace().runtime = "kata";
  shop.service("shop", db);
  shop.service("shop", kata);
  shop.deploy(service_of("web", 3));
  shop.run(5);
  CHECK(shop.text() == "db-1@n1 kata-1@n1 web-1@n2 web-2@n3 web-3@n1");
  CHECK(foreseen(shop, "n1") ==
        "db-1 no other node takes it now: 2 without '/srv/data'; 1 where it is to go away from | "
        "kata-1 no other node takes it now: 2 without the runtime kata; 1 where it is to go away from | web-3 goes");
  CHECK(foreseen(shop, "n2") == "web-1 goes");
}

TEST_CASE("those that are together go from a drained node together, or stay together") {
  Shop shop(2);
  auto web = service_of("web"), agent = service_of("agent");
  agent.network_mode = "service:web";
  agent.depends_on["web"] = {};
  agent.reservations.memory_bytes = 3'000 * support::megabyte;
  shop.service("shop", web);
  shop.deploy(agent);
  shop.run(5);
  CHECK(shop.text() == "agent-1@n1 web-1@n1");
  CHECK(foreseen(shop, "n1") == "agent-1 goes | web-1 goes");
  auto other = service_of("zoo");
  other.reservations.memory_bytes = 3'000 * support::megabyte;
  shop.deploy(other);
  shop.run(5);
  CHECK(shop.text("zoo") == "zoo-1@n2");
  const std::string text = foreseen(shop, "n1");
  CAPTURE(text);
  CHECK(text.starts_with("agent-1 no other node takes it now: "));
  CHECK(text.find("| web-1 no other node takes it now: ") != std::string::npos);
  CHECK(text.find("1 without enough free memory") != std::string::npos);
}
