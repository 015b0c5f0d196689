#pragma once

#include <string>
#include <string_view>

#include "kontena/base/result.h"

namespace kontena::access {

enum class Level { server, grid, project, stack };

// A part of what there is: all of the server, a grid, a project, or a stack of it. What
// is asked about is a place; what a role is given at may name stacks by a pattern, in
// which a * stands for any characters, or none.
struct Scope {
  std::string grid;     // "" = the server
  std::string project;  // "" = the grid
  std::string stack;    // "" = the project

  Level level() const;
  std::string text() const;   // "", "GRID", "GRID/PROJECT", "GRID/PROJECT/STACK": as records have it
  std::string shown() const;  // "/", "/GRID", …: as people read and write it
  friend bool operator==(const Scope&, const Scope&) = default;
};

// Either text; the last part may be a pattern. Code::invalid_argument says what is wrong.
Result<Scope> parse_scope(std::string_view);

// Whether all of `inner` lies in `outer`. A pattern holds another that is the same, or
// that has no * and matches.
bool holds(const Scope& outer, const Scope& inner);

// Whether the text is one that the pattern stands for. Its cost is at most their product.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace kontena::access
