#pragma once

namespace kontena {

// Ends the process with the place and what should have held. For broken
// invariants of our own; never on input.
[[noreturn]] void panic(const char* file, int line, const char* what);

}  // namespace kontena

#define KTN_ASSERT(condition, what) \
  ((condition) ? static_cast<void>(0) : ::kontena::panic(__FILE__, __LINE__, what))
