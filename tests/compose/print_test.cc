#include "../../src/compose/print.h"

#include <doctest/doctest.h>

#include "../../src/compose/yaml.h"
#include "support.h"

namespace kontena::compose {
namespace {

std::string print_value(const std::string& text) {
  Node root = make_map({});
  put(root, "k", make_text({}, text));
  return print_yaml(root);
}

}  // namespace

TEST_CASE("text is quoted where it would be read as something else") {
  struct Row {
    std::string_view text, yaml;
  };
  for (const Row& row : {
           Row{"plain text", "k: plain text\n"},
           Row{"", "k: \"\"\n"},
           Row{"80", "k: \"80\"\n"},
           Row{"true", "k: \"true\"\n"},
           Row{"yes", "k: \"yes\"\n"},
           Row{"null", "k: \"null\"\n"},
           Row{"22:22", "k: \"22:22\"\n"},
           Row{"2020-01-01", "k: \"2020-01-01\"\n"},
           Row{"a: b", "k: 'a: b'\n"},
           Row{"a #b", "k: 'a #b'\n"},
           Row{"*a", "k: '*a'\n"},
           Row{"it's: x", "k: 'it''s: x'\n"},
           Row{"- a", "k: '- a'\n"},
           Row{"-a", "k: -a\n"},
           Row{" a", "k: ' a'\n"},
           Row{"$A", "k: $$A\n"},
           Row{"a\tb", "k: \"a\\tb\"\n"},
           Row{"a\nb", "k: |-\n  a\n  b\n"},
           Row{"a\n\nb\n", "k: |\n  a\n\n  b\n"},
           Row{"a\n\n", "k: |+\n  a\n\n"},
           Row{" a\nb", "k: |2-\n   a\n  b\n"},
           Row{"\xF0\x9F\x98\x80", "k: \"\\U0001F600\"\n"},
           Row{"\a\x1B", "k: \"\\a\\e\"\n"},
           Row{"a\n\tb\n", "k: |\n  a\n  \tb\n"},
           Row{"a\xE2\x80\xA8", "k: \"a\\L\"\n"},
           Row{"a\xEF\xBB\xBF", "k: \"a\\uFEFF\"\n"},
           Row{"\xEF\xBB\xBF"
               "a b",
               "k: \"\\uFEFF\\x61 \\x62\"\n"},
           Row{"1:30", "k: \"1:30\"\n"},
           Row{"1:60", "k: 1:60\n"},
       }) {
    CAPTURE(row.text);
    CHECK(print_value(std::string(row.text)) == row.yaml);
  }
}

TEST_CASE("JSON may stand in a page of the web") {
  Node root = make_map({});
  put(root, "<k>", make_text({}, "a&b\xE2\x80\xA8"));
  CHECK(print_json(root) == "{\n  \"\\u003ck\\u003e\": \"a\\u0026b\\u2028\"\n}\n");
}

TEST_CASE("any text comes back from YAML as it went in") {
  const std::string file = "f";
  const std::string_view letters = "ab01:#-?'\"\\ \n\t{}[],&*!|>%@~.=+xX_\r$yno";
  for (unsigned seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    std::string text;
    unsigned state = seed * 2654435761u + 1;
    for (unsigned i = 0; i < seed % 9; ++i) {
      state = state * 1664525u + 1013904223u;
      text += letters[(state >> 16) % letters.size()];
    }
    std::string expected;
    for (const char c : text) expected += c == '$' ? "$$" : std::string(1, c);
    Node root = make_map({});
    put(root, text.empty() ? "k" : text, make_text({}, text));
    Node list = make_list({});
    list.items.push_back(make_text({}, text));
    put(root, "zz", std::move(list));
    const std::string yaml = print_yaml(root);
    CAPTURE(yaml);
    Notes notes;
    const auto documents = parse_yaml(yaml, &file, notes);
    REQUIRE_MESSAGE(documents.size() == 1, lines_of(notes.problems));
    const Node* value = documents[0].find(text.empty() ? "k" : expected);
    REQUIRE(value);
    CHECK(value->kind == Kind::text);
    CHECK(value->text == expected);
    CHECK(documents[0].find("zz")->items[0].text == expected);
  }
}

TEST_CASE("the name comes first, then services, networks and volumes, and inner keys as Compose has them") {
  const Reading reading = read_project(
      {"x-b: 1\nvolumes: {vv: }\nservices:\n  b: {image: i, volumes: ['vv:/v']}\n  a: {image: i}\nx-a: [1, "
       "{c: 2, b: }]\n"});
  REQUIRE(reading.document);
  CHECK(reading.document->yaml() ==
        "name: project\nservices:\n  a:\n    image: i\n    networks:\n      default: null\n"
        "  b:\n    image: i\n    networks:\n      default: null\n    volumes:\n"
        "      - type: volume\n        source: vv\n        target: /v\n        volume: {}\n"
        "networks:\n  default:\n    name: project_default\nvolumes:\n  vv:\n    name: project_vv\n"
        "x-a:\n  - 1\n  - b: null\n    c: 2\nx-b: 1\n");
}

}  // namespace kontena::compose
