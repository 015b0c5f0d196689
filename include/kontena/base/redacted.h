#pragma once

#include <string>
#include <utility>

namespace kontena {

// A secret on its way: prints as ***, and says reveal() where it is used, so
// that each such place can be found by searching.
class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(std::string secret) : secret_(std::move(secret)) {}

  const std::string& reveal() const { return secret_; }
  bool empty() const { return secret_.empty(); }

 private:
  std::string secret_;
};

inline std::string format_as(const Redacted&) { return "***"; }

}  // namespace kontena
