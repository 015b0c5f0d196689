#include <doctest/doctest.h>

#include "kontena/alerts/alerts.h"
#include "support/cluster.h"

using namespace kontena;
using model::AlertKind;

namespace {

// One rule about instances that are unhealthy for 30 s, and one webhook; time goes by in seconds.
struct World : support::Cluster {
  World() {
    node("n1");
    service("shop", {.name = "web", .image = "i"});
    one = instance("shop", "web", "i1", "n1");
    book.rules["g/default/sick"] = {.grid = "g", .project = "default", .name = "sick", .kind = AlertKind::unhealthy, .for_ms = 30'000};
    hook("ops");
  }
  void hook(const std::string& name) { book.webhooks["g/default/" + name] = {.grid = "g", .project = "default", .name = name}; }
  void sick(bool is) { status(one, {.health = is ? model::Health::unhealthy : model::Health::healthy}); }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      now_ms += 1'000;
      const auto changes = alerts::step(book, {.view = view, .liveness = liveness, .now = from_ms(now_ms), .lines = lines}, watch);
      for (const auto& state : changes.put) book.states[model::alert_key(state)] = state;
      for (const auto& key : changes.drop) book.states.erase(key);
      writes += changes.put.size() + changes.drop.size();
    }
  }
  // What is due, taken by the webhooks.
  std::vector<alerts::Notice> tell() {
    auto notices = alerts::due(book, from_ms(now_ms));
    for (const auto& notice : notices)
      for (const auto& state : notice.states)
        book.states[model::alert_key(state)].told[notice.webhook.substr(notice.webhook.rfind('/') + 1)] = {state.resolved_ms == 0, now_ms};
    return notices;
  }
  const model::AlertState* state() const {
    const auto found = book.states.find("g/default/sick/shop/web");
    return found == book.states.end() ? nullptr : &found->second;
  }

  model::Instance one;
  alerts::Book book;
  alerts::Watch watch;
  std::map<std::string, std::map<std::string, alerts::Lines>> lines;
  std::int64_t now_ms = 1'000'000;
  std::size_t writes = 0;
};

}  // namespace

TEST_CASE("a rule fires once, when it has been so for its time") {
  World world;
  world.sick(true);
  world.pass(30);
  CHECK_FALSE(world.state());
  world.pass(1);
  REQUIRE(world.state());
  CHECK(world.state()->since_ms == 1'001'000);
  CHECK(world.state()->fired_ms == 1'031'000);
  world.pass(100);
  CHECK(world.writes == 1);
}

TEST_CASE("what was well in between begins anew") {
  World world;
  world.sick(true);
  world.pass(25);
  world.sick(false);
  world.pass(1);
  world.sick(true);
  world.pass(30);
  CHECK_FALSE(world.state());
  world.pass(1);
  CHECK(world.state());
}

TEST_CASE("an end is believed after a calm, and what flaps stays one firing") {
  World world;
  world.sick(true);
  world.pass(31);
  for (int i = 0; i < 5; ++i) {
    world.sick(false);
    world.pass(10);
    world.sick(true);
    world.pass(3);
  }
  CHECK(world.state()->resolved_ms == 0);
  CHECK(world.writes == 1);
  world.sick(false);
  world.pass(16);
  CHECK(world.state()->resolved_ms != 0);
}

TEST_CASE("a webhook is told of the firing and of the end, once each, grouped") {
  World world;
  world.service("shop", {.name = "db", .image = "i"});
  const auto two = world.instance("shop", "db", "i2", "n1");
  world.sick(true);
  world.status(two, {.health = model::Health::unhealthy});
  world.pass(31);
  CHECK(world.tell().empty());  // others may come along
  world.pass(5);
  auto told = world.tell();
  REQUIRE(told.size() == 1);
  CHECK(told[0].webhook == "g/default/ops");
  CHECK(told[0].states.size() == 2);
  CHECK(world.tell().empty());
  world.sick(false);
  world.pass(21);
  told = world.tell();
  REQUIRE(told.size() == 1);
  REQUIRE(told[0].states.size() == 1);
  CHECK(told[0].states[0].subject == "shop/web");
  CHECK(told[0].states[0].resolved_ms != 0);
  CHECK(world.tell().empty());
}

