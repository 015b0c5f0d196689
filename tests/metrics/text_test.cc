#include "kontena/metrics/text.h"

#include <doctest/doctest.h>

using namespace kontena::metrics;

TEST_CASE("samples of one name stand together, under one word of what it is") {
  Text text;
  text.add("b_bytes", "gauge", "Bytes.", {{"of", "1"}}, "5");
  text.add("a_total", "counter", "Things.", {}, "7");
  text.add("b_bytes", "gauge", "Bytes.", {{"of", "2"}, {"x", "y"}}, "6");
  CHECK(text.text() ==
        "# HELP a_total Things.\n# TYPE a_total counter\na_total 7\n"
        "# HELP b_bytes Bytes.\n# TYPE b_bytes gauge\nb_bytes{of=\"1\"} 5\nb_bytes{of=\"2\",x=\"y\"} 6\n");
}

TEST_CASE("what would end a label's text, or its line, is escaped") {
  Text text;
  text.add("a", "gauge", "A.", {{"l", "q\" b\\ n\nz"}}, "1");
  CHECK(text.text().ends_with("a{l=\"q\\\" b\\\\ n\\nz\"} 1\n"));
}

TEST_CASE("thousandths are a decimal number") {
  CHECK(decimal(0) == "0.000");
  CHECK(decimal(7) == "0.007");
  CHECK(decimal(12'345) == "12.345");
}
