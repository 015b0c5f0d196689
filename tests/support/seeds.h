#pragma once

#include <cstdlib>

namespace kontena::support {

// Which seeds a property is tried with: KTN_SEEDS=n says how many, KTN_FIRST=n from where on, KTN_SEED=n one alone.
struct Seeds {
  unsigned first = 0, end = 0;
  explicit Seeds(unsigned count, unsigned from = 0) : first(number("KTN_FIRST", from)) {
    end = first + number("KTN_SEEDS", count);
    if (std::getenv("KTN_SEED")) first = number("KTN_SEED", 0), end = first + 1;
  }

 private:
  static unsigned number(const char* variable, unsigned otherwise) {
    const char* value = std::getenv(variable);
    return value ? static_cast<unsigned>(std::strtoul(value, nullptr, 10)) : otherwise;
  }
};

}  // namespace kontena::support
