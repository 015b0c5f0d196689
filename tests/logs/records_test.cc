#include <doctest/doctest.h>

#include <random>

#include "kontena/logs/lines.h"
#include "support.h"

using namespace kontena::logs;
using namespace kontena::logs::test;

namespace {

struct One {
  Step step;
  Record record;
  std::string text;
};
One json(const std::string& bytes) {
  One one;
  std::string scratch;
  one.step = read_json_record(bytes, one.record, scratch);
  if (one.step.found == Found::record) one.text = std::string(one.record.text);
  return one;
}

std::vector<Line> joined(Format format, const std::string& bytes) {
  Joiner joiner;
  std::vector<Line> lines;
  for (const auto& [record, text] : all_records(format, bytes)) {
    Record copy = record;
    copy.text = text;
    joiner.take(copy, lines);
  }
  joiner.finish(lines);
  return lines;
}

}  // namespace

TEST_CASE("a line of Docker's json-file is read with its time in nanoseconds") {
  const One one = json(R"({"log":"hello\n","stream":"stderr","time":"2026-11-22T09:48:25.123456789Z"})"
                       "\n");
  CHECK(one.step.found == Found::record);
  CHECK(one.text == "hello");
  CHECK(one.record.is_error);
  CHECK(one.record.ends_line);
  CHECK(one.record.time_ns == 1795340905123456789);
}

TEST_CASE("times are read as RFC 3339 has them, and nothing else") {
  std::int64_t ns = 0;
  CHECK(parse_time("1970-01-01T00:00:00Z", ns));
  CHECK(ns == 0);
  CHECK(parse_time("2024-02-29T23:59:60.5Z", ns));
  CHECK(parse_time("2026-11-22T11:48:25.000000001+02:00", ns));
  CHECK(ns == 1795340905000000001);
  for (const char* wrong : {"", "2026-11-22", "2026-13-22T09:48:25Z", "2026-11-22T09:48:25", "2026-11-22T09:48:25.1", "2026-11-22T09:48:25Zz", "2026-11-22T09:48:2xZ"})
    CHECK_FALSE(parse_time(wrong, ns));
}

TEST_CASE("what is escaped in a line is as it was written") {
  CHECK(json(R"({"log":"a \"b\" \\ \/ \t\u003c\u00e4\u20ac\ud83d\ude00 \ud800 x\r\n","stream":"stdout","time":"2026-11-22T09:48:25Z"})"
             "\n")
            .text == "a \"b\" \\ / \t<ä€😀 \xef\xbf\xbd x\r");
  CHECK(json(R"({"log":"ends with \\n","stream":"stdout","time":"2026-11-22T09:48:25Z"})"
             "\n")
            .text == "ends with \\n");
  const One part = json(R"({"log":"no end","stream":"stdout","time":"2026-11-22T09:48:25Z"})"
                        "\n");
  CHECK(part.text == "no end");
  CHECK_FALSE(part.record.ends_line);
  CHECK(json(R"({"log":"\n","stream":"stdout","time":"2026-11-22T09:48:25Z"})"
             "\n")
            .text.empty());
}

TEST_CASE("attributes of a line, in whatever order, are passed over") {
  const One one = json(R"( { "time" : "2026-11-22T09:48:25Z" , "attrs":{"a":"}\"","b":[1,{"c":null}]},"log":"x\n","n":12 , "stream":"stdout" } )"
                       "\n");
  CHECK(one.step.found == Found::record);
  CHECK(one.text == "x");
}

