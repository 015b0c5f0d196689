#include "../../src/compose/yaml.h"

#include <doctest/doctest.h>

#include "../../src/compose/print.h"
#include "support.h"

namespace kontena::compose {
namespace {

const std::string file = "f";

// The documents on one line each as YAML of ours, or the problems.
std::string parse(std::string_view text) {
  Notes notes;
  const auto documents = parse_yaml(text, &file, notes);
  if (!notes.problems.empty()) {
    notes.sort();
    return lines_of(notes.problems);
  }
  std::string out;
  for (const Node& document : documents) {
    Node root = make_map({});
    put(root, "", document);
    std::string json = print_json(root);
    std::string line;
    for (std::size_t i = 0; i < json.size(); ++i)
      if (json[i] == '\n')
        while (json[i + 1] == ' ') ++i;
      else
        line += json[i];
    out += line.substr(5, line.size() - 6) + "\n";
  }
  return out;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("YAML is read for what it means") {
  struct Row {
    std::string_view text, json;
  };
  for (const Row& row : {
           Row{"a: 22:22\nb: yes\nc: '5'", R"({"a": "22:22","b": "yes","c": "5"})"},
           Row{"a: |\n  5\nb: >-\n  x\n  y\n", R"({"a": "5\n","b": "x y"})"},
           Row{"a: !!str 5\nb: !!binary aGVsbG8=\nc: !foo 5\nd: ! 5", R"({"a": "5","b": "hello","c": 5,"d": "5"})"},
           Row{"a:\nb: ~\nc: null\nd: ''", R"({"a": null,"b": null,"c": null,"d": ""})"},
           Row{"\xEF\xBB\xBF"
               "a: 1\r\nb:\r\n  - x\r\n",
               R"({"a": 1,"b": ["x"]})"},
           Row{"%YAML 1.2\n---\na: 1\n...\n", R"({"a": 1})"},
           Row{"a: &x [1, 2]\nb: *x\nc: [*x]", R"({"a": [1,2],"b": [1,2],"c": [[1,2]]})"},
           Row{"a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3", R"({"a": {"k": 1,"l": 2},"b": {"k": 3,"l": 2}})"},
           Row{"a: &x {k: 1}\nb: {k: 2, <<: *x}", R"({"a": {"k": 1},"b": {"k": 2}})"},
           Row{"a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc:\n  <<: [*x, *y]",
               R"({"a": {"k": 1},"b": {"k": 2,"l": 3},"c": {"k": 1,"l": 3}})"},
           Row{"a: {<<: {k: 1}}", R"({"a": {"k": 1}})"},
           Row{"a: &x {k: 1}\nb:\n  '<<': *x", R"({"a": {"k": 1},"b": {"\u003c\u003c": {"k": 1}}})"},
           Row{"{a, b: c}", R"({"a": null,"b": "c"})"},
           Row{"? a\n: b\n\"c\" : d\n'e':\n  f", R"({"a": "b","c": "d","e": "f"})"},
           Row{"&k a: 1\nb: *k", R"({"a": 1,"b": "a"})"},
           Row{"a: b#c # d\n# e\n", R"({"a": "b#c"})"},
           Row{"a: 'it''s'\nb: \"\\x41\\u00e9\\n\"", "{\"a\": \"it's\",\"b\": \"A\xC3\xA9\\n\"}"},
       }) {
    CAPTURE(row.text);
    CHECK(parse(row.text) == std::string(row.json) + "\n");
  }
  CHECK(parse("a: 1\n---\nb: 2\n---\n") == "{\"a\": 1}\n{\"b\": 2}\n");
  CHECK(parse("") == "");
  CHECK(parse("# nothing\n") == "");
}

TEST_CASE("what YAML forbids is a problem at its place, what the parser lets pass too") {
  struct Row {
    std::string_view text, problem;
  };
  for (const Row& row : {
           Row{"a: 'x\n", "f:"},
           Row{"a: \"x", "f:"},
           Row{"c:\n- a\n-c\n", "f:3:1: '-c' has no ':' behind it (a list item wants a blank"},
           Row{"- a: 1\n  b\n", "f:2:3: [0]: 'b' has no ':' behind it"},
           Row{"a: 1\na: 2\n", "f:2:1: a: the key is here twice, first in line 1"},
           Row{"x:\n  a: 1\n  b: 2\n  a: 3\n", "f:4:3: x.a: the key is here twice, first in line 2"},
           Row{"x: &x {}\ny:\n  <<: *x\n  <<: *x\n", "f:4:3: y.<<: the key is here twice"},
           Row{"a:\n  <<: 5\n", "f:2:3: a: '<<' wants a mapping"},
           Row{"a:\n  <<: [5]\n", "f:2:3: a: '<<' wants a mapping"},
           Row{"s: &a\n  i: 1\n  x: *a\n", "f:3:6: s.x: '*a' stands for the value that it is part of"},
           Row{"s: &a [*a]\n", "f:1:8: s[0]: '*a' stands for the value that it is part of"},
           Row{"s:\n  <<: *nope\n", "f:2:7: there is no anchor of this name"},
           Row{"a: @x\n", "f:1:4: no value starts with this character"},
           Row{"a: %x\n", "f:1:4: no value starts with this character"},
           Row{"a: \"\\q\"\n", "f:1:7: there is no such escape"},
           Row{"a:\n\tb: 1\n", "f:2:"},
           Row{"a: b: c\n", "f:1:5: a ':' is not expected here"},
           Row{"a: 'x' y\n", "f:1:8: this fits neither"},
           Row{"a:\n    b: 1\n  c: 2\n", "f:3:3: this fits neither"},
           Row{"a: [1, 2\n", "f:"},
           Row{"a: {b: c}}\n", "f:1:10: there is no open [ or {"},
           Row{"- a\nb: c\n", "f:2:1: this belongs to no mapping and no list above it"},
           Row{"a:\n[\n1]\n", "f:2:1: a: a value must be indented further than its key"},
           Row{"x:\n  a:\n  'b'\n", "f:3:3: x.a: a value must be indented further than its key"},
           Row{"5: a\n", "f:1:1: a key must be text, this is a number"},
           Row{"~: a\n", "f:1:1: "},
           Row{"[a]: b\n", "f:1:1: a list or mapping cannot be a key"},
           Row{": b\n", "f:1:1: "},
           Row{"\xC3\xA9: 'b'\n\xC3\xA9\xC3\xA9: [\n", "f:"},
           Row{"\xC3\xA9: [\xC3\xA9, *x]", "f:1:8: there is no anchor"},
           Row{"a: \xFF\n", "f:1:4: the file is not UTF-8 text"},
           Row{"a: \xED\xA0\x80\n", "f:1:4: the file is not UTF-8 text"},
           Row{"a: \xC0\x80\n", "f:1:4: the file is not UTF-8 text"},
           Row{"a: \xE2\x82", "f:1:4: the file is not UTF-8 text"},
           Row{"a: b\x01\n", "f:1:5: a control character (U+0001) is not allowed"},
           Row{"a: !!binary '?'\n", "f:1:4: a: !!binary wants base64"},
       }) {
    CAPTURE(row.text);
    const std::string problems = parse(row.text);
    CHECK_MESSAGE(problems.starts_with(row.problem), problems);
  }
  CHECK(parse(std::string_view("a: b\0c\n", 7)).starts_with("f:1:5: a control character (U+0000)"));
  CHECK(parse(std::string_view("a\0:\0 \0b\0", 8)).starts_with("f:1:2: a control character (U+0000)"));
}

TEST_CASE("what starts no value is refused where it stands, and not taken for documents without end") {
  for (const std::string_view text : {",", ",\n", "# first\n\n,a: 1\n"}) {
    CAPTURE(text);
    const std::string problems = parse(text);
    CHECK_MESSAGE(problems.find("no value starts with this character") != std::string::npos, problems);
    CHECK(problems.starts_with(text.starts_with(',') ? "f:1:1: " : "f:3:1: "));
  }
  Notes notes;
  CHECK(parse_yaml("---\n---\n...\n---\na: 1\n", &file, notes).size() == 1);  // what is empty is none
  CHECK(notes.problems.empty());
}

TEST_CASE("all duplicate keys are told at once") {
  const std::string problems = parse("a: 1\na: 2\nb: {c: 1, c: 2}\n");
  CHECK(problems.find("f:2:1: a:") != std::string::npos);
  CHECK(problems.find("f:3:11: b.c:") != std::string::npos);
}

TEST_CASE("an alias has the place where it stands, and what is in it the place of its own") {
  Notes notes;
  const auto documents = parse_yaml("a: &x\n  k: 1\nb: *x\n", &file, notes);
  REQUIRE(documents.size() == 1);
  const Node& alias = *documents[0].find("b");
  CHECK(alias.at.line == 3);
  CHECK(alias.at.column == 4);
  CHECK(alias.find("k")->at.line == 2);
  CHECK(documents[0].member("a")->at.column == 1);
}

TEST_CASE("an empty value has the place of its key") {
  Notes notes;
  const auto documents = parse_yaml("a:\n  b:\n\n\nc:\n  - x\n  -\n", &file, notes);
  REQUIRE(documents.size() == 1);
  CHECK(documents[0].find("a")->find("b")->at.line == 2);
  CHECK(documents[0].find("c")->items[1].at.line == 7);
}

TEST_CASE("hostile files come to an end with a problem") {
  const auto refused = [](std::string_view text, std::string_view why) {
    const std::string problems = parse(text);
    CHECK_MESSAGE(problems.find(why) != std::string::npos, problems.substr(0, 200));
  };
  // A bracket that is never closed may yet turn out to start a key.
  refused(repeat("[", 20'000), "close the bracket");
  refused(repeat("{", 20'000), "close the bracket");
  refused(repeat("{a: ", 20'000), "close the bracket");
  refused(repeat("[", 300) + repeat("]", 300), "nested deeper than 200");
  refused(repeat("- ", 20'000) + "x", "nested deeper than 200");
  refused(repeat("? ", 20'000), "cannot be a key");
  std::string deep;
  for (std::size_t i = 0; i < 500; ++i) deep += std::string(i, ' ') + "a:\n";
  refused(deep, "nested deeper than 200");
  std::string laughs = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(last + ",", 8) + last + "]\n";
  }
  refused(laughs, "the file is too large: its aliases stand for more than 100000 values");
  refused("a: &a " + std::string(1 << 20, 'x') + "\nb: [" + repeat("*a, ", 200) + "]\n", "more than 67108864 bytes");
  refused("[" + repeat("a,", 600'000) + "]", "more than 500000 values");
  refused(std::string((16u << 20) + 1, '#'), "the limit is 16777216");
  // One line of many values is not counted through for each of them.
  CHECK(parse("[" + repeat("\xC3\xA9,", 40'000) + "]").size() > 100'000);
  CHECK(parse("{" + repeat("'x\xC3\xA9': 1,", 1) + "}") == "{\"x\xC3\xA9\": 1}\n");
}

}  // namespace kontena::compose
