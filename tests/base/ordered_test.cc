// Ordered, held against std::map.
#include "kontena/base/ordered.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <thread>

namespace kontena {
namespace {

using Map = std::map<std::string, int>;
using Pairs = std::vector<std::pair<std::string, int>>;

Pairs under(const Ordered<int>& ordered, std::string_view prefix) {
  Pairs found;
  ordered.each(prefix, [&](const auto& item) { found.emplace_back(item.key, item.value); });
  return found;
}

Pairs under(const Map& map, std::string_view prefix) {
  Pairs found;
  for (const auto& [key, value] : map)
    if (key.starts_with(prefix)) found.emplace_back(key, value);
  return found;
}

// Few letters, so that prefixes meet; from nothing to seven of them.
std::string random_key(std::mt19937& random) {
  std::string key(random() % 8, ' ');
  for (char& c : key) c = "abc/\xff"[random() % 5];
  return key;
}

}  // namespace

TEST_CASE("a map of many changes is at every moment what std::map is, and its old copies stay what they were") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Ordered<int> ordered;
    Map map;
    std::vector<std::pair<Ordered<int>, Map>> copies;
    const unsigned steps = seed % 3 == 0 ? 3000 : 600;
    for (unsigned step = 0; step < steps; ++step) {
      const auto key = random_key(random);
      // Mostly growing, then mostly shrinking, so that chunks are cut and go.
      if (random() % 10 < (step < steps / 2 ? 8u : 3u)) {
        ordered.put(key, static_cast<int>(step), step);
        map[key] = static_cast<int>(step);
      } else {
        ordered.erase(key);
        map.erase(key);
      }
      REQUIRE(ordered.size() == map.size());
      REQUIRE(ordered.empty() == map.empty());
      const auto looked = random_key(random);
      const auto found = map.find(looked);
      const int* got = ordered.get(looked);
      REQUIRE((got != nullptr) == (found != map.end()));
      if (got) REQUIRE(*got == found->second);
      if (step % 50 == 0) {
        const auto prefix = looked.substr(0, 2);
        REQUIRE(under(ordered, prefix) == under(map, prefix));
      }
      if (step % 200 == 0) copies.emplace_back(ordered, map);
    }
    REQUIRE(under(ordered, "") == under(map, ""));
    for (const auto& [copy, then] : copies) REQUIRE(under(copy, "") == under(then, ""));
  }
}

TEST_CASE("keys in rising and in falling order all find their place") {
  for (const bool rising : {true, false}) {
    CAPTURE(rising);
    Ordered<int> ordered;
    for (int i = 0; i < 2000; ++i) {
      const int n = rising ? i : 1999 - i;
      ordered.put(std::to_string(10000 + n), n);
    }
    int next = 0;
    ordered.each("", [&](const auto& item) { REQUIRE(item.value == next++); });
    CHECK(next == 2000);
    for (int i = 0; i < 2000; ++i) ordered.erase(std::to_string(10000 + i));
    CHECK(ordered.empty());
    ordered.put("again", 1);
    CHECK(ordered.size() == 1);
  }
}

TEST_CASE("putting a key again replaces its item, revision and all") {
  Ordered<std::string> ordered;
  ordered.put("a", "1", 10);
  ordered.put("a", "2", 11);
  CHECK(ordered.size() == 1);
  CHECK(ordered.find("a")->value == "2");
  CHECK(ordered.find("a")->revision == 11);
  CHECK(!ordered.find("b"));
  CHECK(!ordered.get(""));
}

TEST_CASE("an item that is shared outlives the map, and is itself, not a copy") {
  std::shared_ptr<const Ordered<std::string>::Item> kept;
  {
    Ordered<std::string> ordered;
    ordered.put("a", "1");
    kept = ordered.share("a");
    CHECK(kept.get() == ordered.find("a"));
    Ordered<std::string> other;
    other.put(kept);
    CHECK(other.find("a") == kept.get());
    CHECK(!ordered.share("b"));
    ordered.erase(kept->key);
    CHECK(ordered.empty());
  }
  CHECK(kept->value == "1");
}

TEST_CASE("copies are read by other threads while the map goes on changing") {
  Ordered<int> ordered;
  for (int i = 0; i < 1000; ++i) ordered.put(std::to_string(i), 0);
  std::vector<std::jthread> readers;
  for (int round = 1; round <= 20; ++round) {
    readers.emplace_back([copy = ordered, round] {
      int wrong = 0;
      copy.each("", [&](const auto& item) { wrong += item.value != round - 1; });
      CHECK(wrong == 0);
      CHECK(copy.size() == 1000);
    });
    for (int i = 0; i < 1000; ++i) ordered.put(std::to_string(i), round);
  }
}

}  // namespace kontena
