#include "kontena/crypto/chain.h"

#include <doctest/doctest.h>

namespace kontena::crypto {

TEST_CASE("a link tells of all texts before it, and of their order") {
  const Link one = link({}, "one");
  CHECK(one.number == 1);
  CHECK(one.hash.size() == 64);
  const Link two = link(one, "two");
  CHECK(two == link(link({}, "one"), "two"));
  CHECK(two.hash != link(link({}, "onE"), "two").hash);
  CHECK(two.hash != link(link({}, "two"), "one").hash);
  CHECK(link({}, "two").hash != link(Link{1, std::string(64, '0')}, "two").hash);
}

}  // namespace kontena::crypto
