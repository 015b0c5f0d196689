#include <doctest/doctest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "kontena/logs/files.h"
#include "support.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace kontena::logs;
using namespace kontena::logs::test;

namespace {

// Writes as Docker's loggers do: so much a file, so many files, compressed or not.
class Writer {
 public:
  Writer(Format format, std::string path, std::size_t capacity, int files, bool compress)
      : format_(format), path_(std::move(path)), capacity_(capacity), files_(files), compress_(compress) {}

  void write(const std::string& text, std::int64_t time_ns) {
    if (size_ >= capacity_) rotate();
    const std::string record = format_ == Format::local ? local_record(text, time_ns) : json_line(text, time_ns);
    std::ofstream(path_, std::ios::app | std::ios::binary) << record;
    size_ += record.size();
  }
  void rotate() {
    size_ = 0;
    if (files_ < 2) {
      std::ofstream(path_, std::ios::trunc);
      return;
    }
    const std::string extension = compress_ ? ".gz" : "";
    const auto name = [&](int i) { return path_ + '.' + std::to_string(i) + extension; };
    std::filesystem::remove(name(files_ - 1));
    for (int i = files_ - 1; i > 1; --i)
      if (std::filesystem::exists(name(i - 1))) std::filesystem::rename(name(i - 1), name(i));
    std::filesystem::rename(path_, path_ + ".1");
    std::ofstream(path_, std::ios::trunc);
    if (compress_) compress();
  }

 private:
  void compress() {
    std::ifstream in(path_ + ".1", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    gzFile out = ::gzopen((path_ + ".1.gz").c_str(), "wb");
    ::gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
    ::gzclose(out);
    std::filesystem::remove(path_ + ".1");
  }

  const Format format_;
  const std::string path_;
  const std::size_t capacity_;
  const int files_;
  const bool compress_;
  std::size_t size_ = 0;
};

struct Reading {
  std::vector<std::string> lines;
  int gaps = 0;
  std::uint64_t damaged = 0;

  void read(Follower& follower, std::size_t most = 1u << 20) {
    for (int rounds = 0; rounds < 1'000; ++rounds) {
      const auto round = follower.read(most, [&](const Record& record) { lines.emplace_back(record.text); });
      REQUIRE(round);
      gaps += round->gap;
      damaged += round->damaged;
      if (round->at_end && !round->gap) return;
    }
    FAIL("it never came to an end");
  }
};

std::vector<std::string> numbered(int from, int to) {
  std::vector<std::string> lines;
  for (int i = from; i < to; ++i) lines.push_back("line " + std::to_string(i));
  return lines;
}

}  // namespace

TEST_CASE("a log is read to its end, and on when there is more, and the beginning of a line is waited for") {
  const TempFolder folder;
  const std::string path = folder / "c-json.log";
  Follower follower(Format::json_file, path, {});
  Reading reading;
  reading.read(follower);  // it is not there yet
  CHECK(reading.lines.empty());
  const std::string line = json_line("second", 2);
  std::ofstream(path) << json_line("first", 1) << line.substr(0, 20);
  reading.read(follower);
  CHECK(reading.lines == std::vector<std::string>{"first"});
  std::ofstream(path, std::ios::app) << line.substr(20);
  reading.read(follower);
  CHECK(reading.lines == std::vector<std::string>{"first", "second"});
  CHECK(reading.damaged == 0);
}

TEST_CASE("a log is read once and in order over rotation, compression and restarts of the reader") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const TempFolder folder;
    const Format format = seed % 2 ? Format::local : Format::json_file;
    const std::string path = folder / "container.log";
    Writer writer(format, path, 2'000, 4, seed % 4 >= 2);
    Reading reading;
    Place kept;
    auto follower = std::make_unique<Follower>(format, path, kept);
    int written = 0;
    for (int step = 0; step < 200; ++step) {
      // At most two files further than what was read: the engine keeps four.
      for (unsigned i = random() % 20; i > 0; --i, ++written) writer.write("line " + std::to_string(written), written + 1);
      if (random() % 2) reading.read(*follower, random() % 3 ? 1u << 20 : 100);
      if (random() % 5 == 0) {
        reading.read(*follower);
        follower = std::make_unique<Follower>(format, path, follower->place());
      }
      if (random() % 3) reading.read(*follower);
    }
    reading.read(*follower);
    if (reading.gaps == 0) CHECK(reading.lines == numbered(0, written));
    CHECK(reading.damaged == 0);
    // Where the reader was too late that is told; what there is is in order.
    for (std::size_t i = 1; i < reading.lines.size(); ++i)
      REQUIRE(std::stoi(reading.lines[i].substr(5)) > std::stoi(reading.lines[i - 1].substr(5)));
    CHECK(reading.gaps + static_cast<int>(reading.lines.size()) > 0);
  }
}

