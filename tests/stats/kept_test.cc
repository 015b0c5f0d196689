#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "kontena/base/log.h"
#include "kontena/stats/kept.h"
#include "support/temp_folder.h"

using namespace kontena::stats;
using kontena::TempFolder;

namespace {

Point point(std::int64_t at_ms, std::int64_t cpu) {
  Point made{.at_ms = at_ms};
  made.values[cpu_milli] = cpu;
  made.values[memory] = 1'000'000 + cpu;
  made.values[oom_kills] = 1;
  return made;
}

std::string put_file(const TempFolder& folder, const std::string& name, const std::string& bytes) {
  std::ofstream(folder / name, std::ios::binary) << bytes;
  return folder / name;
}

struct World {
  TempFolder folder;
  KeptHistory::Options options{.folder = folder / "stats", .spare = 0};
  std::vector<KeptHistory::Sampled> replayed;
  std::unique_ptr<KeptHistory> kept = open();
  std::unique_ptr<KeptHistory> open() {
    replayed.clear();
    auto opened = KeptHistory::open(options, [&](const auto& sampled) { replayed.push_back(sampled); });
    REQUIRE(opened);
    return *std::move(opened);
  }
  void restart() {
    kept.reset();
    kept = open();
  }
  // A quarter of an hour of points every 10 s of two series.
  void fill(std::int64_t quarter) {
    KeptHistory::Series series{{"a", {}}, {"b", {}}};
    for (int i = 1; i <= 90; ++i) {
      series[0].second.push_back(point(quarter * quarter_ms + i * 10'000, quarter % 1'000));
      series[1].second.push_back(point(quarter * quarter_ms + i * 10'000, i));
    }
    REQUIRE(kept->close(quarter, series));
  }
  std::size_t files(const std::string& of) const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(options.folder + '/' + of), {}));
  }
};

}  // namespace

