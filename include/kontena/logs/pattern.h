#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "kontena/base/result.h"

namespace kontena::logs {

// A POSIX extended regular expression, as grep -E takes them. What would cost without bound is refused: back
// references, and counted repetitions of more than 1,000 altogether. Safe from any thread.
class Pattern {
 public:
  static constexpr std::size_t longest = 1'000;
  // Code::invalid_argument, and what is wrong.
  static Result<std::shared_ptr<const Pattern>> compile(const std::string& expression);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  bool matches(std::string_view line) const;
  // Every line that matches has these bytes in it; "" where none are known.
  const std::string& literal() const { return literal_; }
  bool is_literal() const { return is_literal_; }  // and every line that has them matches

 private:
  Pattern() = default;
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::string literal_;
  bool is_literal_ = false;
};

}  // namespace kontena::logs