TEST_CASE("a line that is not whole yet is waited for, and what is none is skipped") {
  CHECK(json(R"({"log":"hello\n","stream":"std)").step.found == Found::nothing);
  for (const char* bad : {"\n", "{}\n", "nonsense\n", "{\"log\":\"x\n", "{\"log\":\"\\q\",\"time\":\"2026-11-22T09:48:25Z\"}\n", "{\"log\":\"x\"}\n", "[]\n"}) {
    CAPTURE(bad);
    CHECK(json(bad).step.found == Found::damaged);
  }
  CHECK(json(std::string(longest_record, 'x')).step.found == Found::damaged);
}

TEST_CASE("behind a line that was torn by a crash the next one is read") {
  const std::string whole = json_line("after", 7);
  const auto found = all_records(Format::json_file, "{\"log\":\"bef" + whole + json_line("more", 8));
  REQUIRE(found.size() == 2);
  CHECK(found[0].second == "after");
  CHECK(found[1].second == "more");
  const auto local = all_records(Format::local, local_record("torn", 6).substr(0, 11) + local_record("after", 7) + local_record("more", 8));
  REQUIRE(local.size() == 2);
  CHECK(local[0].second == "after");
}

TEST_CASE("a record of the local driver has all that one of the other has") {
  for (const bool error : {false, true}) {
    const auto found = all_records(Format::local, local_record("hello", 1795340905123456789, error));
    REQUIRE(found.size() == 1);
    CHECK(found[0].first.is_error == error);
    CHECK(found[0].first.time_ns == 1795340905123456789);
    CHECK(found[0].first.ends_line);
    CHECK(found[0].second == "hello");
  }
}

TEST_CASE("parts of a long line are joined, also where the other stream writes between them") {
  for (const Format format : {Format::json_file, Format::local}) {
    const auto record = [&](const std::string& text, std::int64_t time, bool error, bool ends) {
      return format == Format::json_file ? json_line(text, time, error, ends) : local_record(text, time, error, ends);
    };
    const std::string part(16'384, 'a');
    const auto lines = joined(format, record(part, 5, false, false) + record("between", 6, true, true) + record(part, 5, false, false) +
                                          record("end", 5, false, true) + record("next", 9, false, true));
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].text == "between");
    CHECK(lines[0].stream == Stream::err);
    CHECK(lines[1].text == part + part + "end");
    CHECK(lines[1].time_ns % 1000 == 5);
    CHECK(lines[2].text == "next");
  }
}

TEST_CASE("a line longer than the longest comes in parts that say so") {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += json_line(std::string(16'384, static_cast<char>('a' + i)), 5, false, false);
  bytes += json_line("end\r", 5);
  const auto lines = joined(Format::json_file, bytes);
  REQUIRE(lines.size() == 3);
  CHECK((lines[0].more && lines[1].more && !lines[2].more));
  CHECK(lines[0].text.size() == longest_line);
  CHECK(lines[0].text.size() + lines[1].text.size() + lines[2].text.size() == 10 * 16'384 + 3);
}

TEST_CASE("a line that its container did not end is one, and not the beginning of the next run's") {
  const auto lines = joined(Format::json_file, json_line("cut off", 5, false, false) + json_line("next run", 6));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "cut off");
  CHECK(lines[1].text == "next run");
}

TEST_CASE("any bytes are gone through to their end") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const Format format : {Format::json_file, Format::local}) {
      std::string bytes;
      for (int i = 0; i < 30; ++i)
        bytes += format == Format::json_file ? json_line("line \"" + std::to_string(i) + "\"", i + 1) : local_record("line " + std::to_string(i), i + 1);
      for (int i = 0; i < 5; ++i) {
        const std::size_t at = random() % bytes.size();
        switch (random() % 3) {
          case 0: bytes[at] = static_cast<char>(random()); break;
          case 1: bytes.erase(at, random() % 40); break;
          default: bytes.insert(at, std::string(random() % 40, static_cast<char>(random()))); break;
        }
      }
      std::size_t at = 0;
      Record record;
      std::string scratch;
      while (true) {
        const Step step = read_record(format, std::string_view(bytes).substr(at), record, scratch);
        if (step.found == Found::nothing) break;
        REQUIRE(step.used > 0);
        at += step.used;
        REQUIRE(at <= bytes.size());
      }
      // Most lines survive five damages.
      CHECK(all_records(format, bytes).size() >= 15);
    }
  }
}
