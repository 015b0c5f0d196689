#include "../../src/compose/scalar.h"

#include <doctest/doctest.h>

#include <cmath>

namespace kontena::compose {

TEST_CASE("a plain scalar is what YAML 1.2 and Compose's own library take it for") {
  struct Row {
    std::string_view plain;
    Kind kind;
    std::string_view text;
  };
  for (const Row& row : {
           Row{"", Kind::null, ""},
           Row{"~", Kind::null, ""},
           Row{"null", Kind::null, ""},
           Row{"nULL", Kind::text, "nULL"},
           Row{"true", Kind::boolean, "true"},
           Row{"False", Kind::boolean, "false"},
           Row{"yes", Kind::text, "yes"},
           Row{"on", Kind::text, "on"},
           Row{"1", Kind::integer, "1"},
           Row{"0777", Kind::integer, "511"},
           Row{"0x1F", Kind::integer, "31"},
           Row{"0o17", Kind::integer, "15"},
           Row{"0b101", Kind::integer, "5"},
           Row{"1_000", Kind::integer, "1000"},
           Row{"+5", Kind::integer, "5"},
           Row{"-0", Kind::integer, "0"},
           Row{"-0x1F", Kind::integer, "-31"},
           Row{"12345678901234567890", Kind::integer, "12345678901234567890"},
           Row{"-9223372036854775808", Kind::integer, "-9223372036854775808"},
           Row{"0808", Kind::real, "808"},
           Row{"1.0", Kind::real, "1"},
           Row{"1.10", Kind::real, "1.1"},
           Row{"1e3", Kind::real, "1000"},
           Row{".5", Kind::real, "0.5"},
           Row{"5.", Kind::real, "5"},
           Row{"100000000000000000000000", Kind::real, "1e+23"},
           Row{".inf", Kind::real, "+Inf"},
           Row{"-.inf", Kind::real, "-Inf"},
           Row{".nan", Kind::real, "NaN"},
           Row{"1e999", Kind::text, "1e999"},
           Row{"1:30", Kind::text, "1:30"},
           Row{"22:22", Kind::text, "22:22"},
           Row{"2020-01-01", Kind::date, "2020-01-01"},
           Row{"2020-1-1T10:00:00Z", Kind::date, "2020-1-1T10:00:00Z"},
           Row{"2020-01", Kind::text, "2020-01"},
           Row{".", Kind::text, "."},
           Row{"-", Kind::text, "-"},
           Row{"+", Kind::text, "+"},
           Row{"0x", Kind::text, "0x"},
           Row{"1.2.3", Kind::text, "1.2.3"},
           Row{"10m", Kind::text, "10m"},
       }) {
    CAPTURE(row.plain);
    const Scalar scalar = resolve(row.plain);
    CHECK(scalar.kind == row.kind);
    CHECK(scalar.text == row.text);
  }
}

TEST_CASE("numbers are printed as Go prints them") {
  CHECK(print_real(0.5) == "0.5");
  CHECK(print_real(1e20) == "100000000000000000000");
  CHECK(print_real(1e21) == "1e+21");
  CHECK(print_real(0.0001) == "0.0001");
  CHECK(print_real(0.00001) == "1e-05");
  CHECK(print_real(-2) == "-2");
  CHECK(print_real(HUGE_VAL) == "+Inf");
}

}  // namespace kontena::compose
