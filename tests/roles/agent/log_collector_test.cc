#include <doctest/doctest.h>

#include <thread>

#include "log_support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

TEST_CASE("what containers write comes in order, and says whose it is") {
  LogWorld world;
  const std::string id = world.start_one("i1", "web", 3);
  world.write(id, 0, 3);
  world.collect();
  const auto sections = world.sent();
  REQUIRE(sections.size() == 1);
  CHECK(sections[0].instance == "i1");
  CHECK(sections[0].project == "default");
  CHECK(sections[0].stack == "shop");
  CHECK(sections[0].service == "web");
  CHECK(sections[0].slot == 3);
  CHECK(sections[0].container == id);
  CHECK(sections[0].lines.size() == 3);
  world.write(id, 3, 5);
  world.collect();
  CHECK(world.lines() == numbered_lines(3, 5));
}

TEST_CASE("over restarts of the agent nothing is lost or doubled") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    LogWorld world;
    const std::string id = world.start_one("i1");
    int written = 0;
    std::vector<std::string> all;
    for (unsigned step = 0; step < 20; ++step) {
      const int more = static_cast<int>((seed * 31 + step * 17) % 50);
      world.write(id, written, written + more);
      written += more;
      world.advance(Duration(200));
      world.collector->pass();
      if ((seed + step) % 3 == 0) world.restart();
      if ((seed + step) % 4 == 0)
        for (std::string& line : world.lines()) all.push_back(std::move(line));
    }
    world.collect();
    for (std::string& line : world.lines()) all.push_back(std::move(line));
    CHECK(all == numbered_lines(0, written));
  }
}

TEST_CASE("a line whose parts came before and after a restart is whole") {
  LogWorld world;
  const std::string id = world.start_one("i1");
  std::ofstream(world.path_of(id)) << logs::test::json_line("begin ", 5, false, false) << logs::test::json_line("error", 6, true);
  world.collect();
  world.restart();
  std::ofstream(world.path_of(id), std::ios::app) << logs::test::json_line("end", 5);
  world.collect();
  const auto sections = world.sent();
  REQUIRE(sections.size() == 2);
  CHECK(sections[0].lines.at(0).text == "error");
  CHECK(sections[1].lines.at(0).text == "begin end");
}

TEST_CASE("what is over the rate is dropped, counted, and told in the log itself") {
  LogWorld world;
  world.limits = {.rate = 10, .burst_s = 10};
  world.restart();
  const std::string id = world.start_one("i1");
  world.write(id, 0, 1'500);
  world.collect();
  std::vector<std::string> out, notes;
  for (const auto& section : world.sent())
    for (const auto& line : section.lines) (line.stream == logs::Stream::note ? notes : out).push_back(line.text);
  CHECK(out == numbered_lines(0, 100));
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == "kontena: 1,400 lines dropped: the service writes over 10 lines a second on this node");
}

TEST_CASE("while the spool is full nothing is read, and then all of it") {
  LogWorld world;
  world.spool_limits.bytes = 200;
  world.restart();
  const std::string id = world.start_one("i1");
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    world.write(id, i * 100, i * 100 + 100);
    world.collect();
  }
  CHECK(world.spool->full());
  CHECK(world.spool->waiting() < 10);
  CHECK_FALSE(world.collector->drain(id, Duration(20'000)));  // at once: it would wait in vain
  for (int i = 0; i < 40; ++i) {
    for (std::string& line : world.lines()) all.push_back(std::move(line));
    world.collect();
  }
  CHECK(all == numbered_lines(0, 2'000));
}

TEST_CASE("with little room on the disk nothing is read until there is some") {
  LogWorld world;
  std::uint64_t left = 0;
  world.spool_limits.free_bytes = [&](const std::string&) { return left; };
  world.spool_limits.reserve = 10;
  world.restart();
  const std::string id = world.start_one("i1");
  world.write(id, 0, 10);
  world.collect();
  CHECK(world.lines().empty());
  left = 10;
  world.collect();
  CHECK(world.lines() == numbered_lines(0, 10));
}

TEST_CASE("a container's log is read to its end before it is removed") {
  LogWorld world;
  const std::string id = world.start_one("i1");
  std::jthread thread([&](std::stop_token stop) {
    while (!stop.stop_requested()) world.collector->step();
  });
  world.write(id, 0, 10'000);
  CHECK(world.collector->drain(id, Duration(20'000)));
  CHECK(world.lines() == numbered_lines(0, 10'000));
  CHECK(world.collector->drain("another", Duration(20'000)));
}

TEST_CASE("a container that is gone is forgotten, when its log was read to the end") {
  LogWorld world;
  const std::string id = world.start_one("i1");
  world.write(id, 0, 5);
  world.collect();
  CHECK(world.spool->positions().size() == 1);
  world.write(id, 5, 9);
  world.state.with([&](State& s) { s.seen.note_gone(id, s.seen.ticket()); });
  std::filesystem::remove(world.path_of(id));
  world.collect();
  CHECK(world.lines() == numbered_lines(0, 9));
  CHECK(world.spool->positions().empty());
}

TEST_CASE("logs that are in no file are read by the engine, each line once") {
  LogWorld world;
  const std::string id = world.start_one("i1");
  world.engine.log_places.with([&](auto& all) { all[id] = {.driver = "journald"}; });
  for (int i = 0; i < 5; ++i) world.fake.write(id, "line " + std::to_string(i));
  std::vector<std::string> all;
  const auto has = [&](std::size_t count) {
    return soon([&] {
      world.collect();
      for (std::string& line : world.lines()) all.push_back(std::move(line));
      return all.size() >= count;
    });
  };
  CHECK(has(5));
  world.restart();
  for (int i = 5; i < 8; ++i) world.fake.write(id, "line " + std::to_string(i));
  CHECK(has(8));
  CHECK(all == numbered_lines(0, 8));
}