TEST_CASE("what was rotated away unread is a gap, and reading goes on with the oldest there is") {
  const TempFolder folder;
  const std::string path = folder / "container.log";
  Writer writer(Format::json_file, path, 1'000, 3, false);
  Follower follower(Format::json_file, path, {});
  Reading reading;
  writer.write("line 0", 1);
  reading.read(follower);
  Place place = follower.place();
  for (int i = 1; i < 200; ++i) writer.write("line " + std::to_string(i), i + 1);
  for (const bool again : {false, true}) {
    CAPTURE(again);
    Reading later;
    Follower fresh(Format::json_file, path, place);
    later.read(again ? fresh : follower);
    CHECK(later.gaps == 1);
    CHECK(later.lines.back() == "line 199");
  }
}

TEST_CASE("a log that its engine empties in place is read on from its beginning, and that is told") {
  const TempFolder folder;
  const std::string path = folder / "container.log";
  Writer writer(Format::json_file, path, 500, 1, false);
  Follower follower(Format::json_file, path, {});
  Reading reading;
  for (int i = 0; i < 50; ++i) {
    writer.write("line " + std::to_string(i), i + 1);
    reading.read(follower);
  }
  CHECK(reading.lines == numbered(0, 50));
  CHECK(reading.gaps > 0);
  // As long as it was, but another: what stands before the place tells.
  const auto size = std::filesystem::file_size(path);
  std::ofstream(path, std::ios::trunc);
  std::string other;
  for (int i = 100; other.size() <= size; ++i) other += json_line("other " + std::to_string(i), i);
  std::ofstream(path, std::ios::app) << other;
  Reading later;
  later.read(follower);
  CHECK(later.gaps == 1);
  REQUIRE_FALSE(later.lines.empty());
  CHECK(later.lines.front() == "other 100");
}

TEST_CASE("a file is read to its end after it was removed with its folder") {
  const TempFolder folder;
  const std::string path = folder / "container.log";
  std::ofstream(path) << json_line("one", 1);
  Follower follower(Format::json_file, path, {});
  Reading reading;
  reading.read(follower);
  std::ofstream(path, std::ios::app) << json_line("two", 2);
  std::filesystem::remove(path);
  reading.read(follower);
  CHECK(reading.lines == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a compressed file that is cut off is read as far as it is whole") {
  const TempFolder folder;
  const std::string path = folder / "container.log";
  Writer writer(Format::local, path, 1u << 20, 3, true);
  for (int i = 0; i < 500; ++i) writer.write("line " + std::to_string(i * 7919 % 501), i + 1);
  writer.rotate();
  writer.write("the last", 1'000);
  std::filesystem::resize_file(path + ".1.gz", std::filesystem::file_size(path + ".1.gz") / 2);
  Follower follower(Format::local, path, {});
  Reading reading;
  reading.read(follower);
  CHECK(reading.lines.size() > 50);
  CHECK(reading.lines.size() < 501);
  CHECK(reading.lines.back() == "the last");
}
