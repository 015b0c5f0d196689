#include "kontena/stats/history.h"

#include <doctest/doctest.h>

namespace kontena::stats {
namespace {

constexpr std::int64_t start = 900'000'000;

History filled(int samples) {
  History history;
  for (int i = 1; i <= samples; ++i) {
    Values values{};
    values[cpu_milli] = 100;
    values[oom_kills] = 1;
    REQUIRE(history.add(start + i * 10'000, values));
  }
  return history;
}

}  // namespace

TEST_CASE("what is not newer is not taken") {
  History history = filled(3);
  CHECK_FALSE(history.add(start + 30'000, {}));
  CHECK_FALSE(history.add(start, {}));
  CHECK(history.newest()->at_ms == start + 30'000);
}

TEST_CASE("points are means of their part of the time, and OOM kills sums") {
  const History history = filled(360);
  const std::int64_t now = start + 3'600'000;
  for (const std::size_t most : {1u, 2u, 10u, 60u, 360u}) {
    const auto points = history.since(now - 3'600'000, now, most);
    CAPTURE(most);
    CHECK(points.size() <= most);
    CHECK(points.back().at_ms == now);
    for (const Point& point : points) CHECK(point.values[cpu_milli] == 100);
  }
  std::int64_t kills = 0;
  for (const Point& point : history.since(now - 600'000, now, 20)) kills += point.values[oom_kills];
  CHECK(kills == 60);
}

TEST_CASE("what is older than an hour is there by quarters of an hour, for a day, in bounded memory") {
  const History history = filled(3 * 8'640);
  const std::int64_t now = start + 3ll * 86'400'000;
  const auto day = history.since(now - 90'000'000, now, 360);
  CHECK(day.size() >= 90);
  CHECK(day.front().at_ms < now - 80'000'000);
  for (std::size_t i = 1; i < day.size(); ++i) CHECK(day[i - 1].at_ms < day[i].at_ms);
  for (const Point& point : day) CHECK(point.values[cpu_milli] == 100);
  CHECK(history.bytes() <= 30'000);  // 10,000 of them in 300 MB
}

TEST_CASE("nothing comes of nothing") {
  CHECK_FALSE(History().newest());
  CHECK(History().since(0, 1'000, 10).empty());
  CHECK(filled(3).since(start + 30'000, start + 30'000, 10).empty());
  CHECK(filled(3).since(start, start + 30'000, 0).empty());
}

}  // namespace kontena::stats
