// Where logs are sent on to, at the command line.
#include "kontena/api/forwards.h"

#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/base/files.h"
#include "support/temp_folder.h"

namespace kontena::client {
namespace {

const std::string place = canned::in_project + "/";

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct World : canned::World {
  std::string sent(const std::string& start) {
    for (const std::string& each : asked())
      if (each.starts_with(start)) return each;
    return "nothing";
  }
};

}  // namespace

TEST_CASE("a header's value comes by a file, and never by the command line") {
  World world;
  TempFolder folder;
  const std::string file = folder / "key";
  REQUIRE(files::write(file, "Bearer planted\n", 0600));
  world.answer_with("PUT " + place + "forwards/otel", api::ForwardEntry{.name = "otel", .to = "otlp+https://otel:4318/v1/logs", .headers = {"authorization"}});
  const auto create = [&](const std::vector<std::string>& headers) {
    std::vector<std::string> words{"forward", "create", "otel", "--to", "otlp+https://otel"};
    for (const std::string& each : headers) words.insert(words.end(), {"--header", each});
    return world.run(words);
  };
  const auto ran = create({"Authorization=@" + file});
  CHECK(ran.status == 0);
  CHECK(has(world.sent("PUT"), R"("headers":{"authorization":"Bearer planted"})"));
  CHECK_FALSE(has(ran.out + ran.err, "planted"));
  for (const std::string& wrong : {std::string("authorization=planted"), std::string("authorization"), std::string("authorization=@")}) {
    const auto refused = create({wrong});
    CHECK(refused.status == 2);
    CHECK(has(refused.err, "NAME=@FILE"));
    CHECK_FALSE(has(refused.err, "planted"));
  }
  CHECK(create({"a=@" + file, "A=@" + file}).status == 2);
  CHECK(create({"a=@" + folder.path() + "/none"}).status != 0);
}

TEST_CASE("the list says which nodes cannot send, why, and what they have dropped") {
  World world;
  const api::ForwardEntry good{.name = "all", .to = "otlp+https://otel:4318/v1/logs", .headers = {"authorization", "x-tenant"}};
  const api::ForwardEntry bad{.name = "siem", .to = "syslog+tcp://logs:601",
                              .troubles = {{"h1", "", 1}, {"h2", "connection refused\x1b[31m", 120}, {"h3", "timed out", 0}, {"h4", "x", 0}}};
  world.answer_with("GET " + place + "forwards", api::ForwardList{{good, bad}});
  const auto ran = world.run({"forward", "ls"});
  CHECK(has(ran.out, "authorization,x-tenant"));
  CHECK(has(ran.out, "ok\n"));
  CHECK(has(ran.out, "h1: 1 line dropped; h2: connection refused"));
  CHECK(has(ran.out, ", 120 lines dropped; h3: timed out; and 1 more"));
  CHECK_FALSE(has(ran.out, "\x1b[31m"));
  CHECK(has(world.run({"forward", "ls", "--format", "json"}).out, "\"dropped_lines\""));
}

}  // namespace kontena::client
