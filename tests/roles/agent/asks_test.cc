// Questions that the server passes on, and events that it is told.
#include "asks.h"

#include <doctest/doctest.h>

#include "event_log.h"
#include "kontena/api/events.h"
#include "probe.h"
#include "streams.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using agent::test::FakeServer;
using agent::test::soon;
using agent::test::World;

namespace {

struct Linked : World {
  FakeServer* server = nullptr;
  Uplink uplink{[this] {
    std::vector<std::unique_ptr<http::Client>> servers;
    servers.push_back(std::make_unique<FakeServer>());
    server = static_cast<FakeServer*>(servers[0].get());
    return servers;
  }()};

  // As the server has it, by the question's id.
  void takes_answer(const std::string& ask) {
    server->answer_with(api::path(api::paths::agent_ask, {ask}), api::Nothing{});
  }
  std::optional<api::AskAnswer> answer(const std::string& ask) {
    const auto came = server->all(api::path(api::paths::agent_ask, {ask}));
    if (came.empty()) return std::nullopt;
    return *codec::from_json<api::AskAnswer>(came.back().body);
  }
  std::vector<api::EventReport> told() {
    const auto came = server->all(api::paths::agent_events);
    return came.empty() ? std::vector<api::EventReport>{}
                        : codec::from_json<api::EventsRequest>(came.back().body)->events;
  }
  int times_told() { return server->count(api::paths::agent_events); }
};

}  // namespace

