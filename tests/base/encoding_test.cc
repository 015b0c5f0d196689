// The parts of text.h that read and write encodings of bytes and quantities.
#include <doctest/doctest.h>

#include "kontena/base/random.h"
#include "kontena/base/text.h"

namespace kontena::text {

TEST_CASE("hex goes both ways, and what is no hex is refused") {
  CHECK(hex(std::string("\0\x7f\xff", 3)) == "007fff");
  CHECK(hex("").empty());
  CHECK(unhex("007fFF") == std::string("\0\x7f\xff", 3));
  for (const char* wrong : {"0", "0g", "00 ", "x0", "0x00"}) CHECK(!unhex(wrong));
}

TEST_CASE("base64 has the values of RFC 4648") {
  struct Case {
    const char* bytes;
    const char* text;
  };
  for (const Case& c : {Case{"", ""},
                        {"f", "Zg=="},
                        {"fo", "Zm8="},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg=="},
                        {"fooba", "Zm9vYmE="},
                        {"foobar", "Zm9vYmFy"},
                        {"\xfb\xff", "+/8="}}) {
    CAPTURE(c.text);
    CHECK(base64(c.bytes) == c.text);
    CHECK(unbase64(c.text) == c.bytes);
  }
  CHECK(base64_url("\xfb\xff") == "-_8=");
  CHECK(unbase64("-_8=") == "\xfb\xff");
  CHECK(unbase64("Zm9vYg") == "foob");
}

TEST_CASE("what is no base64 is refused") {
  for (const char* wrong : {"Z", "Zm9vY", "Zm 9v", "Zm9v\n", "Zm9!", "Zg==Zg=="}) {
    CAPTURE(wrong);
    CHECK(!unbase64(wrong));
  }
}

TEST_CASE("all bytes come back from hex and from both kinds of base64") {
  SystemIds random;
  for (std::size_t size = 0; size < 100; ++size) {
    CAPTURE(size);
    const std::string bytes = random.bytes(size);
    CHECK(unhex(hex(bytes)) == bytes);
    CHECK(unbase64(base64(bytes)) == bytes);
    CHECK(unbase64(base64_url(bytes)) == bytes);
    CHECK(base64(bytes).size() % 4 == 0);
  }
}

TEST_CASE("a size is read as Compose reads it") {
  struct Case {
    const char* text;
    std::int64_t bytes;
  };
  for (const Case& c : {Case{"0", 0},
                        {"512", 512},
                        {"512b", 512},
                        {"512 B", 512},
                        {"64k", 65'536},
                        {"64kb", 65'536},
                        {"64KiB", 65'536},
                        {"1m", 1 << 20},
                        {"1.5g", 3ll << 29},
                        {"1GiB", 1 << 30},
                        {".5k", 512},
                        {"1.k", 1024},
                        {"0.1k", 102},
                        {" 1 g ", 1 << 30},
                        {"2t", 2ll << 40},
                        {"1p", 1ll << 50},
                        {"9007199254740993", 9'007'199'254'740'993},
                        {"9000000000000000000", 9'000'000'000'000'000'000}}) {
    CAPTURE(c.text);
    const auto read = bytes(c.text);
    REQUIRE(read);
    CHECK(*read == c.bytes);
  }
}

TEST_CASE("what is no size is refused with what to write instead") {
  for (const char* wrong : {"", " ", "m", ".", "-1", "+1", "1x", "1kbb", "1ki", "1e3", "0x10", "1 k b", "10e", "99999p",
                            "9999999999999999999999", "nan", "inf"}) {
    CAPTURE(wrong);
    const auto read = bytes(wrong);
    REQUIRE(!read);
    CHECK(read.error().code == Code::invalid_argument);
    CHECK(read.error().message.ends_with("' is not a size"));
    CHECK(!read.error().hint.empty());
  }
  CHECK(!bytes(std::string(100'000, '9')));
  CHECK(!bytes("0." + std::string(100'000, '9')));
}

TEST_CASE("a duration is read as Compose reads it, and rounded up to a millisecond") {
  struct Case {
    const char* text;
    std::int64_t ms;
  };
  for (const Case& c : {Case{"0", 0},
                        {"0s", 0},
                        {"90s", 90'000},
                        {"1m30s", 90'000},
                        {"500ms", 500},
                        {"1h5m30s20ms", 3'930'020},
                        {"1.5h", 5'400'000},
                        {"2d", 172'800'000},
                        {"1w", 604'800'000},
                        {"1us", 1},
                        {"1ns", 1},
                        {"1001us", 2},
                        {"1µs", 1},
                        {"0.3s", 300},
                        {"0.29s", 290},
                        {"100000.1s", 100'000'100},
                        {"1000000.007s", 1'000'000'007},
                        {"30s1m", 90'000},
                        {".5s", 500}}) {
    CAPTURE(c.text);
    const auto read = duration(c.text);
    REQUIRE(read);
    CHECK(read->count() == c.ms);
  }
}

TEST_CASE("what is no duration is refused with what to write instead") {
  for (const char* wrong :
       {"", "1", "90", "1m30", "s", "-5s", "+5s", " 5s", "5 s", "5s ", "1x", "5S", "1e3s", "99999999999w"}) {
    CAPTURE(wrong);
    const auto read = duration(wrong);
    REQUIRE(!read);
    CHECK(read.error().code == Code::invalid_argument);
    CHECK(read.error().message.ends_with("' is not a duration"));
    CHECK(!read.error().hint.empty());
  }
}

TEST_CASE("every number of milliseconds is read exactly, however it is written") {
  for (std::int64_t ms = 1; ms < 4'000'000'000'000; ms = ms * 3 + 7) {
    CAPTURE(ms);
    CHECK(duration(std::to_string(ms) + "ms")->count() == ms);
    const auto fraction = std::to_string(1000 + ms % 1000).substr(1);
    CHECK(duration(std::to_string(ms / 1000) + "." + fraction + "s")->count() == ms);
    CHECK(duration(std::to_string(ms / 1000) + "s" + std::to_string(ms % 1000) + "ms")->count() == ms);
  }
}

TEST_CASE("counted ids count, and the system's differ") {
  CountedIds counted;
  CHECK(counted.id() == "000000000001");
  CHECK(counted.id() == "000000000002");
  CHECK(counted.bytes(2) == std::string("\0\3", 2));
  CHECK(counted.bytes(0).empty());
  SystemIds system;
  CHECK(system.id().size() == 12);
  CHECK(unhex(system.id()));
  CHECK(system.id() != system.id());
  CHECK(system.number() != system.number());
  CHECK(system.bytes(1000).size() == 1000);
}

}  // namespace kontena::text
