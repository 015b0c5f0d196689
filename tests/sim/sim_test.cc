// A whole cluster in virtual time, over seeds. KTN_SEED=n runs one alone, and
// KTN_TRACE=1 prints what happens; KTN_SEEDS=n says how many.
#include <doctest/doctest.h>

#include <cstdlib>

#include "kontena/base/log.h"
#include "world.h"

using namespace kontena;
using namespace kontena::sim;

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

struct Seeds {
  std::uint64_t first, last;
};
Seeds seeds(std::uint64_t count) {
  if (const std::uint64_t one = number("KTN_SEED", 0); one != 0) return {one, one};
  return {1, number("KTN_SEEDS", count)};
}

bool traced() { return number("KTN_TRACE", 0) != 0; }

struct Quiet {
  Quiet() { log::set_level(traced() ? log::Level::debug : static_cast<log::Level>(9)); }
  ~Quiet() { log::set_level(log::Level::info); }
};

}  // namespace

TEST_CASE("whatever fails, and whoever dies at whichever call, all comes to be as wanted") {
  const Quiet quiet;
  const Seeds all = seeds(200);
  for (std::uint64_t seed = all.first; seed <= all.last; ++seed) {
    CAPTURE(seed);
    World world({.seed = seed, .trace = traced()});
    const std::string wrong = world.run();
    REQUIRE_MESSAGE(wrong.empty(), wrong);
  }
}
