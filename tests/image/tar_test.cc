#include "kontena/image/tar.h"

#include <doctest/doctest.h>

#include <cstdio>

#include "scratch.h"

using namespace kontena;
using namespace kontena::image;
using namespace kontena::image::test;

namespace {

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  ::pclose(pipe);
  return output;
}

std::string archive() {
  std::string bytes;
  const auto add = [&](TarEntry entry, const std::string& content) {
    entry.size = static_cast<std::int64_t>(content.size());
    bytes += tar_header(entry) + content + tar_padding(entry.size);
  };
  add({.path = "a", .kind = EntryKind::folder, .mode = 0755}, "");
  add({.path = "a/one", .mode = 0640, .mtime_s = 1'700'000'000}, "first");
  add({.path = "a/" + std::string(150, 'l') + "/" + std::string(120, 'n')}, std::string(1000, 'x'));
  add({.path = "a/link", .kind = EntryKind::symlink, .mode = 0777, .link = std::string(130, 't')}, "");
  add({.path = "empty"}, "");
  return bytes + tar_end();
}

}  // namespace

TEST_CASE("what is written is read again, in pieces of any size, long names too") {
  const std::string bytes = archive();
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{512}, std::size_t{513}, bytes.size()}) {
    CAPTURE(size);
    Unpacked unpacked;
    TarReader reader(unpacked);
    for (std::size_t at = 0; at < bytes.size(); at += size)
      REQUIRE(reader.take(std::string_view(bytes).substr(at, size)));
    REQUIRE(reader.finish());
    REQUIRE(unpacked.files.size() == 5);
    CHECK(unpacked.files[0].entry.kind == EntryKind::folder);
    CHECK(unpacked.files[0].entry.path == "a");
    CHECK(unpacked.files[1].entry == TarEntry{.path = "a/one", .size = 5, .mode = 0640, .mtime_s = 1'700'000'000});
    CHECK(unpacked.files[1].content == "first");
    CHECK(unpacked.files[2].entry.path == "a/" + std::string(150, 'l') + "/" + std::string(120, 'n'));
    CHECK(unpacked.files[2].content == std::string(1000, 'x'));
    CHECK(unpacked.files[3].entry.link == std::string(130, 't'));
    CHECK(unpacked.files[4].content.empty());
  }
}

TEST_CASE("tar itself reads what is written, and what it writes is read") {
  const Scratch scratch;
  scratch.write("ours.tar", archive());
  const std::string listed = output_of("tar -tvf " + scratch.path("ours.tar"));
  CHECK_MESSAGE(listed.find("-rw-r----- 0/0") != std::string::npos, listed);
  CHECK_MESSAGE(listed.find("a/link -> " + std::string(130, 't')) != std::string::npos, listed);
  scratch.write("in/" + std::string(90, 'd') + "/" + std::string(90, 'f'), "deep");
  for (const std::string format : {"gnu", "pax", "ustar"}) {
    CAPTURE(format);
    const std::string file = scratch.path(format + ".tar");
    output_of("tar --format=" + format + " -C " + scratch.path("in") + " -cf " + file + " .");
    std::ifstream in(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    Unpacked unpacked;
    TarReader reader(unpacked);
    REQUIRE(reader.take(bytes));
    REQUIRE(reader.finish());
    REQUIRE_FALSE(unpacked.files.empty());
    CHECK(unpacked.files.back().entry.path == std::string(90, 'd') + "/" + std::string(90, 'f'));
    CHECK(unpacked.files.back().content == "deep");
  }
}

TEST_CASE("what is no archive, or breaks off, is refused") {
  const std::string bytes = archive();
  {
    Unpacked unpacked;
    TarReader reader(unpacked);
    REQUIRE(reader.take(bytes.substr(0, 1030)));
    CHECK(reader.finish().error().code == Code::corrupt);
  }
  {
    Unpacked unpacked;
    TarReader reader(unpacked);
    CHECK(reader.take(std::string(512, 'x')).error().code == Code::corrupt);
  }
  {
    std::string other = bytes;
    other[0] = 'b';
    Unpacked unpacked;
    TarReader reader(unpacked);
    CHECK(reader.take(other).error().code == Code::corrupt);
  }
}
