#include <doctest/doctest.h>

#include "kontena/alerts/lines.h"

using namespace kontena;

TEST_CASE("lines count for the window's time, each for its subject") {
  alerts::LineWindow window(60'000);
  window.add(100'000, "shop/web", "one");
  window.add(130'000, "shop/web", "three");
  window.add(120'000, "shop/web", "two, late");
  window.add(130'000, "shop/db", "other");
  auto lines = window.lines(130'000);
  CHECK(lines.at("shop/web") == alerts::Lines{3, "three"});
  CHECK(lines.at("shop/db") == alerts::Lines{1, "other"});
  lines = window.lines(162'000);
  CHECK(lines.at("shop/web") == alerts::Lines{2, "three"});
  CHECK(window.lines(192'000).empty());
}

TEST_CASE("what is older than the window counts for nothing, and no more subjects than so many") {
  alerts::LineWindow window(60'000);
  window.add(10'000, "shop/web", "old");
  CHECK(window.lines(100'000).empty());
  for (int i = 0; i < 600; ++i) window.add(100'000, "s/" + std::to_string(i), "x");
  CHECK(window.lines(100'000).size() == alerts::LineWindow::most_subjects);
}
