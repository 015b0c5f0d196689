#include "kontena/base/panic.h"

#include <cstdio>
#include <cstdlib>

namespace kontena {

void panic(const char* file, int line, const char* what) {
  std::fprintf(stderr, "kontena: %s:%d: broken invariant: %s\n", file, line, what);
  std::abort();
}

}  // namespace kontena
