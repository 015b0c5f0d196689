#include "kontena/base/text.h"

#include <doctest/doctest.h>

#include <array>

namespace kontena::text {
namespace {

using Parts = std::vector<std::string>;

}  // namespace

TEST_CASE("split and join are each other's inverse") {
  CHECK(split("", '/') == Parts{""});
  CHECK(split("a", '/') == Parts{"a"});
  CHECK(split("a//b", '/') == Parts{"a", "", "b"});
  CHECK(split("/a/", '/') == Parts{"", "a", ""});
  for (const char* text : {"", "a", "a//b", "/a/", "///"}) CHECK(join(split(text, '/'), "/") == text);
  CHECK(join(Parts{}, ", ").empty());
  CHECK(join(Parts{"a", "b"}, ", ") == "a, b");
}

TEST_CASE("trim takes blanks off both sides only") {
  CHECK(trim(" \t\r\n a b \n").compare("a b") == 0);
  CHECK(trim("").empty());
  CHECK(trim(" \n ").empty());
  CHECK(trim("a").compare("a") == 0);
}

TEST_CASE("lower leaves what is not an ASCII letter") { CHECK(lower("AZaz09-É") == "azaz09-É"); }

TEST_CASE("an integer is the whole text") {
  CHECK(integer("0") == 0);
  CHECK(integer("-7") == -7);
  CHECK(integer("007") == 7);
  CHECK(integer("9223372036854775807") == INT64_MAX);
  CHECK(integer("-9223372036854775808") == INT64_MIN);
  for (const char* wrong : {"", " 1", "1 ", "+1", "1.0", "0x10", "a", "-", "9223372036854775808", "1e3"}) {
    CAPTURE(wrong);
    CHECK(!integer(wrong));
  }
}

TEST_CASE("a time is written in UTC with its milliseconds") {
  CHECK(rfc3339(from_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(from_ms(1'795'341'600'123)) == "2026-11-22T10:00:00.123Z");
  CHECK(rfc3339(from_ms(951'782'399'999)) == "2000-02-28T23:59:59.999Z");
  CHECK(rfc3339(from_ms(951'782'400'000)) == "2000-02-29T00:00:00.000Z");
  CHECK(rfc3339(from_ms(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("a time is read with any offset and fraction") {
  struct Case {
    const char* text;
    std::int64_t ms;
  };
  for (const Case& c : {Case{"2026-11-22T10:00:00Z", 1'795'341'600'000},
                        {"2026-11-22T10:00:00.1Z", 1'795'341'600'100},
                        {"2026-11-22T10:00:00.123456789Z", 1'795'341'600'123},
                        {"2026-11-22T12:00:00.123+02:00", 1'795'341'600'123},
                        {"2026-11-22T04:30:00-05:30", 1'795'341'600'000},
                        {"2026-11-22t10:00:00z", 1'795'341'600'000},
                        {"2026-11-22 10:00:00Z", 1'795'341'600'000},
                        {"1969-12-31T23:59:59.999Z", -1},
                        {"0001-01-01T00:00:00Z", -62'135'596'800'000}}) {
    CAPTURE(c.text);
    const auto read = parse_rfc3339(c.text);
    REQUIRE(read);
    CHECK(to_ms(*read) == c.ms);
  }
}

TEST_CASE("what is no time is refused") {
  for (const char* wrong :
       {"", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22T10:00:61Z", "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00ZZ", "2026-11-22T10:00:00+2:00", "2026-11-22T10:00:00+02:0", "2026-11-22T10:00:00+99:00",
        "2026-11-22T10:00:00+00:60", "2026/11/22T10:00:00Z", "2026-11-22X10:00:00Z", "-026-11-22T10:00:00Z",
        "2026-11-22T10:00:00 Z"}) {
    CAPTURE(wrong);
    CHECK(!parse_rfc3339(wrong));
  }
}

TEST_CASE("every time that is written is read back") {
  for (std::int64_t ms = -70'000'000'000'000; ms < 200'000'000'000'000; ms += 1'234'567'890'123) {
    CAPTURE(ms);
    const auto read = parse_rfc3339(rfc3339(from_ms(ms)));
    if (rfc3339(from_ms(ms)).front() == '-') continue;  // before the year 0
    REQUIRE(read);
    CHECK(to_ms(*read) == ms);
  }
}

TEST_CASE("sizes are shown in one unit") {
  struct Case {
    std::int64_t bytes;
    const char* shown;
  };
  for (const Case& c : {Case{0, "0 B"},
                        {1023, "1023 B"},
                        {1024, "1.0 KB"},
                        {1536, "1.5 KB"},
                        {10'239, "10 KB"},
                        {412 << 20, "412 MB"},
                        {(1 << 20) - 1, "1.0 MB"},
                        {1 << 30, "1.0 GB"},
                        {-1536, "-1.5 KB"},
                        {INT64_MAX, "8.0 EB"}}) {
    CAPTURE(c.bytes);
    CHECK(human_bytes(c.bytes) == c.shown);
  }
}

TEST_CASE("durations are shown in one unit") {
  using namespace std::chrono;
  struct Case {
    Duration duration;
    const char* shown;
  };
  for (const Case& c : {Case{Duration(0), "0s"},
                        {Duration(999), "0s"},
                        {seconds(8), "8s"},
                        {seconds(119), "119s"},
                        {seconds(120), "2m"},
                        {minutes(119), "119m"},
                        {minutes(120), "2h"},
                        {hours(47), "47h"},
                        {hours(48), "2d"},
                        {hours(24 * 365), "365d"},
                        {seconds(-5), "0s"}}) {
    CAPTURE(c.shown);
    CHECK(human_duration(c.duration) == c.shown);
  }
}

TEST_CASE("the nearest word is the one that was likely meant") {
  constexpr std::array<std::string_view, 6> words{"deploy", "status", "remove", "ps", "logs", "scale"};
  CHECK(nearest("depoly", words) == "deploy");
  CHECK(nearest("deplyo", words) == "deploy");
  CHECK(nearest("stauts", words) == "status");
  CHECK(nearest("log", words) == "logs");
  CHECK(nearest("sp", words) == "ps");
  CHECK(nearest("deploy", words) == "deploy");
  CHECK(nearest("frobnicate", words).empty());
  CHECK(nearest("x", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest("lo", words).empty());
  CHECK(nearest("deploy", {}).empty());
  CHECK(nearest(std::string(100'000, 'a'), words).empty());
}

TEST_CASE("a label is a DNS label in lower case") {
  for (const char* good : {"a", "0", "web-1", "a--b", "1a"}) CHECK(is_label(good));
  CHECK(is_label(std::string(63, 'a')));
  for (const char* wrong : {"", "-a", "a-", "A", "a_b", "a.b", "a/b", "é", " a"}) {
    CAPTURE(wrong);
    CHECK(!is_label(wrong));
  }
  CHECK(!is_label(std::string(64, 'a')));
}

}  // namespace kontena::text
