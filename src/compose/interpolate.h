#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::compose {

using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Interpolated {
  std::string text;
  std::vector<std::string> unset;  // names that were replaced by nothing
  std::string problem;             // "" = none
  std::size_t offset = 0;          // of the `$` that is the problem
};

// Puts values in place of $NAME and ${NAME…}: the operators are - :- ? :? + :+,
// what follows one is interpolated in turn, `$$` is a dollar sign, and a dollar
// sign before anything else stays.
Interpolated interpolate(std::string_view text, const Lookup&);

}  // namespace kontena::compose
