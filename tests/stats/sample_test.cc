#include "kontena/stats/sample.h"

#include <doctest/doctest.h>

namespace kontena::stats {

namespace {
Batch some() {
  Batch batch{.ago_ms = 300};
  batch.samples.push_back({"", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}});
  batch.samples.push_back({"abc123", {1'500, 0, std::int64_t{1} << 40}});
  return batch;
}
}  // namespace

TEST_CASE("a batch comes out as it went in") {
  const auto batch = decode(encode(some()));
  REQUIRE(batch);
  CHECK(*batch == some());
}

TEST_CASE("a batch cut off anywhere is refused, and so is one with more behind it") {
  const std::string bytes = encode(some());
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(decode(bytes + '\0'));
}

TEST_CASE("a damaged byte never does harm") {
  const std::string bytes = encode(some());
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int with = 0; with < 256; ++with) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(with);
      const auto batch = decode(damaged);
      if (batch) CHECK(batch->samples.size() <= 4);
    }
}

TEST_CASE("a batch that says it is huge is refused before anything is made for it") {
  Batch old{.ago_ms = longest_ago_ms + 1};
  CHECK_FALSE(decode(encode(old)));
  CHECK_FALSE(decode(std::string("\x01\x00\xff\xff\xff\x7f", 6)));
  CHECK_FALSE(decode(std::string(longest_batch + 1, '\x01')));
}

TEST_CASE("the largest batch fits") {
  Batch batch;
  Sample sample{.instance = std::string(26, 'i')};
  sample.values.fill(std::int64_t{1} << 41);
  batch.samples.assign(most_samples, sample);
  CHECK(encode(batch).size() <= longest_batch);
}

}  // namespace kontena::stats