TEST_CASE("a question that comes with the poll is answered, and a kind that nobody knows is refused") {
  Linked world;
  Streams streams(world.context, world.uplink,
                  {{"echo", [](const std::string& body, Duration) -> Result<std::string> { return body; }},
                   {"fail", [](const std::string&, Duration) -> Result<std::string> {
                      return Error{Code::not_found, "gone", "look"};
                    }}});
  for (const char* id : {"a", "b", "c"}) world.takes_answer(id);
  world.server->answer_with(
      api::paths::agent_streams,
      api::StreamList{.asks = {{"a", "echo", "{\"n\":1}", 1'000}, {"b", "fail", "", 1'000}, {"c", "news", "", 1'000}}});
  streams.step();
  CHECK(soon([&] { return world.answer("a") && world.answer("b") && world.answer("c"); }));
  CHECK(world.answer("a")->body == "{\"n\":1}");
  CHECK_FALSE(world.answer("a")->error);
  REQUIRE(world.answer("b")->error);
  CHECK(world.answer("b")->error->code == "not_found");
  CHECK(world.answer("b")->error->hint == "look");
  CHECK(world.answer("c")->error->code == "unsupported");
}

TEST_CASE("no more questions are answered at a time than are allowed, and one that is stuck keeps no other") {
  Linked world;
  Synced<bool> gate{false};
  const auto wait = [&](const std::string&, Duration) -> Result<std::string> {
    gate.wait(Duration(20'000), [](bool open) { return open; });
    return std::string("{}");
  };
  Asks asks(world.context, world.uplink, {{"wait", wait}});
  for (std::size_t i = 0; i <= most_asks; ++i) world.takes_answer("q" + std::to_string(i));
  for (std::size_t i = 0; i <= most_asks; ++i) asks.open({"q" + std::to_string(i), "wait", "", 1'000});
  const auto refused = world.answer("q" + std::to_string(most_asks));
  REQUIRE(refused);
  CHECK(refused->error->code == "unavailable");
  gate.change([](bool& open) { open = true; });
  CHECK(soon([&] { return world.answer("q0").has_value(); }));
}

TEST_CASE("an answer that cannot be made of its question is an error, and one too large is not sent") {
  Linked world;
  const auto twice = answerer<api::ResolveAsk, api::Resolved>(
      [](const api::ResolveAsk& ask) -> Result<api::Resolved> { return api::Resolved{.server = ask.name + ask.name}; });
  CHECK(twice("{\"name\":\"a\"}", Duration(1))->find("\"aa\"") != std::string::npos);
  CHECK_FALSE(twice("[]", Duration(1)));
  world.takes_answer("a");
  {
    Asks asks(world.context, world.uplink, {{"large", [](const std::string&, Duration) -> Result<std::string> {
                                               return std::string(longest_answer + 1, ' ');
                                             }}});
    asks.open({"a", "large", "", 1'000});
  }
  CHECK(world.answer("a")->error->code == "exhausted");
}

TEST_CASE("an event is told once, and again with how often it came") {
  Linked world;
  EventLog log(world.context, world.uplink);
  world.server->answer_with(api::paths::agent_events, api::Nothing{});
  log.note(api::network_drift, "2 routes");
  log.note(api::network_drift, "peer n2");
  log.note(api::network_drift, "2 routes");
  world.advance(Duration(1'000));
  log.step();
  REQUIRE(world.told().size() == 2);
  CHECK(world.told()[0].text == "2 routes");
  CHECK(world.told()[0].count == 2);
  CHECK(world.told()[0].first_ago_ms == 1'000);
  CHECK(world.told()[1].count == 1);
  const std::string id = world.told()[0].id;

  log.note(api::network_drift, "2 routes");
  world.advance(EventLog::between_updates);
  log.step();
  REQUIRE(world.told().size() == 1);
  CHECK(world.told()[0].id == id);
  CHECK(world.told()[0].count == 3);

  // After a minute it is another event.
  world.advance(EventLog::together);
  log.note(api::network_drift, "2 routes");
  log.step();
  REQUIRE(world.told().size() == 1);
  CHECK(world.told()[0].id != id);
  CHECK(world.times_told() == 3);
}

TEST_CASE("what could not be told is told later, as the same event") {
  Linked world;
  EventLog log(world.context, world.uplink);
  log.note(api::network_drift, "2 routes");
  world.server->answer(api::paths::agent_events, [](const http::Request&) -> Result<http::Response> {
    return Error{Code::unavailable, "cannot connect"};
  });
  log.step();
  const std::string id = world.told().at(0).id;
  world.advance(Duration(5'000));
  world.server->answer_with(api::paths::agent_events, api::Nothing{});
  log.step();
  CHECK(world.told().at(0).id == id);
  CHECK(world.told().at(0).first_ago_ms == 5'000);
  CHECK(world.times_told() == 2);
}

TEST_CASE("what could not be told is told by the next agent, as the same event, and not again") {
  Linked world;
  const std::string file = world.folder.path() + "/events.json";
  std::string id;
  {
    EventLog log(world.context, world.uplink, file);
    log.note(api::network_drift, "2 routes");
    log.note(api::network_drift, "2 routes");
    world.server->answer(api::paths::agent_events, [](const http::Request&) -> Result<http::Response> {
      return Error{Code::unavailable, "cannot connect"};
    });
    log.step();
    id = world.told().at(0).id;
  }
  world.advance(Duration(5'000));
  world.server->answer_with(api::paths::agent_events, api::Nothing{});
  {
    EventLog log(world.context, world.uplink, file);
    log.step();
    REQUIRE(world.told().size() == 1);
    CHECK(world.told()[0].id == id);
    CHECK(world.told()[0].count == 2);
    CHECK(world.told()[0].first_ago_ms == 5'000);
  }
  EventLog log(world.context, world.uplink, file);
  log.close();
  log.step();
  CHECK(world.times_told() == 2);
}

TEST_CASE("a server that does not take an event is not asked for ever") {
  Linked world;
  EventLog log(world.context, world.uplink);
  log.note(api::network_drift, "2 routes");
  world.server->answer(api::paths::agent_events, [](const http::Request&) -> Result<http::Response> {
    return http::Response{.status = 404,
                          .body = codec::to_json(api::ErrorAnswer{{"not_found", "no such path", "", ""}})};
  });
  log.step();
  world.advance(EventLog::between_updates);
  log.close();
  log.step();
  CHECK(world.times_told() == 1);
}

TEST_CASE("a thing that flaps fills nothing") {
  Linked world;
  EventLog log(world.context, world.uplink);
  world.server->answer_with(api::paths::agent_events, api::Nothing{});
  for (int i = 0; i < 1'000; ++i) log.note(api::network_drift, "peer n" + std::to_string(i));
  log.step();
  CHECK(world.told().size() == EventLog::most_new + 1);
  CHECK(world.told().back().count == 1'000 - static_cast<std::int64_t>(EventLog::most_new));
  // With the server away for long, what is kept is bounded too.
  world.server->requests.with([](auto& r) { r.away = true; });
  for (int minute = 0; minute < 30; ++minute) {
    world.advance(EventLog::together);
    for (int i = 0; i < 30; ++i) log.note(api::network_drift, "peer n" + std::to_string(i));
  }
  world.server->requests.with([](auto& r) { r.away = false; });
  world.advance(EventLog::between_updates);
  log.step();
  CHECK(world.told().size() == EventLog::most_kept);
  log.note(api::network_drift, std::string(2'000, 'x'));
  log.step();
  CHECK(world.told().back().text.size() <= api::longest_event);
}

TEST_CASE("the members of a set are read from what nft prints") {
  const std::string table =
      R"({"nftables": [{"metainfo": {"version": "1.0.6"}}, {"set": {"family": "inet", "name": "own", "table": "kontena", )"
      R"("type": ["ifname", "ipv4_addr"], "handle": 3, "elem": [{"concat": ["kn0123456789", "10.80.16.9"]}, )"
      R"({"concat": ["kn0123456789", "10.80.16.10"]}, {"concat": ["odd"]}, "odd"]}}, )"
      R"({"set": {"family": "inet", "name": "remote", "table": "kontena", "type": ["ifname", "ipv4_addr"], "handle": 4}}]})"
      "\n"
      R"({"nftables": [{"table": {"family": "arp", "name": "kontena", "handle": 5}}]})"
      "\n";
  const auto own = members_of_set(table, "own");
  CHECK(own.size() == 2);
  CHECK(own.contains({"kn0123456789", "10.80.16.10"}));
  CHECK(members_of_set(table, "remote").empty());
  CHECK(members_of_set(table, "none").empty());
  CHECK(members_of_set("nonsense", "own").empty());
}