TEST_CASE("nobody is told of the end of what they never heard of") {
  World world;
  world.sick(true);
  world.pass(31);
  world.sick(false);
  world.pass(30);
  REQUIRE(world.state());
  CHECK(world.tell().empty());
}

TEST_CASE("what lasts is told again, but not to who knows; the end is told to all") {
  World world;
  world.sick(true);
  world.pass(36);
  REQUIRE(world.tell().size() == 1);
  world.now_ms += alerts::repeat_after.count() - 1'000;
  CHECK(world.tell().empty());
  world.now_ms += 1'000;
  CHECK(world.tell().size() == 1);
  world.book.states.begin()->second.acked_ms = world.now_ms;
  world.now_ms += 2 * alerts::repeat_after.count();
  CHECK(world.tell().empty());
  world.sick(false);
  world.pass(21);
  CHECK(world.tell().size() == 1);
}

TEST_CASE("silence tells nobody, and what still is so afterwards is told then") {
  World world;
  world.book.rules.begin()->second.silent_until_ms = world.now_ms + 60'000;
  world.sick(true);
  world.pass(59);
  REQUIRE(world.state());
  CHECK(world.tell().empty());
  world.pass(1);
  CHECK(world.tell().size() == 1);
}

TEST_CASE("a rule that names webhooks tells no others") {
  World world;
  world.hook("boss");
  world.book.rules.begin()->second.webhooks = {"boss"};
  world.sick(true);
  world.pass(40);
  const auto told = world.tell();
  REQUIRE(told.size() == 1);
  CHECK(told[0].webhook == "g/default/boss");
}

TEST_CASE("webhooks of the grid itself hear nothing of projects") {
  World world;
  world.book.webhooks = {{"g//ops", {.grid = "g", .name = "ops"}}};
  world.sick(true);
  world.pass(40);
  CHECK(world.tell().empty());
}

TEST_CASE("what is over is forgotten in time, and with its rule at once") {
  World world;
  world.sick(true);
  world.pass(36);
  world.tell();
  world.sick(false);
  world.pass(21);
  world.tell();
  world.now_ms += alerts::remembered.count();
  world.pass(1);
  CHECK_FALSE(world.state());
  world.sick(true);
  world.pass(36);
  REQUIRE(world.state());
  world.book.rules.clear();
  world.pass(1);
  CHECK_FALSE(world.state());
}

TEST_CASE("what nobody could tell is kept for a day") {
  World world;
  world.sick(true);
  world.pass(36);
  world.tell();
  world.sick(false);
  world.pass(21);
  world.now_ms += alerts::remembered.count();
  world.pass(1);
  CHECK(world.state());  // its end is not told yet
  world.now_ms += 24 * alerts::remembered.count();
  world.pass(1);
  CHECK_FALSE(world.state());
}

TEST_CASE("what fires again after its end is a new firing, and told as one") {
  World world;
  world.sick(true);
  world.pass(36);
  world.tell();
  world.sick(false);
  world.pass(21);
  world.tell();
  world.sick(true);
  world.pass(36);
  CHECK(world.state()->resolved_ms == 0);
  const auto told = world.tell();
  REQUIRE(told.size() == 1);
  CHECK(told[0].states[0].resolved_ms == 0);
}

TEST_CASE("a rule keeps no more than so many states") {
  World world;
  world.book.rules.begin()->second.for_ms = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string name = "s" + std::to_string(i);
    world.service("shop", {.name = name, .image = "i"});
    world.status(world.instance("shop", name, name, "n1"), {.health = model::Health::unhealthy});
  }
  world.pass(3);
  CHECK(world.book.states.size() == alerts::most_states);
  world.pass(6);
  CHECK(world.tell()[0].states.size() == alerts::most_told);
}

TEST_CASE("a rule about lines fires at once: they were counted over its time already") {
  World world;
  world.book.rules["g/default/sick"].kind = AlertKind::log;
  world.book.rules["g/default/sick"].limit = 1;
  world.lines["g/default/sick"]["shop/web"] = {1, "web-1: no"};
  world.pass(1);
  REQUIRE(world.state());
  const auto writes = world.writes;
  world.lines["g/default/sick"]["shop/web"] = {9, "web-1: no, no"};
  world.pass(5);
  CHECK(world.writes == writes);  // how many there are is no news
}
