#include "kontena/overlay/overlap.h"

#include <doctest/doctest.h>

namespace kontena::overlay {

TEST_CASE("what shares addresses with the pool is told, the narrowest first; ways to everywhere are not") {
  const Subnet pool = *parse_subnet("10.80.0.0/12");
  const auto used = [](const std::string& text) { return Used{*parse_subnet(text), "by " + text}; };
  CHECK(overlaps(pool, {used("0.0.0.0/0"), used("0.0.0.0/1"), used("192.168.0.0/16"), used("10.96.0.0/12"), used("10.79.255.0/24")}).empty());
  const auto found = overlaps(pool, {used("0.0.0.0/0"), used("10.0.0.0/8"), used("10.95.255.0/24"), used("10.80.0.1/32"), used("172.17.0.0/16")});
  REQUIRE(found.size() == 3);
  CHECK(found[0].by == "by 10.80.0.1/32");
  CHECK(found[1].by == "by 10.95.255.0/24");
  CHECK(found[2].by == "by 10.0.0.0/8");
  CHECK(overlap_text(found) == "10.80.0.1/32, by 10.80.0.1/32; and 2 more");
}

}  // namespace kontena::overlay
