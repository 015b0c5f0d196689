#include "log_forwarder.h"

#include <doctest/doctest.h>

#include "kontena/base/files.h"
#include "log_support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

namespace {

// What one target was sent, and whether it is there.
struct Target {
  bool up = true;
  int breaks_after = -1;  // writes
  std::string got;
};

struct FakeWire final : http::Wire {
  explicit FakeWire(Target& t) : target(t) {}
  Status write(std::string_view bytes, Duration) override {
    if (!target.up) return Error{Code::unavailable, "broken off"};
    target.got += bytes;
    return Done{};
  }
  Result<std::string> read(std::size_t, Duration) override { return Error{Code::unavailable, "nothing"}; }
  Status settle(Duration) override {
    if (target.breaks_after == 0) target.up = false;
    if (target.breaks_after > 0) --target.breaks_after;
    if (!target.up) return Error{Code::unavailable, "broken off"};
    return Done{};
  }
  Target& target;
};

// Of OTLP: what comes first of a request is its header.
struct FakeCollector final : http::Client {
  explicit FakeCollector(Target& t) : target(t) {}
  Result<http::Response> send(const http::Request& request, Duration) override {
    if (!target.up) return Error{Code::unavailable, "nobody there"};
    target.got += request.header("authorization") + ' ' + request.body;
    return http::Response{.body = "{}"};
  }
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override { return Error{Code::unavailable, ""}; }
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override { return Error{Code::unavailable, ""}; }
  Target& target;
};

struct ForwardWorld : LogWorld {
  TempFolder forwards_folder;
  Target target;
  std::unique_ptr<LogForwarder> forwarder;

  void forward(const std::string& project = "", std::map<std::string, std::string> headers = {}) {
    forward::Seams seams;
    seams.dial = [this](const http::DialOptions&) -> Result<std::unique_ptr<http::Wire>> {
      if (!target.up) return Error{Code::unavailable, "nobody there"};
      return std::unique_ptr<http::Wire>(std::make_unique<FakeWire>(target));
    };
    seams.connect = [this](http::ClientOptions) { return std::make_unique<FakeCollector>(target); };
    const std::string to = headers.empty() ? "syslog+tcp://logs:601" : "otlp+http://logs";
    auto made = LogForwarder::make({.context = context, .spool = *spool, .collector = *collector, .node_name = "n1", .seams = std::move(seams)},
                                   {.project = project, .name = "siem", .to = to, .ca_pem = {}, .secret = {}, .headers = std::move(headers)}, forwards_folder / "siem.position");
    REQUIRE(made);
    forwarder = std::move(*made);
  }
  // As after kill -9, with the target as it is.
  void restart_all(const std::string& project = "") {
    forwarder.reset();
    const std::uint64_t by_server = std::exchange(taken, 0);
    restart();
    forward(project);
    spool->acknowledge(taken = by_server);
  }
  void stop_waiting() {
    state.with([](State& s) { s.stopping = true; });
  }
  void step(int count = 1) {
    for (int i = 0; i < count; ++i) forwarder->step();
  }
  std::vector<std::string> got() const {
    std::vector<std::string> lines;
    for (std::size_t at = target.got.find("] line "); at != std::string::npos; at = target.got.find("] line ", at + 1)) {
      std::size_t end = at + 7;
      while (end < target.got.size() && target.got[end] >= '0' && target.got[end] <= '9') ++end;
      std::string number = target.got.substr(at + 7, end - at - 7);
      lines.push_back(number);
    }
    return lines;
  }
  std::size_t count() const { return got().size(); }
};

}  // namespace

TEST_CASE("a target gets what comes after it was made, with whose it is") {
  ForwardWorld world;
  const std::string id = world.start_one("i1");
  world.write(id, 0, 5);
  world.collect();
  world.forward();
  world.write(id, 5, 9);
  world.collect();
  world.stop_waiting();
  world.step(4);
  CHECK(world.count() == 4);
  CHECK(world.target.got.find(" n1 ") != std::string::npos);
  CHECK(world.target.got.find("slot=\"1\"] line 5") != std::string::npos);
  CHECK(world.spool->waiting() > 0);  // that the server has them is another matter
}

TEST_CASE("a project's target gets nothing of other projects") {
  ForwardWorld world;
  const std::string id = world.start_one("i1");
  world.forward("other");
  world.write(id, 0, 5);
  world.collect();
  world.stop_waiting();
  world.step(2);
  CHECK(world.count() == 0);
  CHECK(world.forwarder->position() == world.spool->newest());
}

