#include "kontena/image/unpack.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "kontena/base/files.h"
#include "kontena/image/tar.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace kontena::image;
namespace fs = std::filesystem;

namespace {

std::string entry(TarEntry what, std::string_view bytes = {}) {
  what.size = static_cast<std::int64_t>(bytes.size());
  return tar_header(what) + std::string(bytes) + tar_padding(what.size);
}

Status unpack(const std::string& path, std::string archive) {
  archive += tar_end();
  return unpack_content(path, [&, ended = false]() mutable -> Result<std::string> {
    return std::exchange(ended, true) ? std::string() : archive;
  });
}

// Of a kind that we write none of: '6' is a pipe, '3' a device.
std::string of_type(char type, const std::string& path) {
  std::string header = tar_header({.path = path});
  header[156] = type;
  std::fill_n(header.begin() + 148, 8, ' ');
  unsigned sum = 0;
  for (const char c : header.substr(0, 512)) sum += static_cast<unsigned char>(c);
  std::snprintf(header.data() + 148, 8, "%06o", sum);
  return header;
}

const std::string root = entry({.path = "content", .kind = EntryKind::folder, .mode = 0755});

}  // namespace

TEST_CASE("a folder is put where it is to be, with its modes and links") {
  TempFolder folder;
  REQUIRE(unpack(folder / "it", root + entry({.path = "content/sub", .kind = EntryKind::folder, .mode = 0555}) +
                                    entry({.path = "content/sub/run", .mode = 0750}, "#!") +
                                    entry({.path = "content/link", .kind = EntryKind::symlink, .link = "sub/run"})));
  CHECK(*files::read(folder / "it/link") == "#!");
  struct stat found {};
  REQUIRE(::stat((folder / "it/sub/run").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0750);
  REQUIRE(::stat((folder / "it/sub").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0555);
  fs::permissions(folder / "it/sub", fs::perms::owner_all);
}

TEST_CASE("a file is one, and an empty folder may be there already") {
  TempFolder folder;
  REQUIRE(unpack(folder / "file", entry({.path = "content"}, "text")));
  CHECK(*files::read(folder / "file") == "text");
  fs::create_directory(folder / "there");
  REQUIRE(unpack(folder / "there", root + entry({.path = "content/a"}, "b")));
  CHECK(*files::read(folder / "there/a") == "b");
}

TEST_CASE("hostile archives make nothing outside, and are refused") {
  const std::vector<std::string> archives{
      root + entry({.path = "content/../out"}, "x"),
      entry({.path = "out"}, "x"),
      entry({.path = "../out"}, "x"),
      root + entry({.path = "content/a/../../../out"}, "x"),
      root + entry({.path = "content/away", .kind = EntryKind::symlink, .link = "/etc"}),
      root + entry({.path = "content/away", .kind = EntryKind::symlink, .link = "../out"}),
      root + entry({.path = "content/away", .kind = EntryKind::symlink, .link = "a/../../out"}),
      // Through a link, which comes before what is in it.
      root + entry({.path = "content/l", .kind = EntryKind::symlink, .link = "."}) +
          entry({.path = "content/l/x"}, "x"),
      entry({.path = "content", .kind = EntryKind::symlink, .link = "out"}),
      root + entry({.path = "content/hard", .kind = EntryKind::hardlink, .link = "/etc/passwd"}),
      root + of_type('6', "content/pipe"),
      root + of_type('3', "content/device"),
      root + entry({.path = "content/a"}, "1") + entry({.path = "content/a"}, "2"),
      entry({.path = "content"}, "1") + root,
      "",
      std::string(700, 'x'),
  };
  for (std::size_t i = 0; i < archives.size(); ++i) {
    CAPTURE(i);
    TempFolder folder;
    CHECK_FALSE(unpack(folder / "it", archives[i]));
    std::size_t others = 0;
    for (const auto& one : fs::directory_iterator(folder.path())) others += one.path().filename() != "it";
    CHECK(others == 0);
  }
}

TEST_CASE("what is there is not written to") {
  TempFolder folder;
  REQUIRE(files::write(folder / "it", "mine", 0600));
  CHECK_FALSE(unpack(folder / "it", entry({.path = "content"}, "other")));
  CHECK(*files::read(folder / "it") == "mine");
}