TEST_CASE("a segment gives each series back, and only what is whole is one") {
  TempFolder folder;
  SegmentWriter writer;
  for (int s = 0; s < 500; ++s) {
    std::vector<Point> points;
    for (int i = 0; i < 20; ++i) points.push_back(point(1'800'000'000'000 + i * 10'000, s * 7 - i * i));
    writer.add("series/" + std::to_string(s), points);
  }
  const std::string bytes = writer.finish();
  CHECK(bytes.size() < 500 * 240);
  const auto segment = Segment::open(put_file(folder, "whole", bytes));
  REQUIRE(segment);
  CHECK(segment->size() == 500);
  for (int s = 0; s < 500; s += 7) {
    const auto points = segment->points("series/" + std::to_string(s));
    REQUIRE(points.size() == 20);
    CHECK(points[3] == point(1'800'000'030'000, s * 7 - 9));
  }
  CHECK(segment->points("series/500").empty());
  CHECK(Segment::open(put_file(folder, "torn", bytes.substr(0, bytes.size() - 1))).error().code == kontena::Code::corrupt);
  CHECK(Segment::open(put_file(folder, "empty", "")).error().code == kontena::Code::corrupt);
  for (std::size_t at = 4; at < bytes.size(); at += 997) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto opened = Segment::open(put_file(folder, "damaged", damaged));
    if (!opened) continue;
    for (int s = 0; s < 500; s += 50) {
      const auto points = opened->points("series/" + std::to_string(s));
      CHECK((points.empty() || points.size() == 20));
    }
  }
}

TEST_CASE("segments are joined by series, and points by parts of the time") {
  TempFolder folder;
  std::vector<Segment> parts;
  for (int part = 0; part < 3; ++part) {
    SegmentWriter writer;
    for (int s = part; s < 50; ++s) writer.add("s" + std::to_string(s), {point(part * 1'000 + 1, s), point(part * 1'000 + 2, s)});
    auto opened = Segment::open(put_file(folder, "p" + std::to_string(part), writer.finish()));
    REQUIRE(opened);
    parts.push_back(*std::move(opened));
  }
  const auto joined = Segment::open(put_file(folder, "joined", merge(parts)));
  REQUIRE(joined);
  CHECK(joined->size() == 50);
  CHECK(joined->points("s0").size() == 2);
  CHECK(joined->points("s40").size() == 6);
  const auto rolled = rolled_up({point(10'000, 1), point(20'000, 3), point(60'000, 8), point(60'001, 5)}, 60'000);
  REQUIRE(rolled.size() == 2);
  CHECK(rolled[0].at_ms == 60'000);
  CHECK(rolled[0].values[cpu_milli] == 4);
  CHECK(rolled[0].values[oom_kills] == 3);
  CHECK(rolled[1].at_ms == 120'000);
}

TEST_CASE("what is in no segment yet is in the journal, up to what a crash has torn") {
  World world;
  const std::int64_t begin = 1'000 * quarter_ms;
  for (int i = 1; i <= 5; ++i) REQUIRE(world.kept->add({{"a", "g/n/i1", point(begin + i, i)}, {"b", "g/n/i2", point(begin + i, 2 * i)}}));
  REQUIRE(world.kept->sync());
  world.restart();
  REQUIRE(world.replayed.size() == 10);
  CHECK(world.replayed[9].series == "b");
  CHECK(world.replayed[9].source == "g/n/i2");
  CHECK(world.replayed[9].point == point(begin + 5, 10));
  REQUIRE(world.kept->add({{"a", "g/n/i1", point(begin + 6, 6)}}));
  world.kept.reset();
  for (const auto& file : std::filesystem::directory_iterator(world.options.folder + "/journal"))
    std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) - 1);
  world.kept = world.open();
  CHECK(world.replayed.size() == 9);
  world.fill(1'000);
  world.restart();
  CHECK(world.replayed.empty());
  CHECK(world.files("journal") == 0);
}

TEST_CASE("a day of all points, a week of minutes, a quarter of a year of quarters of an hour") {
  World world;
  const std::int64_t first = 96 * 20'000, days = 10, last = first + 96 * days - 1;
  for (std::int64_t quarter = first; quarter <= last; ++quarter) world.fill(quarter);
  const std::int64_t end = (last + 1) * quarter_ms, hour = 3'600'000;
  const auto fine = world.kept->points("b", end - hour, end, 1);
  REQUIRE(fine.size() == 360);
  CHECK(fine[0] == point(end - hour + 10'000, 1));
  CHECK(world.kept->points("b", end - 20 * hour, end - 19 * hour, 10'000).size() == 360);
  const auto minutes = world.kept->points("b", end - 72 * hour, end - 71 * hour, 10'000);
  REQUIRE(minutes.size() == 60);
  CHECK(minutes[0].values[oom_kills] == 6);
  const auto quarters = world.kept->points("a", end - 9 * 24 * hour, end, hour);
  CHECK(quarters.size() == 9 * 96);
  for (std::size_t i = 1; i < quarters.size(); ++i) CHECK(quarters[i].at_ms == quarters[i - 1].at_ms + quarter_ms);
  CHECK(quarters.back().values[cpu_milli] == last % 1'000);
  CHECK(world.kept->points("c", end - hour, end, 1).empty());
  CHECK(world.files("all") <= 102);
  CHECK(world.files("minutes") <= 96 + 9);
  CHECK(world.files("quarters") <= 96 + 10);
  world.restart();
  CHECK(world.kept->points("a", end - 9 * 24 * hour, end, hour) == quarters);
}

TEST_CASE("history takes no more room than it may: the finest and oldest goes first") {
  World world;
  world.options.total = 60'000;
  world.restart();
  const std::int64_t first = 96 * 20'000;
  for (std::int64_t quarter = first; quarter < first + 96; ++quarter) world.fill(quarter);
  CHECK(world.kept->bytes() <= 60'000);
  const std::int64_t end = (first + 96) * quarter_ms;
  CHECK(world.kept->points("a", end - 24 * 3'600'000, end, quarter_ms).size() == 96);
}
