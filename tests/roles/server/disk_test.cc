// A full disk under the server: what is refused, and what goes on.
#include <sys/mount.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness.h"
#include "kontena/base/log.h"
#include "support/temp_folder.h"

namespace kontena::server {
namespace {

using enum http::Method;

// A disk of its own, of 96 MB. Takes root; elsewhere store/rocksdb_faults_test has
// the same at the level of files.
struct SmallDisk {
  TempFolder folder;
  bool mounted = ::mount("none", folder.path().c_str(), "tmpfs", 0, "size=96m,mode=700") == 0;
  SmallDisk() {
    if (!mounted) std::printf("skipped: no disk of its own can be mounted here: %s\n", std::strerror(errno));
  }
  ~SmallDisk() {
    if (mounted) ::umount2(folder.path().c_str(), MNT_DETACH);
  }
  void fill() {
    std::ofstream file(folder / "ballast", std::ios::binary);
    const std::string piece(4096, 'x');
    while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
  }
  void free() { std::filesystem::remove(folder / "ballast"); }
};

struct Quiet {
  Quiet() { log::set_level(static_cast<log::Level>(4)); }
  ~Quiet() { log::set_level(log::Level::info); }
};

}  // namespace

TEST_CASE("on a full disk writes are refused and say why; reads, polls and beats go on, and writing as soon as there is room") {
  SmallDisk disk;
  if (!disk.mounted) return;
  const Quiet quiet;
  World world(*store::open_rocksdb(disk.folder / "db"));
  const auto node = world.join("n1");
  REQUIRE(world.as_admin(put, "/v1/grids/before").status == 201);
  disk.fill();

  // What the log has laid aside for itself has room for a few more.
  http::Response refused;
  auto large = service("web");
  for (int i = 0; i < 8; ++i) large.environment["E" + std::to_string(i)] = std::string(60'000, 'x');
  for (int i = 0; i < 200 && refused.status != 507; ++i) {
    large.environment["E"] = std::to_string(i);
    refused = world.as_admin(put, stack_url("large"), deploy_body({large}));
  }
  REQUIRE(refused.status == 507);
  const auto error = codec::from_json<api::ErrorAnswer>(refused.body);
  REQUIRE(error);
  CHECK(error->error.code == "exhausted");
  CHECK(error->error.message.find("disk") != std::string::npos);
  CHECK(error->error.hint.find("are free in '" + disk.folder.path()) != std::string::npos);
  CHECK(world.try_join("n2", world.join_).status == 507);
  CHECK(world.as_admin(get, "/v1/backup").status == 507);  // no trace, no backup

  CHECK(world.as_admin(get, "/v1/grids").body.find("before") != std::string::npos);
  CHECK(world.as_node(node, post, std::string(api::paths::agent_beat), "{}").status == 200);
  CHECK(world.as_node(node, get, "/v1/agent/assignments").status == 200);
  const auto problems = world.read<api::ProblemList>(world.as_admin(get, std::string(api::paths::problems)));
  REQUIRE(problems.problems.size() == 1);
  CHECK(problems.problems[0].what.find("nothing can be written") != std::string::npos);

  disk.free();
  int status = 0;
  Synced<bool> never;
  for (int i = 0; i < 200 && status != 201; ++i) {
    status = world.as_admin(put, "/v1/grids/after").status;
    if (status != 201) never.wait(Duration(50), [](bool) { return false; });
  }
  CHECK(status == 201);
  CHECK(world.read<api::ProblemList>(world.as_admin(get, std::string(api::paths::problems))).problems.empty());
  CHECK(world.as_admin(get, "/v1/grids").body.find("after") != std::string::npos);
}

}  // namespace kontena::server
