#include <doctest/doctest.h>

#include <random>

#include "kontena/logs/batch.h"

using namespace kontena::logs;
using kontena::Code;

namespace {

Batch sample(int lines) {
  Batch batch{.spool = "0123456789ab", .number = 7};
  for (int s = 0; s < 3; ++s) {
    Section section{.instance = "i" + std::to_string(s), .project = "default", .stack = "shop", .service = "web", .slot = s - 1, .container = std::string(64, 'c')};
    for (int i = 0; i < lines; ++i)
      section.lines.push_back({.time_ns = 1795340905123456789 + i * 1000 - s, .stream = static_cast<Stream>(i % 3), .text = "line " + std::to_string(i) + std::string(1, '\0'), .more = i % 5 == 0});
    batch.sections.push_back(std::move(section));
  }
  return batch;
}

}  // namespace

TEST_CASE("a batch comes out as it went in") {
  for (const int lines : {0, 1, 1'000}) {
    const auto back = decode(encode(sample(lines)));
    REQUIRE(back);
    CHECK(*back == sample(lines));
  }
  Batch odd{.spool = "", .number = ~std::uint64_t{0}};
  odd.sections.push_back({.slot = INT64_MIN, .lines = {{.time_ns = INT64_MAX}, {.time_ns = INT64_MIN, .text = std::string(longest_line, 'x')}}});
  const auto back = decode(encode(odd));
  REQUIRE(back);
  CHECK(*back == odd);
}

TEST_CASE("lines are small when packed") {
  std::size_t raw = 0;
  const Batch batch = sample(5'000);
  for (const Section& section : batch.sections)
    for (const Line& line : section.lines) raw += line.text.size();
  CHECK(encode(batch).size() * 2 < raw);
}

TEST_CASE("damaged batches are refused, whatever is damaged") {
  const std::string good = encode(sample(50));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(decode(std::string_view(good).substr(0, size)));
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    std::mt19937 random(seed);
    std::string bad = good;
    for (int i = 0; i < 3; ++i) bad[random() % bad.size()] = static_cast<char>(random());
    static_cast<void>(decode(bad));  // no crash, no great allocation: run under the sanitizers too
  }
}

TEST_CASE("a bomb is refused before it is unpacked") {
  Batch batch = sample(1);
  for (int i = 0; i < 100; ++i) batch.sections[0].lines.push_back({.text = std::string(longest_line, 'x')});
  const auto refused = decode(encode(batch));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::exhausted);
}
