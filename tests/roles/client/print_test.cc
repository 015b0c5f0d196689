#include "print.h"

#include <doctest/doctest.h>

#include "canned.h"

namespace kontena::client {

TEST_CASE("a table's columns are aligned and its lines end in no blanks") {
  Table table({"NAME", "STATE", "NOTE"});
  table.add({"web", "running", ""});
  table.add({"größer", {"failed", Tone::bad}, "why"});
  Look look;
  CHECK(table.text(look) == "NAME    STATE    NOTE\nweb     running\ngrößer  failed   why\n");
  look.headers = false;
  look.colour_out = true;
  CHECK(table.text(look) == "web     running\ngrößer  \x1b[31mfailed\x1b[0m   why\n");
  look.clip_out = 12;
  look.colour_out = false;
  CHECK(table.text(look) == "web     run…\ngrößer  fai…\n");
}

TEST_CASE("text is clipped and padded by what is seen of it") {
  CHECK(clip("grün", 4) == "grün");
  CHECK(clip("grünes", 4) == "grü…");
  CHECK(clip("abc", 1) == "…");
  CHECK(clip("abc", 0) == "");
  CHECK(pad("ü", 3) == "ü  ");
}

TEST_CASE("other people's text cannot work on the terminal") {
  CHECK(plain_text("a\x1b[31mred\x1b[0m\tb\nc\x07\x7f") == "ared b c");
  CHECK(plain_text("\x1b]0;title\x07 x") == "]0;title x");
  CHECK(plain_text("\xc2\x9b"
                   "31m ü") == "31m ü");
}

TEST_CASE("colour follows the option, the variables and the terminal, in this order") {
  struct Row {
    std::string option;
    Environment variables;
    bool terminal, colour;
  };
  for (const Row& row : {
           Row{"", {}, true, true},
           Row{"", {}, false, false},
           Row{"", {{"NO_COLOR", "1"}}, true, false},
           Row{"", {{"NO_COLOR", ""}}, true, true},
           Row{"", {{"TERM", "dumb"}}, true, false},
           Row{"", {{"CLICOLOR_FORCE", "1"}}, false, true},
           Row{"", {{"CLICOLOR_FORCE", "0"}}, false, false},
           Row{"", {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}, true, false},
           Row{"always", {{"NO_COLOR", "1"}}, false, true},
           Row{"never", {{"CLICOLOR_FORCE", "1"}}, true, false},
       }) {
    canned::World world;
    std::ostringstream out;
    Outside outside{
        .out = out, .err = out, .clock = world.clock, .environment = row.variables, .out_is_terminal = row.terminal};
    outside.size = [] { return Size{}; };
    Arguments arguments;
    if (!row.option.empty()) arguments.add("--color", row.option, false);
    CHECK(find_look(outside, arguments)->colour_out == row.colour);
  }
}

TEST_CASE("an error is two lines for people and one object for programs") {
  Look look;
  const Error error{Code::not_found, "there is no 'x'", "look elsewhere"};
  CHECK(error_text(error, look) == "kontena: there is no 'x'\nhint: look elsewhere\n");
  look.format = Format::jsonl;
  CHECK(error_text(error, look) ==
        R"({"error":{"code":"not_found","hint":"look elsewhere","message":"there is no 'x'"}})"
        "\n");
}

}  // namespace kontena::client
