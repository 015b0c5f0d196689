// The keys of the mesh: made, kept, replaced, wherever that is broken off.
#include "mesh_keys.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "kontena/base/files.h"
#include "support.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

struct Host {
  TempFolder folder;
  SystemIds ids;
  MeshKeys start() { return MeshKeys(folder.path(), ids); }
  std::string file(const std::string& name) const { return folder.path() + '/' + name; }
};

}  // namespace

TEST_CASE("the first key is of the present rotation, kept for root alone, and found again") {
  Host host;
  MeshKeys keys = host.start();
  CHECK(keys.public_key().empty());
  REQUIRE(keys.follow(7));
  CHECK(keys.in_use()->rotation == 7);
  CHECK_FALSE(keys.next());
  struct stat about {};
  REQUIRE(::stat(host.file("mesh.key").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  MeshKeys again = host.start();
  REQUIRE(again.follow(7));
  CHECK(again.public_key() == keys.public_key());
  CHECK_FALSE(again.next());
}

TEST_CASE("a key of another rotation is replaced, and a start in between goes on with the same next one") {
  Host host;
  MeshKeys keys = host.start();
  REQUIRE(keys.follow(0));
  const std::string first = keys.public_key();
  REQUIRE(keys.follow(1));
  const std::string next = keys.public_key();
  CHECK(next != first);
  CHECK(keys.in_use()->public_key == first);
  MeshKeys again = host.start();
  REQUIRE(again.follow(2));  // another one meanwhile: what was told is taken first
  CHECK(again.public_key() == next);
  REQUIRE(again.take_next());
  CHECK(again.in_use()->public_key == next);
  CHECK(again.in_use()->rotation == 1);
  CHECK_FALSE(files::exists(host.file("mesh.key.next")));
  REQUIRE(again.follow(2));
  CHECK(again.next());
  // A server that was restored knows an earlier one.
  REQUIRE(again.take_next());
  REQUIRE(again.follow(1));
  CHECK(again.next());
}

TEST_CASE("broken off between the taking and the clearing, there is no next one") {
  Host host;
  MeshKeys keys = host.start();
  REQUIRE(keys.follow(0));
  REQUIRE(keys.follow(1));
  const auto next = files::read(host.file("mesh.key.next"));
  REQUIRE(next);
  REQUIRE(files::write(host.file("mesh.key"), *next, 0600));
  MeshKeys again = host.start();
  REQUIRE(again.follow(1));
  CHECK_FALSE(again.next());
  CHECK(again.public_key() == keys.public_key());
}

TEST_CASE("the key of an earlier version has no rotation; one that is none is made anew") {
  Host host;
  MeshKeys keys = host.start();
  REQUIRE(keys.follow(0));
  REQUIRE(files::write(host.file("mesh.key"), keys.in_use()->secret.reveal() + "\n", 0600));
  MeshKeys again = host.start();
  REQUIRE(again.follow(0));
  CHECK(again.public_key() == keys.public_key());
  CHECK(again.in_use()->rotation == 0);
  REQUIRE(files::write(host.file("mesh.key"), "nonsense\n", 0600));
  MeshKeys other = host.start();
  REQUIRE(other.follow(3));
  CHECK(other.public_key() != keys.public_key());
  CHECK(other.in_use()->rotation == 3);
  REQUIRE(remove_mesh_keys(host.folder.path()));
  CHECK_FALSE(files::exists(host.file("mesh.key")));
}
