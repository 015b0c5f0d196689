// The names by which instances are known: what nodes are told of them, and who is refused one.
#include <algorithm>
#include <thread>

#include "harness.h"
#include "kontena/api/network.h"

namespace kontena::server {
namespace {

using enum http::Method;

struct Named : World {
  Node n1 = join("n1"), n2 = join("n2");

  http::Response deploy(const std::string& stack, const model::StackSpec& spec) {
    const http::Response answered = as_admin(put, stack_url(stack), codec::to_json(api::DeployRequest{.spec = spec}));
    if (answered.status != 200) return answered;
    settle();
    for (int i = 0; i < 4; ++i) obey(n1), obey(n2), settle();
    return answered;
  }

  api::NetworkAnswer told(const Node& to, const api::NetworkAnswer& had = {}) {
    return read<api::NetworkAnswer>(as_node(
        to, get, "/v1/agent/network?after=" + std::to_string(had.revision) + "&has=" + had.digest));
  }
};

// `web` and `db`, which are on the stack's one network, and each on a node of its own.
model::StackSpec shop() {
  model::StackSpec spec;
  spec.networks["default"];
  for (const std::string name : {"db", "web"}) {
    spec.services[name] = service(name);
    spec.services[name].placing.constraints = {{"node.hostname", true, name == "db" ? "n1" : "n2"}};
  }
  return spec;
}

const model::Member* find(const api::NetworkAnswer& told, const std::string& name) {
  const auto found = std::ranges::find_if(told.members, [&](const auto& m) { return m.full.starts_with(name + '.'); });
  return found == told.members.end() ? nullptr : &*found;
}

bool is_called(const model::Member* member, const std::string& name) {
  REQUIRE(member);
  return std::ranges::find(member->names, name) != member->names.end();
}

void refuses(const http::Response& response, const std::string& why) {
  CHECK(response.status >= 400);
  CHECK_MESSAGE(response.body.find(why) != std::string::npos, response.body);
}

}  // namespace

TEST_CASE("a container's name and the exposed stack's are told to all, links to the node of who has them") {
  Named world;
  model::StackSpec spec = shop();
  spec.services["db"].container_name = "The-Store";
  spec.services["web"].links = {{"SQL", "db"}};
  spec.exposed = "web";
  REQUIRE(world.deploy("shop", spec).status == 200);
  const auto n1 = world.told(world.n1), n2 = world.told(world.n2);
  for (const auto& told : {n1, n2}) {
    CHECK(is_called(find(told, "db-1"), "the-store"));
    CHECK(is_called(find(told, "web-1"), "shop"));
    CHECK(is_called(find(told, "web-1"), "shop.default.default.kontena.local"));
    CHECK_FALSE(is_called(find(told, "db-1"), "shop"));
  }
  CHECK(find(n1, "web-1")->links.empty());
  CHECK(find(n2, "web-1")->links == model::StringMap{{"sql", "db.shop.default.default.kontena.local"}});
}

TEST_CASE("a change of names alone replaces no instance, and is told at once") {
  Named world;
  model::StackSpec spec = shop();
  REQUIRE(world.deploy("shop", spec).status == 200);
  const auto before = world.told(world.n1), links_before = world.told(world.n2);
  http::Response waited;
  std::thread waiter([&] {
    waited = world.as_node(world.n2, get, "/v1/agent/network?after=" + std::to_string(links_before.revision) +
                                              "&has=" + links_before.digest);
  });
  spec.services["db"].container_name = "store";
  spec.services["web"].links = {{"sql", "db"}};
  REQUIRE(world.deploy("shop", spec).status == 200);
  waiter.join();
  CHECK(world.read<api::NetworkAnswer>(waited).members.size() > 0);
  auto now = world.told(world.n1, before);
  CHECK_FALSE(now.complete);
  CHECK(now.gone.empty());
  CHECK(find(now, "db-1")->instance == find(before, "db-1")->instance);
  CHECK(is_called(find(now, "db-1"), "store"));
  CHECK(find(world.told(world.n2, links_before), "web-1")->links.size() == 1);
  // Another service is exposed: both are told anew.
  for (const std::string exposed : {"web", "db"}) {
    spec.exposed = exposed;
    REQUIRE(world.deploy("shop", spec).status == 200);
    now = world.told(world.n1, now);
    CHECK(is_called(find(now, exposed + "-1"), "shop"));
    if (exposed == "db") CHECK_FALSE(is_called(find(now, "web-1"), "shop"));
  }
  CHECK(world.views_.now()->history.get("default/default/shop/00000004")->spec.exposed == "db");
}

TEST_CASE("a container's name is one's alone in its project, and who asks for a second is told whose it is") {
  Named world;
  model::StackSpec spec = shop();
  spec.services["db"].container_name = "store";
  REQUIRE(world.deploy("shop", spec).status == 200);
  REQUIRE(world.deploy("shop", spec).status == 200);
  model::StackSpec other = shop();
  other.services["web"].container_name = "Store";
  refuses(world.deploy("blog", other), "services.web.container_name: 'store' is that of 'shop/db'");
  CHECK_FALSE(world.views_.now()->stacks.get("default/default/blog"));
  // Within the stack it may go from one service to another; a stack that goes has it no more.
  spec.services["db"].container_name = "";
  spec.services["web"].container_name = "store";
  REQUIRE(world.deploy("shop", spec).status == 200);
  REQUIRE(world.as_admin(del, stack_url("shop")).status == 200);
  CHECK(world.deploy("blog", other).status == 200);
}

TEST_CASE("of two stacks that ask for one name at once, one is late and looks again") {
  Named world;
  model::StackSpec spec = shop();
  spec.services["db"].container_name = "store";
  std::vector<http::Response> answers(4);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < answers.size(); ++i)
    clients.emplace_back([&, i] {
      answers[i] = world.as_admin(put, stack_url("s" + std::to_string(i)), codec::to_json(api::DeployRequest{.spec = spec}));
    });
  for (std::thread& client : clients) client.join();
  CHECK(std::ranges::count(answers, 200, &http::Response::status) == 1);
}

TEST_CASE("a service whose container has a name is not scaled to two") {
  Named world;
  model::StackSpec spec = shop();
  spec.services["db"].container_name = "store";
  REQUIRE(world.deploy("shop", spec).status == 200);
  const auto scale = [&](std::int64_t replicas) {
    return world.as_admin(post, stack_url("shop", "/services/db/scale"), codec::to_json(api::ScaleRequest{.replicas = replicas}));
  };
  refuses(scale(2), "'db' has container_name 'store'");
  CHECK(scale(0).status == 200);
  spec.services["db"].replicas = 2;
  refuses(world.deploy("shop", spec), "services.db.container_name: the service has 2 containers");
}

TEST_CASE("a service whose containers would share one MAC address on a node is not scaled to two") {
  Named world;
  model::StackSpec spec = shop();
  spec.services["db"].options = model::ContainerOptions{.mac_address = "02:42:ac:11:65:43"};
  REQUIRE(world.deploy("shop", spec).status == 200);
  const auto scale = [&](std::int64_t replicas) {
    return world.as_admin(post, stack_url("shop", "/services/db/scale"), codec::to_json(api::ScaleRequest{.replicas = replicas}));
  };
  refuses(scale(2), "'db' has mac_address, which is that of one container");
  CHECK(scale(0).status == 200);
  spec.services["db"].placing.max_replicas_per_node = 1;
  REQUIRE(world.deploy("shop", spec).status == 200);
  CHECK(scale(2).status == 200);
}

}  // namespace kontena::server
