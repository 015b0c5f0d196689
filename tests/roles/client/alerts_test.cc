// Alerts and webhooks at the command line.
#include "kontena/api/alerts.h"

#include <doctest/doctest.h>

#include "canned.h"

namespace kontena::client {
namespace {

const std::string place = canned::in_project + "/", of_grid = canned::in_grid + "/";

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct World : canned::World {
  std::string sent(const std::string& start) {
    for (const std::string& each : asked())
      if (each.starts_with(start)) return each;
    return "nothing";
  }
};

api::AlertEntry entry(const std::string& name) { return {.name = name, .when = "unhealthy", .for_ms = 30'000}; }

}  // namespace

TEST_CASE("an alert is made for all of the project, a stack, a service, or the nodes") {
  World world;
  world.answer_with("PUT " + place + "alerts/sick", entry("sick"));
  const auto made = world.run({"alert", "create", "sick", "shop/web", "--when", "unhealthy", "--for", "90s", "--webhook", "ops", "--webhook", "boss"});
  CHECK(made.status == 0);
  CHECK(made.out == "sick\n");
  const std::string body = world.sent("PUT");
  for (const char* part : {R"("stack":"shop")", R"("service":"web")", R"("for_ms":90000)", R"("webhooks":["ops","boss"])"}) CHECK_MESSAGE(has(body, part), body);
  world.answer_with("PUT " + of_grid + "alerts/lost", entry("lost"));
  CHECK(world.run({"alert", "create", "lost", "--of-grid", "--when", "node-lost"}).status == 0);
  CHECK(has(world.sent("PUT " + of_grid + "alerts"), R"("for_ms":null)"));
  CHECK(world.run({"alert", "create", "sick"}).status == 2);
  CHECK(world.run({"alert", "create", "sick", "--when", "unhealthy", "--for", "soon"}).status == 2);
}

TEST_CASE("the list has a line for each alert, and for each thing that it has found") {
  World world;
  api::AlertEntry sick = entry("sick"), quiet = entry("quiet");
  sick.findings = {{.subject = "shop/web", .summary = "1 of 2 unhealthy: \x1b[31m", .firing = true, .untold = {"ops"}},
                   {.subject = "shop/db", .summary = "2 of 2 unhealthy", .firing = true, .acked_by = "ann"},
                   {.subject = "blog/web", .summary = "x", .firing = false, .resolved_ms = 1}};
  quiet.silent_until_ms = to_ms(world.clock.now()) + 60'000;
  world.answer_with("GET " + place + "alerts", api::AlertList{{quiet, sick}});
  const auto ran = world.run({"alert", "ls"});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "quiet  unhealthy  -         silenced"));
  CHECK(has(ran.out, "sick   unhealthy  shop/web  firing"));
  CHECK(has(ran.out, "not told yet: ops"));
  CHECK(has(ran.out, "sick   unhealthy  shop/db   acked"));
  CHECK(has(ran.out, "known to ann"));
  CHECK(has(ran.out, "sick   unhealthy  blog/web  resolved"));
  CHECK_FALSE(has(ran.out, "\x1b"));
  CHECK(world.run({"alert", "ls", "-q"}).out == "quiet\nsick\n");
  CHECK(has(world.run({"alert", "ls", "--json"}).out, "\"findings\""));
}

TEST_CASE("silence is for a time or off, and says which") {
  World world;
  api::AlertEntry silent = entry("sick");
  silent.silent_until_ms = 86'400'000;
  world.answer_with("POST " + place + "alerts/sick/silence", silent);
  const auto ran = world.run({"alert", "silence", "sick", "--for", "2h", "--why", "moving"});
  CHECK(ran.status == 0);
  CHECK(has(ran.err, "until 1970-01-02"));
  CHECK(has(world.sent("POST"), R"({"for_ms":7200000,"why":"moving"})"));
  CHECK(world.run({"alert", "silence", "sick"}).status == 2);
  CHECK(world.run({"alert", "silence", "sick", "--for", "2h", "--off"}).status == 2);
  CHECK(world.run({"alert", "silence", "sick", "--for", "0s"}).status == 2);
}

TEST_CASE("a test tells of each webhook, and fails where one did not take it") {
  World world;
  world.answer_with("POST " + place + "alerts/sick/test", api::AlertTest{{{"ops", ""}, {"boss", "boss.example answered with status 500"}}});
  const auto ran = world.run({"alert", "test", "sick"});
  CHECK(ran.status == 1);
  CHECK(has(ran.out, "ops      taken"));
  CHECK(has(ran.out, "boss     boss.example answered with status 500"));
}

TEST_CASE("acknowledging is of all, or of one thing") {
  World world;
  world.answer_with("POST " + place + "alerts/sick/ack", api::AlertAcked{2});
  const auto ran = world.run({"alert", "ack", "sick"});
  CHECK(ran.status == 0);
  CHECK(has(ran.err, "2 firings acknowledged"));
  CHECK(has(world.sent("POST"), R"({"subject":""})"));
  CHECK(world.run({"alert", "ack", "sick", "shop/web"}).status == 0);
}

TEST_CASE("a webhook's URL comes by a file or standard input, and its key goes to standard output alone") {
  World world;
  world.answer_with("PUT " + place + "webhooks/ops", api::WebhookMade{"ops", "the-key"});
  world.input = "https://hooks.example/T0/token\n";
  const auto ran = world.run({"webhook", "create", "ops"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "the-key\n");
  CHECK_FALSE(has(ran.err, "the-key"));
  CHECK(has(world.sent("PUT"), R"("url":"https://hooks.example/T0/token")"));
  world.input = "";
  CHECK(world.run({"webhook", "create", "ops"}).status == 2);
  world.answer_with("GET " + place + "webhooks", api::WebhookList{{{.name = "ops", .host = "hooks.example", .created_by = "ann", .trouble = "status 500"}}});
  CHECK(has(world.run({"webhook", "ls"}).out, "ops      hooks.example"));
}

}  // namespace kontena::client
