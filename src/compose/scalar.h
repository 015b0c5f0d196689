#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node.h"

namespace kontena::compose {

struct Scalar {
  Kind kind;
  std::string text;  // canonical: "31" of 0x1F, "true" of True, "1.1" of 1.10
};

// What an unquoted scalar is: YAML 1.2's core schema, and what Compose's own YAML
// library (go-yaml) reads besides: 0777 and 0b11 and 1_000 as numbers, dates.
// `yes`, `on` and 1:30 are text.
Scalar resolve(std::string_view plain);

// As Go prints a float64: "0.5", "1e+23", "+Inf".
std::string print_real(double);
std::string print_short_real(float);  // of a float32

// A number that is written as text, as `${N}` leaves it.
std::optional<double> real(std::string_view);

}  // namespace kontena::compose
