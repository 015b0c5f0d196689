#include "../../src/engine/docker/streams.h"

#include <doctest/doctest.h>

using namespace kontena::engine;
using namespace kontena::engine::docker;

TEST_CASE("lines are put together from pieces, with either end") {
  Lines lines;
  std::vector<std::string> seen;
  const auto each = [&](std::string_view line) { seen.emplace_back(line); };
  for (const auto* piece : {"{\"a\"", ":1}\r", "\n{}\n\r\n", "", "{\"b\":2}"}) lines.take(piece, each);
  CHECK(seen == std::vector<std::string>{"{\"a\":1}", "{}"});
  lines.finish(each);
  CHECK(seen.back() == "{\"b\":2}");
}

TEST_CASE("a line without measure is passed over, and the next is read") {
  Lines lines;
  std::vector<std::string> seen;
  const auto each = [&](std::string_view line) { seen.emplace_back(line); };
  for (int i = 0; i < 40; ++i) lines.take(std::string(100'000, 'x'), each);
  lines.take("tail\nnext\n", each);
  CHECK(seen == std::vector<std::string>{"next"});
}

TEST_CASE("an event is read in its old and its new shape") {
  const auto old = read_event(
      R"({"status":"health_status: healthy","id":"e5","from":"busybox","Type":"container","Action":"health_status: healthy",
          "Actor":{"ID":"e5","Attributes":{"name":"t1"}},"scope":"local","time":1795342502,"timeNano":1795342502857356317})");
  REQUIRE(old);
  CHECK(old->event.happened == Happened::health);
  CHECK(old->event.container == "e5");
  CHECK(old->time_ns == 1795342502857356317);
  const auto read = [](std::string action) {
    return read_event(R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":"e5"}})")->event.happened;
  };
  CHECK(read("start") == Happened::started);
  CHECK(read("die") == Happened::died);
  CHECK(read("oom") == Happened::out_of_memory);
  CHECK(read("destroy") == Happened::destroyed);
  CHECK(read("exec_create: /bin/sh -c die") == Happened::other);
  CHECK_FALSE(read_event(R"({"Type":"network","Action":"destroy","Actor":{"ID":"n"}})"));
  CHECK_FALSE(read_event("{"));
  CHECK_FALSE(read_event("[]"));
}

TEST_CASE("the layers of a pull are added up") {
  PullReport report;
  CHECK_FALSE(report.take(R"({"status":"Pulling from library/busybox","id":"latest"})"));
  CHECK_FALSE(report.take(R"({"status":"Already exists","progressDetail":{},"id":"a"})"));
  CHECK(report.take(R"({"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"b"})"));
  CHECK(report.take(R"({"status":"Downloading","progressDetail":{"current":5,"total":50},"id":"c"})"));
  CHECK(report.progress().done_bytes == 15);
  CHECK(report.progress().total_bytes == 150);
  CHECK(report.take(R"({"status":"Download complete","progressDetail":{},"id":"b"})"));
  CHECK_FALSE(report.take(R"({"status":"Extracting","progressDetail":{"current":3,"total":100},"id":"b"})"));
  CHECK(report.progress().done_bytes == 105);
  CHECK(report.error().empty());
}

TEST_CASE("a pull that failed after its first byte has an error") {
  PullReport report;
  report.take(R"({"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"})");
  CHECK(report.error() == "manifest unknown");
  PullReport old;
  old.take(R"({"error":"denied"})");
  CHECK(old.error() == "denied");
}

TEST_CASE("a log is taken up right after its last line, to the nanosecond") {
  CHECK(seconds(1'795'342'501'000'000'005) == "1795342501.000000005");
  CHECK(seconds(*ns_after("2026-11-22T10:15:01.519057732Z")) == "1795342501.519057733");
  CHECK(seconds(*ns_after("2026-11-22T10:15:01.999999999Z")) == "1795342502.000000000");
  CHECK(seconds(*ns_after("2026-11-22T11:15:01.5+01:00")) == "1795342501.500000001");
  CHECK(seconds(*ns_after("2026-11-22T10:15:01Z")) == "1795342501.000000001");
  CHECK_FALSE(ns_after(""));
}
