#include "log_spool.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "log_rate.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

LogPosition at(std::uint64_t offset) { return {.place = {.offset = offset, .mark = offset * 7}}; }

std::unique_ptr<LogSpool> open(const std::string& folder, LogSpool::Limits limits = {}) {
  static CountedIds ids;
  auto spool = LogSpool::open(folder, std::move(limits), ids);
  REQUIRE(spool);
  return std::move(*spool);
}

std::string last_segment(const std::string& folder) {
  std::string last;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".segment") last = std::max(last, entry.path().string());
  return last;
}

int segments(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.path().extension() == ".segment";
  return count;
}

}  // namespace

TEST_CASE("positions of logs are read as they were written, and damaged ones are none") {
  LogMoves moves;
  moves["a"] = LogPosition{.place = {1, 2}, .time_ns = -3, .at_time = 4, .joiner = {.out = {5, "six", true}, .error = {7, std::string(70'000, 'x'), false}}, .dropped = 8};
  moves["b"] = std::nullopt;
  const std::string bytes = write_moves(moves);
  CHECK(read_moves(bytes) == moves);
  for (std::size_t size = 0; size < 40; ++size) CHECK_FALSE(read_moves(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(read_moves(bytes + "x"));
}

TEST_CASE("batches and positions are there after a restart, and only what is not acknowledged is sent") {
  const TempFolder folder;
  std::string id;
  {
    auto spool = open(folder.path());
    id = spool->id();
    for (std::uint64_t i = 1; i <= 5; ++i) {
      CHECK(spool->next_number() == i);
      REQUIRE(spool->append("batch " + std::to_string(i), {{"c" + std::to_string(i % 2), at(i)}}));
    }
    REQUIRE(spool->append("", {{"c0", std::nullopt}}));  // positions alone
    spool->acknowledge(2);
    CHECK(spool->next(Duration(0))->number == 3);
  }
  auto spool = open(folder.path());
  CHECK(spool->id() == id);
  CHECK(spool->next_number() == 6);
  CHECK(spool->positions() == LogPositions{{"c1", at(5)}});
  spool->acknowledge(2);  // the server says so when it is asked the first time
  for (std::uint64_t i = 3; i <= 5; ++i) {
    const auto waiting = spool->next(Duration(0));
    REQUIRE(waiting);
    CHECK(waiting->number == i);
    CHECK(waiting->batch == "batch " + std::to_string(i));
    spool->acknowledge(i);
  }
  CHECK_FALSE(spool->next(Duration(0)));
  REQUIRE(spool->append("batch 6", {}));
  CHECK(spool->next(Duration(0))->batch == "batch 6");
}

TEST_CASE("a batch that was torn is none: its lines are read again") {
  for (std::uintmax_t cut = 1; cut < 60; cut += 7) {
    CAPTURE(cut);
    const TempFolder folder;
    {
      auto spool = open(folder.path());
      REQUIRE(spool->append("one", {{"c", at(1)}}));
      REQUIRE(spool->append("two, which is long enough to be cut in many places", {{"c", at(2)}}));
    }
    const std::string file = last_segment(folder.path());
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - cut);
    auto spool = open(folder.path());
    CHECK(spool->positions() == LogPositions{{"c", at(1)}});
    CHECK(spool->next_number() == 2);
    REQUIRE(spool->append("two again", {{"c", at(3)}}));
    spool.reset();
    spool = open(folder.path());
    CHECK(spool->positions() == LogPositions{{"c", at(3)}});
    CHECK(spool->next(Duration(0))->batch == "one");
    spool->acknowledge(1);
    CHECK(spool->next(Duration(0))->batch == "two again");
  }
}

TEST_CASE("files of the spool go when all in them is acknowledged, but the last, which has the positions") {
  const TempFolder folder;
  {
    auto spool = open(folder.path(), {.segment = 1'000});
    for (int i = 1; i <= 50; ++i) REQUIRE(spool->append(std::string(300, 'x'), {{"c" + std::to_string(i), at(1)}}));
    CHECK(segments(folder.path()) > 5);
    CHECK(spool->waiting() == 50);
    spool->acknowledge(49);
    CHECK(segments(folder.path()) <= 2);
    spool->acknowledge(50);
    CHECK(segments(folder.path()) == 1);
  }
  auto spool = open(folder.path());
  CHECK(spool->positions().size() == 50);
  CHECK(spool->next_number() == 51);
}

TEST_CASE("a full spool, and a disk with little room, say so until there is room") {
  const TempFolder folder;
  std::uint64_t left = 100;
  auto spool = open(folder.path(), {.bytes = 1'000, .free_bytes = [&](const std::string&) { return left; }, .reserve = 50});
  CHECK_FALSE(spool->full());
  CHECK_FALSE(spool->disk_short());
  left = 49;
  CHECK(spool->disk_short());
  for (int i = 0; i < 4; ++i) REQUIRE(spool->append(std::string(300, 'x'), {}));
  CHECK(spool->full());
  spool->acknowledge(1);
  CHECK_FALSE(spool->full());
}

TEST_CASE("a folder without its id begins anew, under another") {
  const TempFolder folder;
  std::string id;
  {
    auto spool = open(folder.path());
    id = spool->id();
    REQUIRE(spool->append("one", {{"c", at(1)}}));
  }
  std::filesystem::remove(folder / "id");
  auto spool = open(folder.path());
  CHECK(spool->id() != id);
  CHECK(spool->next_number() == 1);
  CHECK(spool->positions().empty());
  CHECK_FALSE(spool->next(Duration(0)));
}

TEST_CASE("a service may burst, and then has its rate, by the lines' own time") {
  LogRate rate(10, 100);
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) taken += rate.take("a", 5, 10);
  CHECK(taken == 100);
  CHECK(rate.take("b", 5, 10));  // another one is not held back by that
  for (std::int64_t i = 0; i < 1'000; ++i) taken += rate.take("a", 5 + i * 1'000'000, 10);  // a second of it
  CHECK(taken >= 109);
  CHECK(taken <= 111);
  // Hours later all is well, and a clock that was set back holds nothing for ever.
  CHECK(rate.take("a", 7'200'000'000'000, 10));
  taken = 0;
  for (std::int64_t i = 0; i < 100'000; ++i) taken += rate.take("a", i * 1'000'000, 10);
  CHECK(taken >= 1'000);
  // A long line counts for its length.
  LogRate longs(10, 100);
  taken = 0;
  for (int i = 0; i < 1'000; ++i) taken += longs.take("a", 5, 65'536);
  CHECK(taken == 1);
  LogRate any(0, 0);
  CHECK(any.take("a", 5, 65'536));
}