TEST_CASE("after a restart a target goes on where it was, also with what the server has already") {
  ForwardWorld world;
  const std::string id = world.start_one("i1");
  world.forward();
  world.write(id, 0, 10);
  world.collect();
  world.stop_waiting();
  world.step(2);
  REQUIRE(world.count() == 10);
  world.target.up = false;
  world.state.with([](State& s) { s.stopping = false; });
  world.write(id, 10, 30);
  world.collect();
  world.sent();  // the server has taken all
  world.stop_waiting();
  world.step();
  CHECK(world.count() == 10);
  world.restart_all();
  world.target.up = true;
  world.step(3);
  CHECK(world.count() == 30);
}

TEST_CASE("a connection that breaks in a batch has no more than a part of it sent again") {
  ForwardWorld world;
  const std::string id = world.start_one("i1");
  world.forward();
  world.write(id, 0, 2'500);
  world.collect();
  world.stop_waiting();
  world.target.breaks_after = 3;  // two settles a part
  world.step();
  world.target.breaks_after = -1;
  world.target.up = true;
  world.step(3);
  const auto got = world.got();
  CHECK(std::set<std::string>(got.begin(), got.end()).size() == 2'500);
  CHECK(got.size() > 2'500);
  CHECK(got.size() <= 3'500);
}

TEST_CASE("what has no room to wait in is dropped, counted and told in the log; the server gets it all") {
  ForwardWorld world;
  world.spool_limits.bytes = 2'000;
  world.spool_limits.segment = 1'000;
  world.restart();
  const std::string id = world.start_one("i1");
  world.forward();
  world.target.up = false;
  std::size_t taken = 0;
  for (int i = 0; i < 60; ++i) {
    world.state.with([](State& s) { s.stopping = false; });
    world.write(id, i * 20, i * 20 + 20);
    world.collect();
    taken += world.lines().size();
    world.stop_waiting();
    world.step();
  }
  CHECK(taken == 1'200);
  CHECK(world.spool->bytes_after(world.forwarder->position()) <= 2'125);
  world.advance(Duration(61'000));
  world.target.up = true;
  world.step(40);
  world.state.with([](State& s) { s.stopping = false; });
  world.collect();
  std::uint64_t told = 0;
  for (auto number = world.spool->acknowledged();;) {
    const auto waiting = world.spool->after(number, Duration(0));
    if (!waiting) break;
    number = waiting->number;
    const auto batch = logs::decode(waiting->batch);
    REQUIRE(batch);
    for (const auto& section : batch->sections)
      for (const auto& line : section.lines)
        if (line.stream == logs::Stream::note && line.text.find("not forwarded to 'siem'") != std::string::npos)
          told += std::stoull(line.text.substr(line.text.rfind(' ') + 1));
  }
  CHECK(told > 0);
  CHECK(world.count() < 1'200);
  CHECK(world.count() > 0);
}

TEST_CASE("batches stay for a reader that is behind the server, and go with it") {
  ForwardWorld world;
  world.spool_limits.segment = 100;
  world.restart();
  const std::string id = world.start_one("i1");
  world.forward();
  for (int i = 0; i < 10; ++i) {
    world.write(id, i, i + 1);
    world.collect();
  }
  world.sent();
  CHECK(world.spool->waiting() == 0);
  CHECK(world.spool->after(0, Duration(0)));
  world.spool->let_go(world.forwards_folder / "siem.position");
  CHECK_FALSE(world.spool->after(0, Duration(0)).value_or(LogSpool::Waiting{.number = 99, .batch = {}}).number < 9);
}

TEST_CASE("why nothing is sent is told until it is again, and how many lines were dropped for good") {
  ForwardWorld world;
  const std::string id = world.start_one("i1");
  world.forward();
  world.write(id, 0, 5);
  world.collect();
  world.stop_waiting();
  CHECK(world.forwarder->state().error.empty());
  world.target.up = false;
  world.step();
  CHECK(world.forwarder->state().error == "nobody there");
  CHECK(world.forwarder->state().dropped_lines == 0);
  world.target.up = true;
  world.step();
  CHECK(world.forwarder->state().error.empty());
  CHECK(world.count() == 5);
}

TEST_CASE("a header goes with every batch, and without its value nothing is sent, or lost") {
  ForwardWorld world;
  const std::string id = world.start_one("i1");
  world.forward("", {{"authorization", ""}});
  world.write(id, 0, 5);
  world.collect();
  world.stop_waiting();
  world.step(3);
  CHECK(world.target.got.empty());
  CHECK(world.forwarder->state().error.find("headers") != std::string::npos);
  world.forwarder.reset();
  world.forward("", {{"authorization", "Bearer planted"}});
  world.step(2);
  CHECK(world.target.got.starts_with("Bearer planted {"));
  CHECK(world.target.got.find("line 4") != std::string::npos);
  CHECK(world.forwarder->state().error.empty());
}
