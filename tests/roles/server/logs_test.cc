// Kept logs through the routes: who may send what, and who may read it.
#include <doctest/doctest.h>

#include "harness.h"
#include "kontena/api/logs.h"
#include "kontena/logs/batch.h"
#include "log_keeper.h"

namespace kontena::server {
namespace {

using enum http::Method;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct Reader : http::Writer {
  std::string text;
  std::size_t most = SIZE_MAX;  // bytes after which the reader goes
  bool write(std::string_view bytes) override {
    text += bytes;
    return text.size() < most;
  }
};

struct LogWorld : World {
  Node node = join("n1");
  std::uint64_t number = 0;

  LogWorld() {
    log_keeper_.tick();  // opens the store
    REQUIRE(as_admin(put, stack_url("shop"), deploy_body({service("web", 2), service("db")})).status < 300);
    settle();
  }
  void settle() {
    for (int i = 0; i < 10; ++i) deployments_.tick();
    log_keeper_.tick();
  }
  std::vector<model::Instance> instances(const std::string& of) {
    std::vector<model::Instance> all;
    views_.now()->instances.each("default/default/shop/" + of + '/', [&](const auto& item) { all.push_back(item.value); });
    return all;
  }
  logs::Section section(const model::Instance& i, std::vector<std::string> texts, std::int64_t at_ns = 0) {
    logs::Section made{.instance = *i.id, .project = i.project, .stack = i.stack, .service = i.service, .slot = i.slot, .container = "c"};
    const std::int64_t now = to_ms(clock_.now()) * 1'000'000;
    for (std::string& text : texts) made.lines.push_back({.time_ns = now + at_ns++, .text = std::move(text)});
    return made;
  }
  http::Response send(std::vector<logs::Section> sections, std::uint64_t as = 0) {
    return as_node(node, post, std::string(api::paths::agent_logs), logs::encode({.spool = "s", .number = as > 0 ? as : ++number, .sections = std::move(sections)}));
  }
  std::string logs(const std::string& query, std::size_t most = SIZE_MAX) {
    auto response = as_admin(get, "/v1/grids/default/projects/default/logs" + query);
    if (!response.stream) return std::to_string(response.status) + ' ' + response.body;
    Reader read;
    read.most = most;
    response.stream(read);
    return read.text;
  }
};

std::string texts(const std::string& lines) {
  std::string all;
  std::size_t begin = 0;
  for (auto end = lines.find('\n'); end != std::string::npos; begin = end + 1, end = lines.find('\n', begin)) {
    const auto record = codec::from_json<api::LogLine>(lines.substr(begin, end - begin));
    REQUIRE(record);
    if (!record->stream.empty()) all += record->text + '|';
  }
  return all;
}

}  // namespace

TEST_CASE("what a node sends is kept once and read by service, slot, time and pattern") {
  LogWorld world;
  const auto web = world.instances("web"), db = world.instances("db");
  REQUIRE(web.size() == 2);
  REQUIRE(web[0].node == NodeId(world.node.id));
  const auto answer = world.send({world.section(web[0], {"one", "two error"}), world.section(db[0], {"from db"}, 5)});
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  CHECK(world.read<api::LogsTaken>(answer).number == 1);
  CHECK(world.read<api::LogsTaken>(world.send({world.section(web[0], {"one", "two error"})}, 1)).number == 1);
  CHECK(world.send({world.section(web[1], {"three"}, 9)}).status == 200);
  CHECK(texts(world.logs("")) == "one|two error|from db|three|");
  CHECK(texts(world.logs("?of=shop")) == "one|two error|from db|three|");
  CHECK(texts(world.logs("?of=shop/db")) == "from db|");
  CHECK(texts(world.logs("?of=shop/web-" + std::to_string(web[1].slot))) == "three|");
  CHECK(texts(world.logs("?tail=1")) == "two error|from db|three|");
  CHECK(texts(world.logs("?grep=er+or")) == "two error|");
  CHECK(texts(world.logs("?node=n1")) == "one|two error|from db|three|");
  CHECK(texts(world.logs("?node=n2")).empty());
  CHECK(texts(world.logs("?since=" + std::to_string(to_ms(world.clock_.now()) + 1000))).empty());
  CHECK(world.logs("?grep=(").starts_with("400"));
  CHECK(world.logs("?stream=both").starts_with("400"));
  CHECK(world.logs("?of=shop/cache").starts_with("404"));
  CHECK(world.logs("?of=shop/web-9").starts_with("404"));
  CHECK(world.logs("?of=blog").starts_with("404"));
  CHECK(world.as_node(world.node, post, std::string(api::paths::agent_logs), "rubbish").status == 400);
}

TEST_CASE("lines of what was removed are kept, and its last ones are taken") {
  LogWorld world;
  const auto web = world.instances("web");
  REQUIRE(world.send({world.section(web[0], {"while it ran"})}).status == 200);
  REQUIRE(world.as_admin(del, stack_url("shop")).status < 300);
  world.settle();
  REQUIRE(world.send({world.section(web[0], {"at its end"}, 3), world.section(web[1], {"first and last"}, 5)}).status == 200);
  CHECK(texts(world.logs("?of=shop/web")) == "while it ran|at its end|first and last|");
  // The project made anew under its name is another.
  REQUIRE(world.as_admin(put, "/v1/grids/default/projects/p2").status == 201);
  CHECK(world.as_admin(get, "/v1/grids/default/projects/p2/logs?of=shop").status == 404);
}

TEST_CASE("a node says nothing of instances that are not its own") {
  LogWorld world;
  const auto web = world.instances("web");
  auto forged = world.section(web[0], {"forged"});
  forged.service = "db";
  auto unknown = world.section(web[0], {"forged"});
  unknown.instance = "nobody";
  auto elsewhere = world.section(web[0], {"forged"});
  elsewhere.project = "other";
  const auto answer = world.read<api::LogsTaken>(world.send({forged, unknown, elsewhere, world.section(web[0], {"true"})}));
  CHECK(answer.refused == 3);
  CHECK(answer.number == 1);
  CHECK(texts(world.logs("")) == "true|");
  const auto other = world.join("n2");
  const auto theirs = world.as_node(other, post, std::string(api::paths::agent_logs), logs::encode({.spool = "s", .number = 1, .sections = {world.section(web[0], {"forged"})}}));
  CHECK(world.read<api::LogsTaken>(theirs).refused == 1);
  CHECK(texts(world.logs("")) == "true|");
}

TEST_CASE("who follows hears what comes, and goes on at a mark") {
  LogWorld world;
  const auto web = world.instances("web");
  REQUIRE(world.send({world.section(web[0], {"one"})}).status == 200);
  const std::string first = world.logs("?follow=true", 60);
  CHECK(has(first, "\"upto\":2"));
  REQUIRE(world.send({world.section(web[0], {"two"}, 2)}).status == 200);
  CHECK(texts(world.logs("?follow=true&after=2", 200)) == "two|");
  CHECK(texts(world.logs("?upto=2")) == "one|");
  // Also when the state has moved on meanwhile: who may read is asked of the newest.
  struct Acting final : Reader {
    std::function<void()> act;
    bool write(std::string_view bytes) override {
      if (act && text.find("mark") != std::string::npos) std::exchange(act, nullptr)();
      text += bytes;
      return text.find("later") == std::string::npos;
    }
  } reader;
  reader.act = [&] {
    for (int i = 0; i < 3; ++i) REQUIRE(world.as_admin(put, "/v1/grids/g" + std::to_string(i)).status == 201);
    REQUIRE(world.send({world.section(web[0], {"later"}, 9)}).status == 200);
  };
  auto response = world.as_admin(get, "/v1/grids/default/projects/default/logs?follow=true&after=3");
  REQUIRE(response.stream);
  response.stream(reader);
  CHECK(texts(reader.text) == "later|");
  CHECK(has(world.logs("?after=99"), "begun anew"));
}

}  // namespace kontena::server
