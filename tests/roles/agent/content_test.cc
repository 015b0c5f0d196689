#include "content.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kontena/base/files.h"
#include "kontena/crypto/digest.h"
#include "kontena/image/tar.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace kontena::agent;
namespace fs = std::filesystem;

namespace {

using image::EntryKind, image::TarEntry;

std::string entry(TarEntry what, std::string_view bytes = {}) {
  what.size = static_cast<std::int64_t>(bytes.size());
  return image::tar_header(what) + std::string(bytes) + image::tar_padding(what.size);
}

// A folder with one file that says so.
std::string packed(const std::string& text) {
  return entry({.path = "content", .kind = EntryKind::folder, .mode = 0755}) + entry({.path = "content/file"}, text) +
         image::tar_end();
}

std::string digest_of(const std::string& bytes) { return "sha256:" + crypto::sha256_hex(bytes); }

// A node's folders, and a server that gives what a test has put there, a thousand bytes at a time.
struct Place {
  TempFolder folder;
  std::map<std::string, std::string> served;  // by digest
  std::optional<Error> away;
  int downloads = 0;
  Content content{folders(), source()};

  ContentFolders folders() const {
    return {folder / "content", folder / "instances", folder / "memory", folder / "filling"};
  }
  Content::Source source() {
    Content::Source source;
    source.blob = [this](const std::string& digest, const std::function<bool(std::string_view)>& sink) -> Status {
      if (away) return *away;
      ++downloads;
      std::string_view left = served[digest];
      for (; !left.empty(); left.remove_prefix(std::min<std::size_t>(left.size(), 1'000)))
        if (!sink(left.substr(0, 1'000))) return Error{Code::unavailable, "whoever asked has hung up"};
      return Done{};
    };
    source.secret = [this](const std::string& digest) -> Result<Redacted> {
      if (away) return *away;
      return Redacted(std::string(served[digest]));
    };
    return source;
  }

  std::string serve(const std::string& bytes) {
    served[digest_of(bytes)] = bytes;
    return digest_of(bytes);
  }
  model::Assignment with(const std::string& id, const std::string& digest, bool read_only = true) const {
    model::Assignment a;
    a.id = InstanceId(id);
    a.spec.mounts = {{.kind = model::MountKind::content, .target = "/in", .read_only = read_only, .digest = digest}};
    return a;
  }
  // Where its only mount or file is, once it is here.
  std::string path_of(const model::Assignment& a) const {
    model::ServiceSpec spec = a.spec;
    content.mount(a, spec);
    return spec.mounts.at(0).source;
  }
  std::string text_of(const model::Assignment& a) const { return *files::read(path_of(a) + "/file"); }
  // Nothing but what is whole.
  std::set<std::string> kept() const {
    std::set<std::string> names;
    for (const auto& one : fs::directory_iterator(folder / "content")) names.insert(one.path().filename());
    return names;
  }
};

}  // namespace

TEST_CASE("content is fetched once for all instances that only read it") {
  Place node;
  const auto first = node.with("a", node.serve(packed("hello"))), second = node.with("b", first.spec.mounts[0].digest);
  CHECK(node.content.lacking(first) == "its files");
  REQUIRE(node.content.ensure(first));
  CHECK(node.content.lacking(first) == "");
  CHECK(node.content.lacking(second) == "");
  REQUIRE(node.content.ensure(second));
  CHECK(node.downloads == 1);
  CHECK(node.path_of(first) == node.path_of(second));
  CHECK(node.text_of(first) == "hello");
}

TEST_CASE("what may be written is each instance's own copy, and stays as it was left") {
  Place node;
  const auto first = node.with("a", node.serve(packed("hello")), false);
  const auto second = node.with("b", first.spec.mounts[0].digest, false);
  REQUIRE(node.content.ensure(first));
  REQUIRE(node.content.ensure(second));
  CHECK(node.downloads == 1);
  std::ofstream(node.path_of(first) + "/file") << "changed";
  REQUIRE(node.content.ensure(first));
  CHECK(node.text_of(first) == "changed");
  CHECK(node.text_of(second) == "hello");
}

TEST_CASE("bytes of another digest are kept nowhere, and asked for again") {
  Place node;
  const std::string digest = node.serve(packed("hello"));
  const auto one = node.with("a", digest);
  node.served[digest] = packed("other");
  const Status done = node.content.ensure(one);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::corrupt);
  CHECK(done.error().message == "the server gave something else for " + digest);
  CHECK(node.kept().empty());
  CHECK(node.content.lacking(one) == "its files");
  node.serve(packed("hello"));
  REQUIRE(node.content.ensure(one));
  CHECK(node.text_of(one) == "hello");
}

TEST_CASE("an archive that is broken or leads out of its folder leaves nothing behind") {
  Place node;
  const std::string root = entry({.path = "content", .kind = EntryKind::folder, .mode = 0755});
  for (const std::string& archive :
       {std::string(2'000, 'x'), packed("hello").substr(0, 1'300),
        root + entry({.path = "content/../../out"}, "x") + image::tar_end(),
        root + entry({.path = "content/link", .kind = EntryKind::symlink, .link = "../../out"}) + image::tar_end(),
        root + entry({.path = "content/link", .kind = EntryKind::symlink, .link = "/etc"}) +
            entry({.path = "content/link/out"}, "x") + image::tar_end()}) {
    CAPTURE(archive.substr(0, 200));
    const auto one = node.with("a", node.serve(archive));
    const Status done = node.content.ensure(one);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Code::corrupt);
    CHECK(node.kept().empty());
    CHECK_FALSE(files::exists(node.folder / "out"));
  }
}

TEST_CASE("what an agent left that was killed in the middle is neither used nor in the way") {
  Place node;
  const auto shared = node.with("a", node.serve(packed("hello")));
  const auto own = node.with("b", shared.spec.mounts[0].digest, false);
  for (const std::string& half : {node.folder / "content/.coming", node.folder / "instances/b/copy-0.coming"}) {
    fs::create_directories(half);
    std::ofstream(half + "/half") << "half";
  }
  std::ofstream(node.folder / "content/.archive") << std::string(5'000, 'x');
  CHECK(node.content.lacking(own) == "its files");
  REQUIRE(node.content.ensure(shared));
  REQUIRE(node.content.ensure(own));
  for (const auto& one : {shared, own}) {
    CHECK(node.text_of(one) == "hello");
    CHECK_FALSE(files::exists(node.path_of(one) + "/half"));
  }
  CHECK(node.kept() == std::set<std::string>{shared.spec.mounts[0].digest.substr(7)});
}

TEST_CASE("while the server is away that is said, and not that anything is wrong") {
  Place node;
  const auto one = node.with("a", node.serve(packed("hello")));
  node.away = Error{Code::deadline_exceeded, "no answer"};
  CHECK(node.content.ensure(one).error().code == Code::deadline_exceeded);
  node.away.reset();
  REQUIRE(node.content.ensure(one));
}

TEST_CASE("a full disk is told as that, whatever the transfer says then") {
  Place node;
  const auto one = node.with("a", node.serve(packed(std::string(100'000, 'x'))));
  fs::create_directories(node.folder / "content");
  fs::create_symlink("/dev/full", node.folder / "content/.archive");
  const Status done = node.content.ensure(one);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::exhausted);
  CHECK(done.error().message == "cannot write '" + node.folder / "content/.archive" + "': No space left on device");
  REQUIRE(node.content.ensure(one));
}

TEST_CASE("configs and secrets are files of their owner and mode, and secrets lie in memory only") {
  Place node;
  model::Assignment a;
  a.id = InstanceId("a");
  const std::string own = std::to_string(::getuid()), group = std::to_string(::getgid());
  a.spec.files = {{.digest = node.serve("of all"), .target = "/etc/config", .uid = own, .gid = group, .mode = 0440},
                  {.secret = true,
                   .digest = node.serve("of few"),
                   .target = "/run/secrets/s",
                   .uid = own,
                   .gid = group,
                   .mode = 0400}};
  CHECK(node.content.lacking(a) == "its configs");
  REQUIRE(node.content.ensure(a));
  CHECK(node.content.lacking(a) == "");
  model::ServiceSpec spec = a.spec;
  node.content.mount(a, spec);
  REQUIRE(spec.mounts.size() == 2);
  CHECK(spec.files.empty());
  CHECK(*files::read(spec.mounts[0].source) == "of all");
  CHECK(*files::read(spec.mounts[1].source) == "of few");
  CHECK(spec.mounts[1].source.starts_with(node.folder / "memory/"));
  struct stat found {};
  REQUIRE(::stat(spec.mounts[0].source.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0440);
  node.content.forget("a");
  CHECK(node.content.lacking(a) == "its configs");
}

TEST_CASE("values of variables are fetched for the container that is made next, and kept in memory only") {
  Place node;
  model::Assignment a;
  a.id = InstanceId("a");
  a.spec.env_secrets = {{"A", "one", node.serve("of few")}, {"B", "two", node.serve("of fewer")}};
  CHECK(node.content.variables(a).empty());
  node.away = Error{Code::deadline_exceeded, "away"};
  CHECK(node.content.fetch_variables(a).error().code == Code::deadline_exceeded);
  CHECK(node.content.variables(a).empty());
  node.away.reset();
  REQUIRE(node.content.fetch_variables(a));
  REQUIRE(node.content.variables(a).size() == 2);
  CHECK(node.content.variables(a).at("A").reveal() == "of few");
  for (const auto& each : fs::recursive_directory_iterator(node.folder.path()))
    if (each.is_regular_file()) CHECK(files::read(each.path().string())->find("of few") == std::string::npos);
  node.content.forget_variables("a");
  CHECK(node.content.variables(a).empty());
}

TEST_CASE("of content goes what no instance that is there uses") {
  Place node;
  const auto stays = node.with("a", node.serve(packed("hello"))), goes = node.with("b", node.serve(packed("bye")));
  REQUIRE(node.content.ensure(stays));
  REQUIRE(node.content.ensure(goes));
  CHECK(node.content.keep_only({"a"}));
  CHECK(node.kept() == std::set<std::string>{stays.spec.mounts[0].digest.substr(7)});
  CHECK_FALSE(files::exists(node.folder / "instances/b"));
  CHECK(node.text_of(stays) == "hello");
}
