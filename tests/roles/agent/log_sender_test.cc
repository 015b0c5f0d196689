#include <doctest/doctest.h>

#include "log_support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

namespace {

struct SendWorld : LogWorld {
  FakeServer* server = nullptr;
  std::unique_ptr<Uplink> uplink;
  std::unique_ptr<LogSender> sender;
  std::string id;

  SendWorld() {
    std::vector<std::unique_ptr<http::Client>> servers;
    auto fake = std::make_unique<FakeServer>();
    server = fake.get();
    servers.push_back(std::move(fake));
    uplink = std::make_unique<Uplink>(std::move(servers));
    id = start_one("i1");
    sender = std::make_unique<LogSender>(context, *uplink, *spool, *collector);
  }
  void answers(std::function<Result<http::Response>(const logs::Batch&)> answer) {
    server->requests.with([&](auto& r) {
      r.answers["/v1/agent/logs"] = [answer](const http::Request& request) {
        const auto batch = logs::decode(request.body);
        if (!batch) std::abort();
        return answer(*batch);
      };
    });
  }
  std::size_t came() {
    return server->requests.with([](const auto& r) { return r.came.size(); });
  }
  void make_batches(int count) {
    for (int i = 0; i < count; ++i) {
      write(id, i, i + 1);
      collect();
    }
  }
};

http::Response number(std::uint64_t n) { return {.body = "{\"number\": " + std::to_string(n) + "}"}; }

}  // namespace

TEST_CASE("batches go out in order, each until it is acknowledged") {
  SendWorld world;
  world.make_batches(3);
  std::vector<std::uint64_t> kept;
  world.answers([&](const logs::Batch& batch) {
    kept.push_back(batch.number);
    return number(batch.number);
  });
  for (int i = 0; i < 3; ++i) world.sender->step();
  CHECK(kept == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(world.spool->waiting() == 0);
}

TEST_CASE("what the server has already is not sent again") {
  SendWorld world;
  world.make_batches(3);
  world.answers([&](const logs::Batch&) { return number(2); });
  world.sender->step();
  CHECK(world.spool->waiting() == 1);
  CHECK(world.spool->next(Duration(0))->number == 3);
}

TEST_CASE("a batch that was not acknowledged is sent again") {
  SendWorld world;
  world.make_batches(1);
  world.state.with([](State& s) { s.stopping = true; });  // so that no pause is waited for
  world.sender->step();  // nobody there
  CHECK(world.spool->waiting() == 1);
  for (const int status : {500, 503, 429, 401, 404}) {
    world.answers([&](const logs::Batch&) { return http::Response{.status = status, .headers = {{"retry-after", "1"}}}; });
    world.sender->step();
    CHECK(world.spool->waiting() == 1);
  }
  world.answers([&](const logs::Batch&) { return number(0); });
  world.sender->step();
  CHECK(world.spool->waiting() == 1);
  world.answers([&](const logs::Batch& batch) { return number(batch.number); });
  world.sender->step();
  CHECK(world.spool->waiting() == 0);
}

TEST_CASE("a batch that the server never will take is left out, and the log says so") {
  for (const int status : {400, 413}) {
    SendWorld world;
    world.make_batches(1);
    world.answers([&](const logs::Batch&) { return http::Response{.status = status}; });
    world.sender->step();
    CHECK(world.spool->waiting() == 0);
    world.collect();
    const auto notes = world.lines(logs::Stream::note);
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].starts_with("kontena: lines are missing here: the server refused them"));
  }
}
