#include "events.h"

#include "check.h"
#include "harness.h"

using namespace kontena;
using namespace kontena::server;

namespace {

const std::string events_url = "/v1/grids/default/events";

api::EventReport drift(const std::string& id, const std::string& text = "2 routes") {
  return {.id = id, .kind = std::string(api::network_drift), .text = text};
}

int tell(World& world, const World::Node& node, std::vector<api::EventReport> events) {
  return world
      .as_node(node, http::Method::post, std::string(api::paths::agent_events),
               codec::to_json(api::EventsRequest{std::move(events)}))
      .status;
}

std::vector<model::Event> list(World& world, const std::string& query = "") {
  // What the server itself tells of nodes that join is another test's.
  const std::string drifts = query.find("kind=") != std::string::npos ? "" : query.empty() ? "?kind=network.drift" : "&kind=network.drift";
  return world.read<api::EventList>(world.as_admin(http::Method::get, events_url + query + drifts)).events;
}

}  // namespace

TEST_CASE("what a node tells is kept with its time, and listed with the newest first") {
  World world;
  const auto n1 = world.join("n1"), n2 = world.join("n2");
  const std::int64_t now = to_ms(world.clock_.now());
  auto old = drift("aa", "the device kontena0");
  old.first_ago_ms = 60'000;
  old.last_ago_ms = 10'000;
  old.count = 7;
  CHECK(tell(world, n1, {old, drift("ab")}) == 200);
  world.clock_.advance(Duration(1'000));
  CHECK(tell(world, n2, {drift("aa", "peer n1")}) == 200);
  const auto all = list(world);
  REQUIRE(all.size() == 3);
  CHECK(all[0].text == "peer n1");
  CHECK(all[0].node_name == "n2");
  CHECK(all[2].text == "the device kontena0");
  CHECK(all[2].at_ms == now - 60'000);
  CHECK(all[2].last_ms == now - 10'000);
  CHECK(all[2].count == 7);
  CHECK(list(world, "?node=n1").size() == 2);
  CHECK(list(world, "?node=" + n2.id).size() == 1);
  CHECK(list(world, "?limit=1").size() == 1);
  CHECK(list(world, "?since=" + std::to_string(now + 1)).size() == 1);
  CHECK(list(world, "?kind=other").empty());
  CHECK(world.as_admin(http::Method::get, events_url + "?node=none").status == 404);
  CHECK(world.as_admin(http::Method::get, events_url + "?limit=0").status == 400);
  CHECK(world.as_node(n1, http::Method::get, events_url).status == 403);
  CHECK(check_store(*world.store_).findings.empty());
}

TEST_CASE("what is told again takes the place of what was told before") {
  World world;
  const auto n1 = world.join("n1");
  CHECK(tell(world, n1, {drift("aa")}) == 200);
  world.clock_.advance(Duration(5'000));
  auto again = drift("aa");
  again.count = 3;
  again.first_ago_ms = 5'000;
  CHECK(tell(world, n1, {again}) == 200);
  again.count = 4;
  CHECK(tell(world, n1, {again, again}) == 400);
  CHECK(tell(world, n1, {again}) == 200);
  const auto all = list(world);
  REQUIRE(all.size() == 1);
  CHECK(all[0].count == 4);
}

TEST_CASE("the newest are kept, and who tells much drives out its own") {
  World world;
  const auto quiet = world.join("quiet"), loud = world.join("loud");
  CHECK(tell(world, quiet, {drift("first", "of long ago")}) == 200);
  int number = 0;
  for (int round = 0; round < 12; ++round) {
    world.clock_.advance(Duration(1'000));
    std::vector<api::EventReport> many;
    for (std::size_t i = 0; i < api::most_events_at_once; ++i) {
      const std::string text = std::to_string(++number);
      many.push_back(drift("e" + text, text));
    }
    CHECK(tell(world, loud, many) == 200);
  }
  const auto all = list(world, "?limit=1000");
  CHECK(all.size() == most_events);
  CHECK(all.back().text == "of long ago");
  CHECK(list(world, "?node=loud&limit=1000").back().text == "202");
  CHECK(list(world, "?node=loud&limit=1").front().text == "1200");
}

TEST_CASE("what is no event is refused whole") {
  World world;
  const auto n1 = world.join("n1");
  const auto refused = [&](auto change) {
    auto event = drift("aa");
    change(event);
    return tell(world, n1, {drift("ok"), event}) == 400;
  };
  CHECK(refused([](auto& e) { e.id = "a/b"; }));
  CHECK(refused([](auto& e) { e.id.clear(); }));
  CHECK(refused([](auto& e) { e.kind = "node.lost"; }));
  CHECK(refused([](auto& e) { e.text = std::string(api::longest_event + 1, 'x'); }));
  CHECK(refused([](auto& e) { e.count = 0; }));
  CHECK(refused([](auto& e) { e.last_ago_ms = 1; }));
  CHECK(refused([](auto& e) { e.first_ago_ms = e.last_ago_ms = -1; }));
  CHECK(tell(world, n1, std::vector<api::EventReport>(api::most_events_at_once + 1, drift("aa"))) == 400);
  CHECK(list(world).empty());
  CHECK(world.as_admin(http::Method::post, std::string(api::paths::agent_events), "{}").status == 403);
}

TEST_CASE("events go with their grid") {
  World world;
  const auto n1 = world.join("n1");
  CHECK(tell(world, n1, {drift("aa")}) == 200);
  CHECK(world.as_admin(http::Method::del, "/v1/grids/default/nodes/n1?force=true").status == 200);
  CHECK(list(world).size() == 1);
  CHECK(world.as_admin(http::Method::del, "/v1/grids/default").status == 200);
  CHECK(world.store_->page("events/", "", 10, false)->empty());
}
