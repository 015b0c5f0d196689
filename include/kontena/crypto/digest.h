#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kontena::crypto {

std::string sha256(std::string_view);  // 32 bytes
std::string sha256_hex(std::string_view);

// SHA-256 of what comes piece by piece.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();
  void add(std::string_view);
  std::string hex() const;  // of all that was added so far; more may follow

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Takes the same time wherever they differ. Texts of unequal length are unequal.
bool equal_secret(std::string_view, std::string_view);

}  // namespace kontena::crypto
