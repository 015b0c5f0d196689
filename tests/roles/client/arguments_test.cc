#include "arguments.h"

#include <doctest/doctest.h>

#include "canned.h"

namespace kontena::client {
namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("options may stand before, between and after words, in every spelling") {
  for (const Words& words :
       {Words{"stack", "deploy", "-f", "a.yaml", "shop", "--detach"},
        Words{"stack", "deploy", "shop", "--file=a.yaml", "-d"},
        Words{"stack", "deploy", "--detach", "shop", "-fa.yaml"}, Words{"stack", "deploy", "-df", "a.yaml", "shop"},
        Words{"stack", "deploy", "-d", "-f=a.yaml", "--", "shop"}}) {
    const Parsed parsed = parse(words, {});
    REQUIRE(parsed.command);
    CHECK(parsed.command->words == "stack deploy");
    CHECK(!parsed.wrong);
    CHECK(parsed.arguments.words == Words{"shop"});
    CHECK(parsed.arguments.value("--file") == "a.yaml");
    CHECK(parsed.arguments.has("--detach"));
  }
  CHECK(parse(Words{"--grid", "eu", "node", "--json", "ls"}, {}).arguments.value("--grid") == "eu");
  CHECK(parse(Words{"logs", "--", "-f"}, {}).arguments.words == Words{"-f"});
  CHECK(parse(Words{"logs", "--tail", "-1"}, {}).arguments.value("--tail") == "-1");
  CHECK(parse(Words{"logs", "--", "--help"}, {}).help == false);
}

TEST_CASE("what is wrong is told, with what is near") {
  struct Row {
    Words words;
    std::string message, hint;
  };
  for (const Row& row : {
           Row{{"stack", "deplyo"}, "unknown command 'stack deplyo'", "did you mean 'stack deploy'?"},
           Row{{"stak", "deploy"}, "unknown command 'stak'", "did you mean 'stack deploy'?"},
           Row{{"nod"}, "unknown command 'nod'", "did you mean 'node'?"},
           Row{{"frobnicate"}, "unknown command 'frobnicate'", "kontena client help lists the commands"},
           Row{{"ps", "--qiet"}, "unknown option '--qiet'", "did you mean '--quiet'?"},
           Row{{"ps", "-z"}, "unknown option '-z'", ""},
           Row{{"ps", "--quiet=yes"}, "option '--quiet' takes no value", ""},
           Row{{"ps", "--grid"}, "option '--grid' needs a value: NAME", ""},
           Row{{"ps", "a", "b"}, "unexpected argument 'b'", ""},
           Row{{"node", "show"}, "NODE is missing", ""},
           Row{{"service", "scale"}, "STACK/SERVICE=N... is missing", ""},
           Row{{"stack", "deploy", "--progress", "a", "--progress", "b"},
               "option '--progress' is given more than once",
               ""},
       }) {
    const Parsed parsed = parse(row.words, {});
    CAPTURE(row.message);
    REQUIRE(parsed.wrong);
    CHECK(parsed.wrong->message == row.message);
    CHECK(parsed.wrong->hint == row.hint);
    CHECK(parsed.wrong->code == Code::invalid_argument);
  }
}

TEST_CASE("wrong usage exits with 2 and shows the usage line") {
  canned::World world;
  const auto ran = world.run({"node", "show"});
  CHECK(ran.status == 2);
  CHECK(ran.out.empty());
  CHECK(ran.err == "kontena: NODE is missing\nusage: kontena client node show [OPTIONS] NODE\n");
  CHECK(world.run({"ps", "--format", "xml"}).status == 2);
  CHECK(world.run({"ps", "--nope", "--json"}).err ==
        "{\"error\":{\"code\":\"invalid_argument\",\"hint\":\"\",\"message\":\"unknown option '--nope'\"}}\n");
}

TEST_CASE("an option that was not given takes its variable's value") {
  const Environment environment{{"KONTENA_GRID", "eu"}, {"KONTENA_PROJECT", ""}};
  const Parsed parsed = parse(Words{"ps"}, environment);
  CHECK(parsed.arguments.value("--grid") == "eu");
  CHECK(!parsed.arguments.from_command_line("--grid"));
  CHECK(!parsed.arguments.has("--project"));
  CHECK(parse(Words{"ps", "--grid", "us"}, environment).arguments.value("--grid") == "us");
}

TEST_CASE("a row says how many words its command takes") {
  Command command{};
  command.arguments = "NODE [KEY=VALUE|KEY-]...";
  CHECK(arity(command).least == 1);
  CHECK(arity(command).most > 1000);
  command.arguments = "STACK [DEPLOYMENT]";
  CHECK(arity(command).least == 1);
  CHECK(arity(command).most == 2);
  command.arguments = "";
  CHECK(arity(command).most == 0);
}

}  // namespace kontena::client
