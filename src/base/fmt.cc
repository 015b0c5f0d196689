// Compiles fmt where it is used, once: Debian ships its headers and a shared
// library, but no static one.
#define FMT_HEADER_ONLY
#include <fmt/format.h>

#include "kontena/base/text.h"

namespace kontena::text {

std::string shortest(double number) { return fmt::format("{}", number); }
std::string shortest(float number) { return fmt::format("{}", number); }

}  // namespace kontena::text
