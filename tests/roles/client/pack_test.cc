// What of a project's folder comes along with a deploy.
#include "pack.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "kontena/base/files.h"
#include "kontena/image/unpack.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace kontena::client;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t plenty = 1 << 20;

void write(const std::string& path, const std::string& content, unsigned mode = 0644) {
  fs::create_directories(fs::path(path).parent_path());
  REQUIRE(files::write(path, content, mode));
}

compose::Specified bound(std::vector<std::pair<std::string, bool>> paths) {
  compose::Specified specified;
  model::ServiceSpec& web = specified.spec.services["web"];
  for (const auto& [path, read_only] : paths) {
    specified.own_paths.push_back({.service = "web", .mount = web.mounts.size(), .path = path, .written = path});
    web.mounts.push_back({.kind = model::MountKind::content,
                          .source = path,
                          .target = "/t" + std::to_string(web.mounts.size()),
                          .read_only = read_only});
  }
  return specified;
}

}  // namespace

TEST_CASE("an archive is the same wherever and whenever it is made") {
  TempFolder one, two;
  for (const TempFolder* folder : {&one, &two}) {
    const bool first = folder == &one;
    write(*folder / (first ? "c/b" : "c/a"), first ? "B" : "A");
    write(*folder / (first ? "c/a" : "c/b"), first ? "A" : "B");
    fs::create_symlink("a", *folder / "c/l");
  }
  const auto a = pack(one / "c", "./c", plenty), b = pack(two / "c", "./c", plenty);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->digest == b->digest);
  CHECK(a->files == 4);
  write(two / "c/a", "A", 0600);
  CHECK(pack(two / "c", "./c", plenty)->digest != a->digest);
}

TEST_CASE("what was packed is unpacked as it was") {
  TempFolder folder;
  write(folder / "c/sub/x", "text", 0750);
  fs::create_symlink("sub/x", folder / "c/l");
  const auto packed = pack(folder / "c", "./c", plenty);
  REQUIRE(packed);
  REQUIRE(image::unpack_content(folder / "to", [&, ended = false]() mutable -> Result<std::string> {
    return std::exchange(ended, true) ? std::string() : packed->bytes;
  }));
  CHECK(*files::read(folder / "to/l") == "text");
  struct stat found {};
  REQUIRE(::stat((folder / "to/sub/x").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0750);
}

TEST_CASE("links out of it, pipes and sockets are refused by name, and so is too much") {
  TempFolder folder;
  write(folder / "c/a", "A");
  for (const std::string to : {"/etc/passwd", "../secret", "sub/../../x"}) {
    CAPTURE(to);
    fs::create_symlink(to, folder / "c/l");
    const auto packed = pack(folder / "c", "./c", plenty);
    REQUIRE_FALSE(packed);
    CHECK(packed.error().message.find("./c/l") != std::string::npos);
    fs::remove(folder / "c/l");
  }
  REQUIRE(::mkfifo((folder / "c/pipe").c_str(), 0600) == 0);
  CHECK(pack(folder / "c", "./c", plenty).error().message.find("./c/pipe' is a pipe") != std::string::npos);
  fs::remove(folder / "c/pipe");
  CHECK(pack(folder / "c", "./c", 1'000).error().code == Code::exhausted);
  CHECK(pack(folder / "none", "./none", plenty).error().code == Code::not_found);
}

TEST_CASE("files are copies, folders that are read too, and folders that are written to are volumes") {
  TempFolder folder;
  write(folder / "file", "x");
  write(folder / "conf/x", "x");
  write(folder / "data/x", "x");
  auto specified = bound({{folder / "file", true},
                          {folder / "file", false},
                          {folder / "conf", true},
                          {folder / "data", false},
                          {folder / "data", true},
                          {folder / "new", true}});
  REQUIRE(settle_own_paths(specified, folder.path()));
  const auto& mounts = specified.spec.services["web"].mounts;
  CHECK(mounts[0].kind == model::MountKind::content);
  CHECK(mounts[1].kind == model::MountKind::content);
  CHECK(mounts[2].kind == model::MountKind::content);
  for (const std::size_t i : {std::size_t{3}, std::size_t{4}}) {
    CHECK(mounts[i].kind == model::MountKind::volume);
    CHECK(mounts[i].source == "data");
    CHECK(mounts[i].no_copy);
    CHECK(mounts[i].read_only == (i == 4));
  }
  CHECK(mounts[5].kind == model::MountKind::volume);
  CHECK(specified.spec.volumes.size() == 2);
}

TEST_CASE("two folders never are one volume, nor one that the file has already") {
  TempFolder folder;
  for (const std::string name : {"a b", "a-b", "data", "../up"}) fs::create_directories(folder / ("p/" + name));
  auto specified =
      bound({{folder / "p/a b", false}, {folder / "p/a-b", false}, {folder / "p/data", false}, {folder / "up", false}});
  specified.spec.volumes["data"];
  REQUIRE(settle_own_paths(specified, folder / "p"));
  CHECK(specified.spec.volumes.size() == 5);
}

TEST_CASE("a path that has to be there and is not is refused") {
  TempFolder folder;
  auto specified = bound({{folder / "new", false}});
  specified.own_paths[0].must_exist = true;
  CHECK(settle_own_paths(specified, folder.path()).error().code == Code::invalid_argument);
}
