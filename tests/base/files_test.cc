#include "kontena/base/files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "support/temp_folder.h"

namespace kontena::files {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

std::size_t count(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("a file is written with its mode whatever the umask, replaced whole, and leaves nothing beside it") {
  const TempFolder folder;
  const auto old = ::umask(077);
  REQUIRE(write(folder / "file", "one", 0644));
  ::umask(old);
  CHECK(*read(folder / "file") == "one");
  CHECK(mode_of(folder / "file") == 0644);
  const std::string all("two\0\n", 5);
  REQUIRE(write(folder / "file", all, 0600));
  CHECK(*read(folder / "file") == all);
  CHECK(mode_of(folder / "file") == 0600);
  CHECK(count(folder.path()) == 1);
}

TEST_CASE("a file that cannot be written is named, and nothing is left beside it") {
  const TempFolder folder;
  const auto absent = write(folder / "absent/file", "x", 0600);
  REQUIRE(!absent);
  CHECK(absent.error().code == Code::not_found);
  CHECK(absent.error().message.find(folder / "absent/file") != std::string::npos);
  std::filesystem::create_directory(folder / "folder");
  const auto over = write(folder / "folder", "x", 0600);
  REQUIRE(!over);
  CHECK(over.error().message.find("cannot replace '" + folder / "folder") == 0);
  CHECK(count(folder.path()) == 1);
}

TEST_CASE("of many writers of one file one wins, and what is read is always whole") {
  const TempFolder folder;
  REQUIRE(write(folder / "file", std::string(5000, 'a'), 0600));
  std::vector<std::jthread> writers;
  for (char c = 'a'; c < 'e'; ++c)
    writers.emplace_back([&, c] {
      for (int i = 0; i < 20; ++i) CHECK(write(folder / "file", std::string(5000, c), 0600));
    });
  for (int i = 0; i < 200; ++i) {
    const auto content = read(folder / "file");
    REQUIRE(content);
    REQUIRE(content->size() == 5000);
    REQUIRE(content->find_first_not_of(content->front()) == std::string::npos);
  }
  writers.clear();
  CHECK(count(folder.path()) == 1);
}

TEST_CASE("reading says what is absent, and what is too large") {
  const TempFolder folder;
  const auto absent = read(folder / "absent");
  REQUIRE(!absent);
  CHECK(absent.error().code == Code::not_found);
  CHECK(absent.error().message == "cannot read '" + folder / "absent" + "': No such file or directory");
  REQUIRE(write(folder / "ten", "0123456789", 0600));
  CHECK(read(folder / "ten", 10));
  CHECK(read(folder / "ten", 9).error().code == Code::exhausted);
  CHECK(!read(folder.path()));
}

TEST_CASE("a folder is made with its parents, and only the last has the mode") {
  const TempFolder folder;
  const auto old = ::umask(022);
  REQUIRE(make_folder(folder / "a/b/c", 0700));
  CHECK(mode_of(folder / "a/b/c") == 0700);
  CHECK(mode_of(folder / "a/b") == 0755);
  REQUIRE(make_folder(folder / "d/", 0700));
  CHECK(mode_of(folder / "d") == 0700);
  REQUIRE(make_folder(folder / "e", 0770));
  CHECK(mode_of(folder / "e") == 0770);
  REQUIRE(make_folder(folder / "e", 0700));
  CHECK(mode_of(folder / "e") == 0770);
  ::umask(old);
}

TEST_CASE("a folder cannot be made where a file is") {
  const TempFolder folder;
  REQUIRE(write(folder / "file", "", 0600));
  CHECK(!make_folder(folder / "file", 0700));
  CHECK(!make_folder(folder / "file/below", 0700));
  CHECK(!make_folder(folder / "file/deep/below", 0700));
}

TEST_CASE("a secret that others may read is refused with what to do") {
  const TempFolder folder;
  REQUIRE(write(folder / "key", "", 0600));
  CHECK(check_private(folder / "key", "the key"));
  for (const unsigned mode : {0640u, 0604u, 0610u}) {
    REQUIRE(::chmod((folder / "key").c_str(), mode) == 0);
    const auto refused = check_private(folder / "key", "the key");
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::permission_denied);
    CHECK(refused.error().message == "the key '" + folder / "key" + "' can be read by others");
    CHECK(refused.error().hint == "chmod 600 " + folder / "key");
  }
  CHECK(check_private(folder / "absent", "the key").error().code == Code::not_found);
}

TEST_CASE("exists tells files and folders from nothing") {
  const TempFolder folder;
  CHECK(exists(folder.path()));
  CHECK(!exists(folder / "absent"));
  CHECK(!exists(""));
}

}  // namespace kontena::files
