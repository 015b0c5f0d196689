#include "help.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "arguments.h"
#include "canned.h"
#include "commands.h"
#include "support/golden.h"
#include "kontena/api/why.h"
#include "kontena/base/text.h"

namespace kontena::client {

TEST_CASE("every command's help is as it was accepted") {
  for (const Command& command : commands()) {
    std::string name(command.words);
    std::ranges::replace(name, ' ', '_');
    check_golden("help_" + name + ".txt", help_of(command));
  }
  check_golden("help.txt", help_of_group(""));
  check_golden("help_of_stack.txt", help_of_group("stack"));
  check_golden("completion.bash", bash_completion());
}

TEST_CASE("help is no wider than a page, and its examples can be parsed") {
  for (const Command& command : commands()) {
    CAPTURE(command.words);
    for (const std::string& line : text::split(help_of(command), '\n'))
      if (line.find("  # ") == std::string::npos) CHECK(line.size() <= 104);
    for (const std::string& line : text::split(command.examples, '\n')) {
      if (line.find(" | ") != std::string::npos) continue;
      std::vector<std::string> words;
      for (const std::string& word : text::split(line.substr(0, line.find("  ")), ' ')) {
        if (word == ">" || word == "<") break;
        words.push_back(word);
      }
      CAPTURE(line);
      const Parsed parsed = parse(words, {});
      CHECK(parsed.command);
      CHECK(!parsed.wrong);
    }
  }
}

TEST_CASE("every command that `why` names is one that this client knows") {
  for (const api::LookRow& row : api::looks) {
    std::string line(row.command);
    if (const auto at = line.find("{}"); at != std::string::npos)
      line.replace(at, 2, row.command.starts_with("service") ? "shop/web" : "shop");
    CAPTURE(line);
    const Parsed parsed = parse(text::split(line, ' '), {});
    CHECK(parsed.command);
    CHECK(!parsed.wrong);
  }
}

TEST_CASE("--help anywhere prints a command's help on standard output") {
  canned::World world;
  const std::string whole = help_of(*find_command("stack deploy"));
  CHECK(world.run({"stack", "deploy", "--help"}).out == whole);
  CHECK(world.run({"--help", "stack", "deploy"}).out == whole);
  CHECK(world.run({"stack", "--help", "deploy", "shop"}).out == whole);
  CHECK(world.run({"help", "stack", "deploy"}).out == whole);
  CHECK(world.run({"stack", "deploy", "-h", "--no-such-thing"}).out == whole);
  CHECK(world.run({"stack", "--help"}).out == help_of_group("stack"));
  CHECK(world.run({"help", "stack"}).out == help_of_group("stack"));
  CHECK(world.run({"--help"}).out == help_of_group(""));
  CHECK(world.run({"help"}).status == 0);
  CHECK(world.run({"stack", "deploy", "--help"}).err.empty());
}

TEST_CASE("without a command the help goes to standard error, as wrong usage") {
  canned::World world;
  const auto nothing = world.run({});
  CHECK(nothing.status == 2);
  CHECK(nothing.out.empty());
  CHECK(nothing.err == help_of_group(""));
  CHECK(world.run({"node"}).err == help_of_group("node"));
  CHECK(world.run({"node"}).status == 2);
}

}  // namespace kontena::client
