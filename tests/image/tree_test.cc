// Copies of trees: what comes out is what went in, and nothing gets out of its folder.
#include "kontena/image/tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kontena/image/tar.h"
#include "support/temp_folder.h"

namespace kontena::image {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::string packed(const std::string& path, const std::string& name) {
  std::string archive;
  REQUIRE(pack_tree(path, name, [&](std::string_view bytes) {
    archive += bytes;
    return Status(Done{});
  }));
  return archive;
}
Result<TreeCount> unpacked(const std::string& folder, const std::string& name, const std::string& archive) {
  std::size_t at = 0;
  return unpack_tree(folder, name, [&]() -> Result<std::string> {
    const std::string piece = archive.substr(at, 700);
    at += piece.size();
    return piece;
  });
}
std::string entry(TarEntry one, const std::string& bytes = "") {
  one.size = static_cast<std::int64_t>(bytes.size());
  return tar_header(one) + bytes + tar_padding(one.size);
}

}  // namespace

TEST_CASE("a tree goes into an archive and out of it with modes, times and links") {
  TempFolder temp;
  const std::string from = temp.path() + "/from", to = temp.path() + "/to";
  fs::create_directories(from + "/a/b");
  fs::create_directory(to);
  write(from + "/a/file", "text");
  write(from + "/a/b/empty", "");
  write(from + "/large", std::string(1'000'000, 'x'));
  fs::create_symlink("../nowhere", from + "/a/link");
  REQUIRE(::chmod((from + "/a/file").c_str(), 0751) == 0);
  REQUIRE(::chmod((from + "/a/b").c_str(), 0500) == 0);
  REQUIRE(::mkfifo((from + "/pipe").c_str(), 0600) == 0);
  const std::string archive = packed(from, "old");
  const auto count = unpacked(to, "new", archive);
  REQUIRE(count);
  CHECK(count->bytes == 1'000'004);
  CHECK(read(to + "/new/a/file") == "text");
  CHECK(read(to + "/new/large").size() == 1'000'000);
  CHECK(fs::read_symlink(to + "/new/a/link") == "../nowhere");
  struct stat is {}, was {};
  REQUIRE(::stat((to + "/new/a/file").c_str(), &is) == 0);
  REQUIRE(::stat((from + "/a/file").c_str(), &was) == 0);
  CHECK((is.st_mode & 07777) == 0751);
  CHECK(is.st_mtime == was.st_mtime);
  REQUIRE(::stat((to + "/new/a/b").c_str(), &is) == 0);
  CHECK((is.st_mode & 07777) == 0500);
  CHECK_FALSE(fs::exists(to + "/new/pipe"));
  // Over what is there, and without the folder's own name.
  write(to + "/new/a/file2", "stays");
  fs::permissions(to + "/new/a/b", fs::perms::owner_all);
  REQUIRE(unpacked(to + "/new", "", archive));
  CHECK(read(to + "/new/a/file2") == "stays");
  CHECK(read(to + "/new/a/file") == "text");
}

TEST_CASE("nothing gets out of the folder, by whatever name or link") {
  TempFolder temp;
  const std::string to = temp.path() + "/to", outside = temp.path() + "/outside";
  fs::create_directory(to);
  fs::create_directory(outside);
  write(outside + "/kept", "kept");
  const auto refused = [&](const std::string& archive, const std::string& name = "x") {
    const auto done = unpacked(to, name, archive + tar_end());
    CHECK(fs::exists(outside + "/kept"));
    CHECK(read(outside + "/kept") == "kept");
    CHECK(std::distance(fs::directory_iterator(outside), fs::directory_iterator()) == 1);
    return !done && done.error().code == Code::corrupt;
  };
  const std::string top = entry({.path = "d", .kind = EntryKind::folder, .mode = 0755});
  CHECK(refused(entry({.path = "../outside/new"}, "evil")));
  CHECK(refused(top + entry({.path = "d/../../outside/new"}, "evil")));
  CHECK(refused(entry({.path = "/etc/new"}, "evil")));
  CHECK(refused(top + entry({.path = "d/l", .kind = EntryKind::symlink, .link = outside}) + entry({.path = "d/l/new"}, "evil")));
  CHECK(refused(top + entry({.path = "d/m", .kind = EntryKind::symlink, .link = "../../outside"}) +
                entry({.path = "d/m", .kind = EntryKind::folder, .mode = 0777}) + entry({.path = "d/m/new"}, "evil")));
  CHECK(refused(top + entry({.path = "d/h", .kind = EntryKind::hardlink, .link = "../outside/kept"}) + entry({.path = "d/h"}, "evil")));
  CHECK(refused(entry({.path = "d"}, "a file"), ""));
  // A link that was there before is not written through, but replaced.
  fs::create_symlink(outside + "/kept", to + "/f");
  REQUIRE(unpacked(to, "f", entry({.path = "d", .mode = 04755}, "mine") + tar_end()));
  CHECK(read(to + "/f") == "mine");
  CHECK_FALSE(fs::is_symlink(to + "/f"));
  struct stat is {};
  REQUIRE(::stat((to + "/f").c_str(), &is) == 0);
  CHECK((is.st_mode & 07777) == 0755);  // nobody becomes its owner by it
  CHECK(read(outside + "/kept") == "kept");
  fs::create_directory_symlink(outside, to + "/g");
  CHECK(refused(entry({.path = "d", .kind = EntryKind::folder, .mode = 0777}) + entry({.path = "d/new"}, "evil"), "g"));
}

TEST_CASE("an archive that breaks off is an error, and so is what is not there") {
  TempFolder temp;
  CHECK_FALSE(unpacked(temp.path(), "x", entry({.path = "d"}, std::string(5'000, 'x')).substr(0, 2'000)));
  CHECK_FALSE(unpacked(temp.path() + "/none", "x", entry({.path = "d"}, "x") + tar_end()));
  const auto none = pack_tree(temp.path() + "/none", "x", [](std::string_view) { return Status(Done{}); });
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::not_found);
}

}  // namespace kontena::image
