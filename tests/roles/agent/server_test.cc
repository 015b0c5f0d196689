// What is said to the server and heard of it, against one in this process.
#include <doctest/doctest.h>

#include "beat.h"
#include "exits.h"
#include "kontena/api/endpoints.h"
#include "kontena/base/text.h"
#include "report.h"
#include "streams.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::assignment;
using agent::test::FakeServer;
using agent::test::World;

namespace {

struct Linked : World {
  FakeServer* server = nullptr;
  FakeServer* other = nullptr;
  Uplink uplink{[this] {
    std::vector<std::unique_ptr<http::Client>> servers;
    servers.push_back(std::make_unique<FakeServer>());
    servers.push_back(std::make_unique<FakeServer>());
    server = static_cast<FakeServer*>(servers[0].get());
    other = static_cast<FakeServer*>(servers[1].get());
    return servers;
  }()};
  Report report{context, uplink, [](model::NodeFacts& facts) { facts.address = "10.0.0.7"; }};

  Linked() {
    server->answer_with(api::paths::agent_facts, api::Nothing{});
    server->answer_with(api::paths::agent_statuses, api::StatusAnswer{});
    server->answer(api::paths::agent_beat, [this](const http::Request&) {
      return http::Response{.body = codec::to_json(api::BeatAnswer{to_ms(clock.now())})};
    });
  }
  std::vector<api::StatusReport> last_reports() {
    const auto requests = server->all(api::paths::agent_statuses);
    if (requests.empty()) return {};
    return codec::from_json<api::StatusRequest>(requests.back().body)->instances;
  }
  bool has_news() {
    return state.with([](const State& s) { return !s.report.empty() || s.report_facts; });
  }
};

}  // namespace

TEST_CASE("facts and statuses are told at first, and then only what has changed") {
  Linked world;
  world.assign({assignment("a"), assignment("b", "api")});
  world.settle();
  world.report.step();
  REQUIRE(world.server->count(api::paths::agent_facts) == 1);
  const auto facts = codec::from_json<model::NodeFacts>(world.server->all(api::paths::agent_facts)[0].body);
  CHECK(facts->address == "10.0.0.7");
  CHECK(facts->engine_version == "20.10.24");
  CHECK(world.last_reports().size() == 2);

  world.state.change([](State& s) { s.touch_all(); });
  world.report.step();
  CHECK(world.server->count(api::paths::agent_statuses) == 1);

  world.fake.exit("shop.web-1", 0);
  world.see("shop.web-1");
  world.report.step();
  REQUIRE(world.last_reports().size() == 1);
  CHECK(world.last_reports()[0].id == "a");
  CHECK(world.last_reports()[0].status.state == model::InstanceState::exited);
  CHECK(world.server->count(api::paths::agent_facts) == 1);
}

TEST_CASE("a report that fails is told again, and all is told to a server that has come back") {
  Linked world;
  Beat beat(world.context, world.uplink);
  world.assign({assignment("a")});
  world.settle();
  world.server->requests.with([](auto& r) { r.away = true; });
  world.report.step();
  CHECK(world.has_news());
  beat.step();
  CHECK(world.state.with([](const State& s) { return s.server_away; }));
  CHECK(world.uplink.at() == 1);  // the other one is tried
  beat.step();
  CHECK(world.uplink.at() == 0);
  world.server->requests.with([](auto& r) { r.away = false; });
  beat.step();
  CHECK_FALSE(world.state.with([](const State& s) { return s.server_away; }));
  world.report.step();
  CHECK(world.last_reports().size() == 1);
  CHECK(world.server->all(api::paths::agent_facts).size() >= 1);

  const int before = world.server->count(api::paths::agent_statuses);
  world.state.change([](State& s) { ++s.server_epoch; });
  world.report.step();
  CHECK(world.server->count(api::paths::agent_statuses) == before + 1);
}

