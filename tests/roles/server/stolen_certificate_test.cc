// What a node's certificate does with what is another node's: nothing.
#include "kontena/api/channel.h"
#include "kontena/api/events.h"
#include "kontena/api/logs.h"
#include "kontena/api/stats.h"
#include "kontena/logs/batch.h"
#include "kontena/stats/sample.h"
#include "two_projects.h"

namespace kontena::server {

// Of each route of agents; a new one does not pass before it is here.
TEST_CASE("a stolen certificate reads and writes what is its node's, by whatever route") {
  Two world;
  const World::Node thief = world.join("n2");
  const model::Instance db = world.instance("blue");
  REQUIRE(*db.node == world.node.id);
  const std::string report = codec::to_json(api::StatusRequest{{{*db.id, {.state = model::InstanceState::failed}}}});
  const auto as_thief = [&](http::Method method, std::string_view path, const std::string& body = "") {
    return world.as_node(thief, method, std::string(path), body);
  };
  std::set<std::string_view> tried;
  const auto on = [&](std::string_view path) { return tried.insert(path), path; };
  const auto knows_nothing = [&](const http::Response& response) {
    for (const std::string& word : {std::string("blue"), *db.id, db.addresses.begin()->second})
      CHECK_MESSAGE(!has(response.body, word), response.body);
  };
  knows_nothing(as_thief(get, on(api::paths::agent_assignments)));
  knows_nothing(as_thief(get, on(api::paths::agent_network)));
  // Where logs of its grid are sent on to is told to all nodes of the grid: no more than that, and not of other grids.
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/blue/forwards/siem", R"({"to":"syslog+tcp://logs","ca_pem":""})").status == 201);
  REQUIRE(world.as_admin(put, "/v1/grids/green/forwards/theirs", R"({"to":"syslog+tcp://theirs","ca_pem":""})").status == 201);
  CHECK_FALSE(has(as_thief(get, on(api::paths::agent_forwards)).body, "theirs"));
  // What it says of its own sending is told as the thief's, and of nobody else.
  REQUIRE(as_thief(post, on(api::paths::agent_forwards), R"({"troubles":[{"project":"blue","name":"siem","error":"x","dropped_lines":1}]})").status == 200);
  for (const auto& each : world.forward_troubles_.of("default/" + world.node.id)) CHECK(each.name.empty());
  const http::Response told = as_thief(post, on(api::paths::agent_statuses), report);
  CHECK(world.read<api::StatusAnswer>(told).unknown == std::vector<std::string>{*db.id});
  CHECK(world.views_.now()->statuses.get(model::instance_key(db))->state == model::InstanceState::running);
  CHECK(as_thief(get, api::path(on(api::paths::agent_secret), {world.sealed})).status == 404);
  CHECK(as_thief(get, api::path(on(api::paths::agent_blob), {image::digest_of("blue's file")})).status == 404);
  CHECK(as_thief(get, api::path(on(api::paths::agent_registry), {*db.id}) + "?image=busybox").status == 404);
  CHECK(as_thief(get, api::path(on(api::paths::agent_build_blob), {"build1", image::digest_of("blue's file")})).status == 404);
  const auto others = [&] { return codec::to_json(*world.views_.now()->facts.get("default/" + world.node.id)) +
                                   codec::to_json(*world.views_.now()->nodes.get("default/" + world.node.id)); };
  const std::string before = others();
  const auto request = pki::make_request("n1");
  REQUIRE(request);
  const auto renewed = as_thief(post, on(api::paths::agent_renew), codec::to_json(api::RenewRequest{request->csr_pem}));
  CHECK(has(pki::read_certificate(world.read<api::RenewAnswer>(renewed).certificate_pem)->common_name, thief.id));
  as_thief(post, on(api::paths::agent_beat), "{}");
  as_thief(post, on(api::paths::agent_facts), codec::to_json(model::NodeFacts{.hostname = "n1", .nano_cpus = 1}));
  CHECK(others() == before);
  // A way into the other node's container.
  const auto way = std::make_shared<ChannelHub::Channel>();
  way->id = "way1", way->by_node = "default/" + world.node.id, way->user = "admin";
  REQUIRE(world.channels_.offer(way));
  CHECK(as_thief(get, api::path(on(api::paths::agent_channel), {"way1"})).status == 404);
  CHECK(as_thief(post, api::path(api::paths::agent_channel, {"way1"})).status >= 400);
  CHECK_FALSE(way->ends.with([](const auto& ends) { return ends.agent_hears || ends.agent_speaks; }));
  // What is asked of the other node, and streams that it was told to send.
  const auto session = world.logs_.open();
  world.logs_.ask(session, {.by_node = "default/" + world.node.id}, {.stream = "stream1", .kind = "logs", .instance = *db.id});
  const auto ask = world.asks_.ask(world.ids_, "default/" + world.node.id, "network", "{}", Duration(1));
  REQUIRE(ask);
  CHECK(world.logs_.take("default/" + thief.id).empty());
  CHECK(world.asks_.take("default/" + thief.id).empty());
  on(api::paths::agent_streams);  // is those two
  Sent line(codec::to_json(api::LogRecord{.instance = *db.id, .stream = "stdout", .text = "forged"}) + '\n');
  CHECK_FALSE(world.logs_.feed("stream1", "default/" + thief.id, line));
  CHECK(as_thief(post, api::path(on(api::paths::agent_stream), {"stream1"})).status >= 400);
  CHECK(as_thief(post, api::path(on(api::paths::agent_ask), {*ask}), R"({"body":"{}"})").status == 404);
  CHECK(as_thief(post, on(api::paths::agent_events),
                 codec::to_json(api::EventsRequest{{{.id = "e1", .kind = std::string(api::network_drift), .text = "x"}}})).status == 200);
  CHECK_FALSE(has(world.as_admin(get, "/v1/grids/default/events?kind=network.drift").body, "\"node_name\":\"n1\""));
  // What another node's instance uses.
  stats::Batch use{.samples = {{.instance = *db.id}, {.instance = "../" + world.node.id}}};
  use.samples[0].values[stats::cpu_milli] = 987'654;
  CHECK(world.read<api::StatsTaken>(as_thief(post, on(api::paths::agent_stats), stats::encode(use))).refused == 2);
  CHECK_FALSE(has(world.as_admin(get, "/v1/grids/default/projects/blue/stats").body, "987654"));
  // What another node's instance writes.
  world.log_keeper_.tick();
  const logs::Batch lines{.spool = "s", .number = 1, .sections = {{.instance = *db.id, .project = "blue", .stack = "db", .service = "db", .slot = db.slot, .lines = {{.time_ns = 1, .text = "forged"}}}}};
  CHECK(world.read<api::LogsTaken>(as_thief(post, on(api::paths::agent_logs), logs::encode(lines))).refused == 1);
  // Where it has to send logs itself, they are of the instance that it was asked about.
  world.logs_.take("default/" + world.node.id);
  Sent forged(codec::to_json(api::LogRecord{.instance = "another", .stream = "stdout", .text = "x"}) + '\n');
  REQUIRE(world.logs_.feed("stream1", "default/" + world.node.id, forged));
  const auto records = session->next(Duration(1));
  REQUIRE(records.size() == 1);
  CHECK(records[0].instance == *db.id);

  for (const Route& route : routes()) {
    if (route.permission == access::agent) {
      CHECK_MESSAGE(tried.contains(route.path), route.path);
      continue;
    }
    if (route.permission == access::open) continue;
    CHECK_MESSAGE(as_thief(route.method, filled(route.path, {{"grid", "default"}, {"project", "blue"}, {"stack", "db"}, {"service", "db"}})).status == 403, route.path);
  }
  CHECK(as_thief(get, api::paths::agent_join).status == 401);
  CHECK(as_thief(post, api::paths::agent_join, "{}").status == 401);
}

}  // namespace kontena::server
