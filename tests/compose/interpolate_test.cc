#include "../../src/compose/interpolate.h"

#include <doctest/doctest.h>

#include <map>

namespace kontena::compose {
namespace {

Interpolated run(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> values{
      {"A", "aval"}, {"B", "bval"}, {"E", ""}, {"DOLLAR", "x$y"}, {"A_b", "under"}, {"SP", "a b"}};
  return interpolate(text, [](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  });
}

}  // namespace

TEST_CASE("variables are replaced in all the forms of Compose") {
  struct Row {
    std::string_view text, becomes;
  };
  for (const Row& row : {
           Row{"$A", "aval"},
           Row{"${A}", "aval"},
           Row{"$A_b", "under"},
           Row{"$A-b", "aval-b"},
           Row{"`$A`", "`aval`"},
           Row{"$$A", "$A"},
           Row{"$$$A", "$aval"},
           Row{"$$$$A", "$$A"},
           Row{"a$", "a$"},
           Row{"a $ b", "a $ b"},
           Row{"$1", "$1"},
           Row{"$(date)", "$(date)"},
           Row{"${DOLLAR}", "x$y"},
           Row{"${A-d}", "aval"},
           Row{"${E-d}", ""},
           Row{"${E:-d}", "d"},
           Row{"${U-d}", "d"},
           Row{"${U:-d}", "d"},
           Row{"${U:-a-b}", "a-b"},
           Row{"${U-a+b}", "a+b"},
           Row{"${U:-a:b?c d}", "a:b?c d"},
           Row{"${U:-{'a':1}}", "{'a':1}"},
           Row{"${U:-$$x}", "$x"},
           Row{"${U:-$A}", "aval"},
           Row{"${U:-${A}}", "aval"},
           Row{"${U:-${V:-d}}tail$B", "dtailbval"},
           Row{"${U-}", ""},
           Row{"${A-B}", "aval"},
           Row{"${A:+r}", "r"},
           Row{"${E:+r}", ""},
           Row{"${E+r}", "r"},
           Row{"${U+r}", ""},
           Row{"${A+${B}}", "bval"},
           Row{"${E?msg}", ""},
           Row{"${A:?msg}", "aval"},
           Row{"}{", "}{"},
       }) {
    CAPTURE(row.text);
    const Interpolated result = run(row.text);
    CHECK(result.problem == "");
    CHECK(result.text == row.becomes);
    CHECK(result.unset.empty());
  }
}

TEST_CASE("what is not a variable is a problem at its dollar sign") {
  struct Row {
    std::string_view text, problem;
    std::size_t offset = 0;
  };
  for (const Row& row : {
           Row{"${}", "'${}' is not a variable"},
           Row{"${1}", "'${1}' is not a variable"},
           Row{"${A }", "'${A }' is not a variable"},
           Row{"x${A/foo/bar}", "'${A/foo/bar}' is not a variable", 1},
           Row{"${A:0:2}", "'${A:0:2}' is not a variable"},
           Row{"${A:}", "'${A:}' is not a variable"},
           Row{"${A^^}", "'${A^^}' is not a variable"},
           Row{"${A@Q}", "'${A@Q}' is not a variable"},
           Row{"${#A}", "'${#A}' is not a variable"},
           Row{"${!A}", "'${!A}' is not a variable"},
           Row{"${-}", "'${-}' is not a variable"},
           Row{"${\xC3\x84}", "'${\xC3\x84}' is not a variable"},
           Row{"a${", "'${' has no '}'", 1},
           Row{"${U:-${}}", "'${}' is not a variable", 5},
           Row{"${U?msg}", "the variable 'U' is not set: msg"},
           Row{"${E:?msg here}", "the variable 'E' is empty: msg here"},
           Row{"${U?$B needed}", "the variable 'U' is not set: bval needed"},
           Row{"${U?}", "the variable 'U' is not set"},
       }) {
    CAPTURE(row.text);
    const Interpolated result = run(row.text);
    CHECK(result.problem.starts_with(row.problem));
    CHECK(result.offset == row.offset);
  }
}

TEST_CASE("a name without a value is empty, and told") {
  const Interpolated result = run("[$U][${V}][${W:-x}]");
  CHECK(result.text == "[][][x]");
  CHECK(result.unset == std::vector<std::string>{"U", "V"});
}

TEST_CASE("nesting and growth have an end") {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "${U:-";
  deep += std::string(10'000, '}');
  CHECK(run(deep).problem.find("nested deeper") != std::string::npos);
  const std::string large(1 << 20, 'x');
  const Interpolated result =
      interpolate("$A$A$A$A$A$A$A$A", [&](std::string_view) -> std::optional<std::string> { return large; });
  CHECK(result.problem.find("grows beyond") != std::string::npos);
}

}  // namespace kontena::compose