TEST_CASE("a beat whose answer is late is sent a second time, but not to a server that is slow altogether") {
  Linked world;
  Beat beat(world.context, world.uplink);
  const auto away = [&] { return world.state.with([](const State& s) { return s.server_away; }); };
  int late = 0;  // answers yet to come that do not come in time
  Duration takes{900};
  world.server->answer(api::paths::agent_beat, [&](const http::Request&) -> Result<http::Response> {
    world.clock.advance(takes);
    if (late > 0) return --late, Error{Code::deadline_exceeded, "no answer"};
    return http::Response{.body = codec::to_json(api::BeatAnswer{to_ms(world.clock.now()), 3'000})};
  });
  beat.step();  // tells how long a silence may be
  late = 1;
  beat.step();
  CHECK_FALSE(away());
  CHECK(world.server->count(api::paths::agent_beat) == 3);

  takes = Duration(1'500);
  beat.step();
  CHECK(world.server->count(api::paths::agent_beat) == 4);
  late = 1;
  beat.step();
  CHECK(away());
  CHECK(world.server->count(api::paths::agent_beat) == 5);
}

TEST_CASE("an instance that the server does not know is not told again") {
  Linked world;
  world.server->answer_with(api::paths::agent_statuses, api::StatusAnswer{{"a"}});
  world.assign({assignment("a")});
  world.settle();
  world.report.step();
  REQUIRE(world.last_reports().size() == 1);
  world.fake.exit("shop.web-1", 3);
  world.see("shop.web-1");
  world.report.step();
  CHECK(world.server->count(api::paths::agent_statuses) == 1);
}

TEST_CASE("nothing is reported before the engine has told its containers") {
  Linked world;
  world.state.change([](State& s) { s.listed = false; });
  world.assign({assignment("a")});
  world.report.step();
  CHECK(world.server->count(api::paths::agent_facts) == 1);
  CHECK(world.server->count(api::paths::agent_statuses) == 0);
}

TEST_CASE("a node that people removed is told from one that the server does not know") {
  for (const bool removed : {true, false}) {
    CAPTURE(removed);
    Linked world;
    Beat beat(world.context, world.uplink);
    world.server->answer(api::paths::agent_beat, [removed](const http::Request&) {
      auto answer = http::error_response({Code::unauthenticated, "no"});
      if (removed) answer.headers[std::string(api::removed_header)] = "true";
      return answer;
    });
    beat.step();
    CHECK(world.state.with([](const State& s) { return s.exit; }) == exit_refused);
    CHECK(world.state.with([](const State& s) { return s.removed; }) == removed);
  }
}

TEST_CASE("a removed node ends, by the server's word alone") {
  Linked world;
  Beat beat(world.context, world.uplink);
  const auto exit = [&] { return world.state.with([](const State& s) { return s.exit; }); };
  SUBCASE("its own word") {
    world.server->answer(api::paths::agent_beat, [](const http::Request&) {
      return http::error_response({Code::unauthenticated, "this node was removed"});
    });
    beat.step();
    CHECK(exit() == exit_refused);
  }
  SUBCASE("a certificate that does not fit is no such word") {
    world.server->answer(api::paths::agent_beat, [](const http::Request&) -> Result<http::Response> {
      return Error{Code::unauthenticated, "unknown authority"};
    });
    beat.step();
    CHECK_FALSE(exit());
  }
  SUBCASE("nor what another server says in its place") {
    world.server->answer(api::paths::agent_beat, [](const http::Request&) {
      return http::Response{.status = 401, .content_type = "text/html", .body = "<html>"};
    });
    beat.step();
    CHECK_FALSE(exit());
  }
}

TEST_CASE("assignments are received from the kept revision on") {
  Linked world;
  Receive receive(world.context, world.uplink);
  world.server->answer_with(api::paths::agent_assignments,
                            api::AssignmentsAnswer{.revision = 7, .complete = true, .instances = {assignment("a")}});
  receive.step();
  CHECK(world.state.with([](const State& s) { return s.told && s.kept->instances.contains("a"); }));
  world.settle();
  CHECK(world.runs("shop.web-1"));
  world.server->answer_with(api::paths::agent_assignments, api::AssignmentsAnswer{.revision = 8, .forgotten = {"a"}});
  receive.step();
  CHECK(world.server->all(api::paths::agent_assignments).back().query.at("after") == "7");
  CHECK(world.state.with([](const State& s) { return s.kept->instances.empty() && s.work.empty(); }));
  world.settle();
  CHECK(world.runs("shop.web-1"));
}

TEST_CASE("the wait before the next try is short while the server was heard, and never the same") {
  for (std::uint64_t random = 0; random < 1'000; random += 7) {
    CHECK(reconnect_delay(1, true, random) <= Duration(200));
    CHECK(reconnect_delay(30, true, random) <= Duration(2'000));
    CHECK(reconnect_delay(30, true, random) >= Duration(1'000));
    CHECK(reconnect_delay(30, false, random) <= Duration(15'000));
    CHECK(reconnect_delay(30, false, random) >= Duration(7'500));
  }
  CHECK(reconnect_delay(9, false, 1) != reconnect_delay(9, false, 2));
}

TEST_CASE("clocks more than five minutes apart are both named") {
  CHECK(clock_difference(from_ms(0), from_ms(300'000)).empty());
  CHECK(clock_difference(from_ms(0), from_ms(300'001)) ==
        "this machine's clock says 1970-01-01T00:00:00.000Z, the server's 1970-01-01T00:05:00.001Z");
  CHECK_FALSE(clock_difference(from_ms(400'000), from_ms(0)).empty());
}

TEST_CASE("a log is sent as lines of JSON until it ends") {
  Linked world;
  world.fake.behave([](const engine::ContainerSpec&) {
    return engine::Run{.lines = {{.text = "one"}, {.is_error = true, .text = "two"}}, .exit_code = 0};
  });
  auto wanted = assignment("a");
  wanted.spec.restart.when = model::RestartWhen::no;
  world.assign({wanted});
  world.settle();
  send_log(world.context, *world.server, {.stream = "s1", .kind = "logs", .instance = "a", .follow = true});
  const auto sent = world.server->requests.with([](auto& r) { return r.uploads["/v1/agent/streams/s1"]; });
  std::vector<api::LogRecord> records;
  for (const std::string& line : text::split(sent, '\n'))
    if (!line.empty()) records.push_back(*codec::from_json<api::LogRecord>(line));
  REQUIRE(records.size() == 2);
  CHECK(records[0].text == "one");
  CHECK(records[0].stream == "stdout");
  CHECK(records[0].instance == "a");
  CHECK(records[0].slot == 1);
  CHECK_FALSE(records[0].time.empty());
  CHECK(records[1].stream == "stderr");
}

TEST_CASE("a log of an instance that is not here says so") {
  Linked world;
  send_log(world.context, *world.server, {.stream = "s1", .kind = "logs", .instance = "x"});
  const auto sent = world.server->requests.with([](auto& r) { return r.uploads["/v1/agent/streams/s1"]; });
  CHECK(codec::from_json<api::LogRecord>(sent)->error == "the instance is not on this node");
}

TEST_CASE("a followed log that is quiet beats, and ends when nobody reads it") {
  Linked world;
  world.assign({assignment("a")});
  world.settle();
  std::jthread sender([&] {
    send_log(world.context, *world.server, {.stream = "s1", .kind = "logs", .instance = "a", .follow = true});
  });
  REQUIRE(world.server->requests.wait(Duration(20'000), [](const auto& r) {
    const auto found = r.uploads.find("/v1/agent/streams/s1");
    return found != r.uploads.end() && found->second.find(R"("stream":"")") != std::string::npos;
  }));
  world.server->requests.with([](auto& r) { r.away = true; });
  sender.join();  // within the engine's beat
}

TEST_CASE("a poll that hangs over an absence of the server is not waited for, and its late answer is not used") {
  Linked world;
  Receive receive(world.context, world.uplink);
  Synced<bool> late{false};
  world.server->answer(api::paths::agent_assignments, [&](const http::Request& request) {
    if (request.query.at("after") == "0" && world.state.with([](const State& s) { return s.server_epoch; }) == 2)
      return http::Response{.body = codec::to_json(api::AssignmentsAnswer{
                                .revision = 9, .complete = true, .instances = {assignment("new")}})};
    late.wait(Duration(20'000), [](bool is) { return is; });
    return http::Response{.body =
                              codec::to_json(api::AssignmentsAnswer{.revision = 5, .instances = {assignment("old")}})};
  });
  std::jthread poll([&] { receive.step(); });
  REQUIRE(agent::test::soon([&] { return world.server->count(api::paths::agent_assignments) == 1; }));
  world.state.change([](State& s) { ++s.server_epoch; });
  receive.resume();
  CHECK(world.state.with([](const State& s) { return s.kept->instances.contains("new"); }));
  late.change([](bool& is) { is = true; });
  poll.join();
  CHECK(world.state.with([](const State& s) { return s.kept->revision; }) == 9);
  CHECK_FALSE(world.state.with([](const State& s) { return s.kept->instances.contains("old"); }));
}
