#include "kontena/api/backup.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace kontena;
using namespace kontena::api;
using namespace std::string_literals;

namespace {

struct Read {
  BackupHead head;
  std::vector<std::pair<std::string, std::string>> files, records;
};

Status read(std::string_view text, std::size_t piece, Read& into) {
  BackupReader reader({.head = [&](const BackupHead& head) -> Status { return into.head = head, Done{}; },
                       .file = [&](std::string_view name, std::string_view content) -> Status {
                         return into.files.emplace_back(name, content), Done{};
                       },
                       .record = [&](std::string_view key, std::string_view value) -> Status {
                         return into.records.emplace_back(key, value), Done{};
                       }});
  for (std::size_t at = 0; at < text.size(); at += piece) KTN_OK(reader.feed(text.substr(at, piece)));
  return reader.finish();
}

const std::string odd = "end 1 2\n\0\xff record 3 4\n"s;

std::string sample() {
  BackupWriter writer;
  std::string text = writer.head({"0.1.0", 5, 77, "abc"});
  text += writer.file("ca.key", "secret\n");
  text += writer.record("a/b", "1 {}");
  text += writer.record(odd, odd);
  text += writer.record("empty", "");
  return text + writer.end();
}

}  // namespace

TEST_CASE("a backup is read as it was written, whatever bytes it holds and however they come") {
  for (const std::size_t piece : {1, 2, 7, 1000}) {
    CAPTURE(piece);
    Read got;
    REQUIRE(read(sample(), piece, got));
    CHECK(got.head.revision == 77);
    CHECK(got.head.made_ms == 5);
    CHECK(got.head.authority == "abc");
    REQUIRE(got.files.size() == 1);
    CHECK(got.files[0] == std::pair<std::string, std::string>("ca.key", "secret\n"));
    REQUIRE(got.records.size() == 3);
    CHECK(got.records[0].second == "1 {}");
    CHECK(got.records[1] == std::pair(odd, odd));
    CHECK(got.records[2] == std::pair<std::string, std::string>("empty", ""));
  }
}

TEST_CASE("a backup that was cut off anywhere is not whole") {
  const std::string text = sample();
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    Read got;
    const auto done = read(std::string_view(text).substr(0, size), 16, got);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Code::corrupt);
  }
  Read got;
  CHECK_FALSE(read(text + "x", 16, got));
}

TEST_CASE("a backup of which any byte has changed is recognised") {
  const std::string text = sample();
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const char flip : {1, 16, 127}) {
      CAPTURE(at);
      std::string other = text;
      other[at] = static_cast<char>(other[at] ^ flip);
      Read got;
      CHECK_FALSE(read(other, 64, got));
    }
}

TEST_CASE("a backup that the server had to break off says why") {
  BackupWriter writer;
  Read got;
  const auto done = read(writer.head({}) + writer.record("a", "b") + BackupWriter::broken_off("no\nluck"), 9, got);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::unavailable);
  CHECK(done.error().message.find("no luck") != std::string::npos);
}

TEST_CASE("a backup of a newer format is named as such, and other files as no backup") {
  Read got;
  CHECK(read("kontena backup 9\n", 100, got).error().code == Code::unsupported);
  CHECK(read(std::string(10'000, 'x'), 100, got).error().message.find("no backup") != std::string::npos);
  CHECK(read("PK\n", 100, got).error().message.find("no backup") != std::string::npos);
  CHECK(read("", 100, got).error().code == Code::corrupt);
}
