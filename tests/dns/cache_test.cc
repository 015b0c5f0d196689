#include "kontena/dns/cache.h"

#include <doctest/doctest.h>

namespace kontena::dns {
namespace {

std::shared_ptr<const Answer> answer(std::uint32_t lifetime, std::size_t bytes = 50, Rcode rcode = Rcode::no_error) {
  return std::make_shared<const Answer>(
      Answer{.bytes = std::string(bytes, 'x'), .answers = 1, .lifetime = lifetime, .rcode = rcode});
}

constexpr Duration second{1000};

TEST_CASE("an answer is kept for its time, and tells how old it is") {
  Cache cache({});
  cache.put("a", answer(10), 5 * second);
  CHECK(cache.get("a", 5 * second).age == 0);
  CHECK(cache.get("a", Duration(7900)).age == 2);
  CHECK(cache.get("a", Duration(14'999)).answer);
  CHECK_FALSE(cache.get("a", 15 * second).answer);
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
  CHECK_FALSE(cache.get("b", 5 * second).answer);
}

TEST_CASE("what must not be kept is not, and nothing for too long") {
  Cache cache({.longest = 100, .longest_negative = 10});
  cache.put("none", answer(0), second);
  CHECK(cache.size() == 0);
  cache.put("long", answer(100'000), Duration(0));
  cache.put("no", answer(100'000, 50, Rcode::no_such_name), Duration(0));
  CHECK(cache.get("no", 9 * second).answer);
  CHECK_FALSE(cache.get("no", 10 * second).answer);
  CHECK(cache.get("long", 99 * second).answer);
  CHECK_FALSE(cache.get("long", 100 * second).answer);
}

TEST_CASE("a newer answer takes the place of an older, even one that is not kept") {
  Cache cache({});
  cache.put("a", answer(10), Duration(0));
  cache.put("a", answer(20), Duration(0));
  CHECK(cache.size() == 1);
  CHECK(cache.get("a", 15 * second).answer);
  cache.put("a", answer(0), Duration(0));
  CHECK(cache.size() == 0);
}

TEST_CASE("entries and bytes are bounded; the one that was not used for longest goes") {
  Cache few({.entries = 3});
  for (const char* key : {"a", "b", "c"}) few.put(key, answer(10), Duration(0));
  few.get("a", Duration(0));
  few.put("d", answer(10), Duration(0));
  CHECK(few.size() == 3);
  CHECK(few.get("a", Duration(0)).answer);
  CHECK_FALSE(few.get("b", Duration(0)).answer);

  Cache small({.entries = 1'000'000, .bytes = 100'000});
  for (int i = 0; i < 10'000; ++i) {
    small.put(std::to_string(i), answer(10, 1000), Duration(0));
    REQUIRE(small.bytes() <= 100'000);
  }
  CHECK(small.size() > 50);
  small.put("huge", answer(10, 200'000), Duration(0));
  CHECK_FALSE(small.get("huge", Duration(0)).answer);
  CHECK(small.size() > 50);
  small.clear();
  CHECK(small.bytes() == 0);
}

}  // namespace
}  // namespace kontena::dns
