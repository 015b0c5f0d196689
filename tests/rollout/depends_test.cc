#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;
using model::Condition, model::InstanceState;

namespace {

model::ServiceSpec web(Condition condition, bool required = true) {
  auto spec = service_of("web");
  spec.depends_on["db"] = {condition, required};
  return spec;
}

model::ServiceSpec job(const std::string& name) {
  auto spec = service_of(name);
  spec.restart.when = model::RestartWhen::no;
  return spec;
}

}  // namespace

TEST_CASE("a service waits until what it depends on has started") {
  Shop shop;
  shop.service("shop", service_of("db"));
  shop.deploy(web(Condition::started));
  shop.step();
  CHECK(shop.text() == "db-1@n1");
  CHECK(shop.deployment() == "running");
  shop.run(1);
  shop.step();
  CHECK(shop.text() == "db-1@n1 web-1@n2");
}

TEST_CASE("a service waits until all of what it depends on is healthy") {
  Shop shop;
  auto db = service_of("db", 2);
  db.health_check.emplace().test = {"CMD", "true"};
  shop.service("shop", db);
  shop.deploy(web(Condition::healthy));
  shop.run(3);
  CHECK(shop.instances("web").empty());
  shop.set(shop.instances("db")[0], [](auto& s) { s.health = model::Health::healthy; });
  shop.run(3);
  CHECK(shop.instances("web").empty());
  CHECK(shop.deployment() == "running");
  shop.set(shop.instances("db")[1], [](auto& s) { s.health = model::Health::healthy; });
  shop.run(1);
  CHECK(shop.instances("web").size() == 1);
}

TEST_CASE("a service waits until a job has completed, and fails with it") {
  for (const std::int64_t code : {0, 3}) {
    CAPTURE(code);
    Shop shop;
    shop.service("shop", job("db"));
    shop.deploy(web(Condition::completed));
    shop.run(2);
    CHECK(shop.instances("web").empty());
    shop.set(shop.instances("db")[0], [&](auto& s) {
      s.state = InstanceState::exited;
      s.exit_code = code;
      s.finished_ms = shop.now_ms;
    });
    shop.run(2);
    CHECK(shop.instances("web").size() == (code == 0 ? 1 : 0));
    if (code == 0) shop.run(1);
    CHECK(shop.deployment() == (code == 0 ? "succeeded" : "failed: db-1: exit code 3"));
  }
}

TEST_CASE("a job that is always started again has completed while it waits for its next run") {
  Shop shop;
  shop.service("shop", service_of("db"));
  shop.run(1);
  CHECK_FALSE(satisfied(shop.view, shop.path("shop", "db"), Condition::completed));
  shop.set(shop.instances()[0], [&](auto& s) { s.state = InstanceState::exited; });
  CHECK(satisfied(shop.view, shop.path("shop", "db"), Condition::completed));
}

TEST_CASE("what is not in the stack is waited for only where it is required") {
  Shop shop;
  shop.deploy(web(Condition::started, false));
  shop.step();
  CHECK(shop.text() == "web-1@n1");

  Shop other;
  other.deploy(web(Condition::started));
  other.step();
  CHECK(other.text() == "");
  CHECK(other.deployment() == "failed: web depends on 'db', which is not in the stack");
}

TEST_CASE("a service without replicas keeps nobody waiting") {
  Shop shop;
  shop.service("shop", service_of("db", 0));
  shop.deploy(web(Condition::healthy));
  shop.step();
  CHECK(shop.text() == "web-1@n1");
}

TEST_CASE("a global service keeps nobody waiting where no node is to have it") {
  Shop shop;
  auto db = service_of("db");
  db.mode = model::Mode::global;
  shop.service("shop", db);
  CHECK_FALSE(satisfied(shop.view, shop.path("shop", "db"), Condition::healthy));
  db.placing.constraints = {{"node.hostname", true, "n9"}};
  shop.service("shop", db, true);
  CHECK(satisfied(shop.view, shop.path("shop", "db"), Condition::healthy));
}

TEST_CASE("an old instance is not given up while its successor would have to wait") {
  Shop shop;
  shop.service("shop", service_of("db"));
  shop.deploy(web(Condition::started));
  shop.run(3);
  auto db = service_of("db");
  db.image = "db:2";
  shop.service("shop", db);
  auto spec = web(Condition::started);
  spec.image = "web:2";
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "db-1@n1 removed web-1@n2");
  shop.agents();
  shop.step();
  CHECK(shop.text() == "db-1@n1 web-1@n2");
  shop.run(2);
  CHECK(shop.text() == "db-1@n1 web-1@n2 removed");
  shop.run(3);
  CHECK(shop.deployment() == "succeeded");
}

TEST_CASE("a stack that runs again starts in the order of its dependencies") {
  Shop shop;
  shop.service("shop", service_of("db"));
  shop.deploy(web(Condition::started));
  shop.run(3);
  shop.want(model::StackWanted::stopped);
  shop.run(2);
  shop.want(model::StackWanted::running);
  shop.step();
  CHECK(shop.text() == "db-1@n1 web-1@n2 stopped");
  shop.agents();
  shop.step();
  CHECK(shop.text() == "db-1@n1 web-1@n2");
}

namespace {

void has_container(Shop& shop, const model::Instance& instance) {
  shop.set(instance, [](auto& s) { s.container = "c", s.state = InstanceState::running, s.started_ms = 1; });
}

model::ServiceSpec prepared(const std::string& image, bool per_replica = false) {
  auto spec = service_of("web", 3);
  spec.image = image;
  spec.update.parallelism = 0;
  spec.pre_start = {{.command = {"migrate"}, .per_replica = per_replica}};
  return spec;
}

}  // namespace

TEST_CASE("one instance of a revision runs the pre_start hooks, and the others wait for it") {
  Shop shop;
  shop.deploy(prepared("web:1"));
  shop.step();
  REQUIRE(shop.instances("web").size() == 1);
  const auto first = shop.instances("web")[0];
  CHECK_FALSE(is_prepared(shop.view, first));
  shop.step();
  CHECK(shop.instances("web").size() == 1);
  has_container(shop, first);
  shop.step();
  CHECK(shop.instances("web").size() == 3);
  for (const auto& one : shop.instances("web")) CHECK(is_prepared(shop.view, one) == (one.id != first.id));
}

TEST_CASE("instances wait for nobody with pre_start hooks that are of each replica") {
  Shop shop;
  shop.deploy(prepared("web:1", true));
  shop.step();
  CHECK(shop.instances("web").size() == 3);
}

TEST_CASE("a roll-out begins with the one that runs the new revision's pre_start hooks") {
  Shop shop;
  shop.deploy(prepared("web:1"));
  shop.step();
  has_container(shop, shop.instances("web")[0]);
  shop.step();
  for (const auto& one : shop.instances("web")) has_container(shop, one);
  shop.run(3);
  REQUIRE(shop.deployment() == "succeeded");

  shop.deploy(prepared("web:2"));
  shop.run(4);  // the agents here make no containers, so that the hooks never end
  const auto of_new = [&] {
    return std::ranges::count_if(shop.instances("web"), [](const auto& i) { return i.instance_revision == 2; });
  };
  CHECK(of_new() == 1);
  for (const auto& one : shop.instances("web"))
    if (one.instance_revision == 2) has_container(shop, one);
  shop.run(4);
  CHECK(of_new() == 3);
}
