#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"

namespace kontena::image {

// The rules of a `.dockerignore`, as Docker reads them. Paths are relative to the
// context, with '/' between their parts and none at the ends.
class Ignore {
 public:
  Ignore() = default;  // leaves nothing out
  // A pattern that is none is Code::invalid_argument, with its line.
  static Result<Ignore> parse(std::string_view text);

  // Whether it is left out: the last rule that matches it, or a folder above it, decides.
  bool excludes(std::string_view path) const;
  // Whether a '!' may take back something inside of a folder that is left out.
  bool may_take_back_inside(std::string_view folder) const;

 private:
  // What one step of a pattern matches.
  struct Step {
    enum class Kind { text, one, some, folders, rest, set } kind = Kind::text;
    char c = 0;            // text
    std::string from, to;  // set: ranges, as many of each
    bool negated = false;  // set
  };
  struct Pattern {
    bool takes_back = false;
    std::string plain;        // cleaned, as written
    bool any_suffix = false;  // "**x", where Docker looks at the end of the path only
    std::vector<Step> steps;
  };
  static Result<Pattern> compile(std::string_view text);
  static bool matches(const Pattern&, std::string_view path);

  std::vector<Pattern> patterns_;
};

}  // namespace kontena::image
