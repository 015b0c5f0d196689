#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "golden.h"
#include "support.h"

namespace kontena::compose {
namespace {

// Compose doubles the dollar signs of keys too, and does not take that back from keys that it reads.
std::string one_dollar(std::string text) {
  text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == '$' && b == '$'; }), text.end());
  return text;
}

}  // namespace

TEST_CASE("a file with random changes is read or refused, and never a crash") {
  const auto cases = golden_cases();
  REQUIRE(cases.size() > 3);
  const std::string_view pieces[] = {":",  " ",       "\n",   "- ",   "'",    "\"",  "{",  "}",
                                     "[",  "]",       "&a ",  "*a",   "<<: ", "${",  "$A", "|",
                                     "\t", "!reset ", "\xFF", "\n  ", "null", "0x1", "#"};
  for (unsigned seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string text = case_text(cases[seed % cases.size()]);
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % (text.size() + 1);
      switch (random() % 4) {
        case 0:
          text.insert(at, pieces[random() % std::size(pieces)]);
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 40));
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(random() % 256);
      }
      if (text.empty()) text = " ";
    }
    const Reading reading = read_project({text});
    CHECK(reading.document.has_value() == reading.problems.empty());
    for (const Finding& problem : reading.problems) CHECK_MESSAGE(problem.at.line > 0, problem.text());
    if (!reading.document) continue;
    for (const Finding& problem : specify(*reading.document).problems)
      CHECK_MESSAGE(problem.at.line > 0, problem.text());
    // What we print, we read, and it means the same.
    const Reading again = read_project({reading.document->yaml()});
    REQUIRE_MESSAGE(again.document, text << "\n-----\n"
                                         << reading.document->yaml() << "\n"
                                         << lines_of(again.problems));
    CHECK(one_dollar(again.document->json()) == one_dollar(reading.document->json()));
  }
}

}  // namespace kontena::compose
