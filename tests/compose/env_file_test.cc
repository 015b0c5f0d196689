#include "../../src/compose/env_file.h"

#include <doctest/doctest.h>

#include "support.h"

namespace kontena::compose {
namespace {

struct Parsed {
  std::string settings;  // "A=1;B=2;"
  std::string problems;
};

Parsed parse(std::string_view text, bool raw = false) {
  static const std::string file = ".env";
  Notes notes;
  const Lookup client = [](std::string_view name) -> std::optional<std::string> {
    return name == "CLIENT" ? std::optional<std::string>("client's") : std::nullopt;
  };
  Parsed parsed;
  for (const Setting& setting : parse_env_file(text, &file, client, raw, notes))
    parsed.settings += setting.name + '=' + setting.value + ';';
  parsed.problems = lines_of(notes.problems);
  return parsed;
}

}  // namespace

TEST_CASE("an env file is read as Compose reads it") {
  struct Row {
    std::string_view text, settings;
  };
  for (const Row& row : {
           Row{"A=1\nB=2", "A=1;B=2;"},
           Row{"\xEF\xBB\xBF"
               "A=1\r\nB=2\r\n",
               "A=1;B=2;"},
           Row{"export A=1\n  B = 2  ", "A=1;B=2;"},
           Row{"exported=1", "exported=1;"},
           Row{"A: 1\nB:2", "A=1;B=2;"},
           Row{"# no\n\n  # no\nA=1 # yes\nB=a#b", "A=1;B=a#b;"},
           Row{"A=\nB=''\nC=\"\"", "A=;B=;C=;"},
           Row{"CLIENT\nNOT_THERE\nA=1", "CLIENT=client's;A=1;"},
           Row{"A='$B \\n #' # no", "A=$B \\n #;"},
           Row{"A='it\\'s'", "A=it's;"},
           Row{"A=\"a\\nb\\t\\\"\\$B\\\\\"", "A=a\nb\t\"$B\\;"},
           Row{"A=\"two\nlines\"\nB='two\nlines'", "A=two\nlines;B=two\nlines;"},
           Row{"A=x\nB=$A-${C:-d}\nC=\"${A}\"", "A=x;B=x-d;C=x;"},
           Row{"CLIENT=mine\nA=$CLIENT", "CLIENT=mine;A=client's;"},
           Row{"A=$$x", "A=$x;"},
           Row{"a.b-c[0]=1", "a.b-c[0]=1;"},
           Row{"1A=1\nA=2", "A=2;"},
           Row{"A=a=b c", "A=a=b c;"},
       }) {
    CAPTURE(row.text);
    const Parsed parsed = parse(row.text);
    CHECK(parsed.problems == "");
    CHECK(parsed.settings == row.settings);
  }
}

TEST_CASE("what is wrong in an env file has its place") {
  struct Row {
    std::string_view text, problem;
  };
  for (const Row& row : {
           Row{"A=1\nB=\"x", ".env:2:3: the quote that opens here is never closed"},
           Row{"A=1\nB C=2", ".env:2:3: a name has no blanks"},
           Row{"A=1\n=2", ".env:2:1: a name is missing before '='"},
           Row{"A$=2", ".env:1:2: a name has"},
           Row{"A='x' y", ".env:1:6: there is text behind the closing quote"},
           Row{"\nA=${2:-x}", ".env:2:3: A: '${2:-x}' is not a variable"},
           Row{"A=\xFF", ".env:1:3: the file is not UTF-8 text"},
       }) {
    CAPTURE(row.text);
    CHECK(parse(row.text).problems.starts_with(row.problem));
  }
}

TEST_CASE("values that double themselves come to an end") {
  std::string bomb = "A0=xxxxxxxxxxxxxxxx\n";
  for (int i = 1; i < 60; ++i)
    bomb += "A" + std::to_string(i) + "=$A" + std::to_string(i - 1) + "$A" + std::to_string(i - 1) + "\n";
  CHECK(parse(bomb).problems.find("grows beyond") != std::string::npos);
}

TEST_CASE("a raw env file has no quotes and no variables") {
  CHECK(parse("A='$B' # x\n# no\nB=\"1\"", true).settings == "A='$B' # x;B=\"1\";");
}

}  // namespace kontena::compose
