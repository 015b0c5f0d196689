#include <doctest/doctest.h>
#include <sys/stat.h>

#include "canned.h"
#include "kontena/api/backup.h"
#include "kontena/base/files.h"

namespace kontena::client {
namespace {

std::string sample() {
  api::BackupWriter writer;
  std::string text = writer.head({"0.1.0", 1, 2, "f"});
  text += writer.file("ca.key", "secret");
  text += writer.record("a", "1 {}");
  return text + writer.end();
}

const std::string path = "GET /v1/backup";

}  // namespace

TEST_CASE("a backup comes into a file of its owner's alone, whole or not at all") {
  canned::World world;
  const std::string file = world.folder + "/b";
  world.answer(path, sample().substr(0, 100));
  const auto cut = world.run({"backup", "b"});
  CHECK(cut.status == 1);
  CHECK(cut.err.find("its end is missing") != std::string::npos);
  std::string altered = sample();
  altered[150] ^= 1;
  world.answer(path, altered);
  for (int i = 0; i < 2; ++i) CHECK(world.run({"backup", "b"}).status == 1);
  CHECK(std::filesystem::is_empty(world.folder) == false);  // its configuration
  CHECK_FALSE(files::exists(file));

  canned::World good;
  good.answer(path, sample());
  const auto done = good.run({"backup", "b"});
  CHECK_MESSAGE(done.status == 0, done.err);
  CHECK(done.out.empty());
  CHECK(done.err.find("1 records") != std::string::npos);
  CHECK(*files::read(good.folder + "/b") == sample());
  CHECK(files::check_private(good.folder + "/b", "the backup"));
  const auto again = good.run({"backup", "b"});
  CHECK(again.status == 5);
  CHECK(again.err.find("--force") != std::string::npos);
  CHECK(good.run({"backup", "--force", "b"}).status == 0);
  CHECK(good.run({"backup", "/dev/null", "--force"}).status == 2);
  CHECK(good.run({"backup", "none/b"}).status != 0);
}

TEST_CASE("a backup goes to standard output, but not onto a terminal") {
  canned::World world;
  world.answer(path, sample());
  CHECK(world.run({"backup", "-"}).out == sample());
  world.terminal = true;
  CHECK(world.run({"backup", "-"}).status == 2);
}

TEST_CASE("a refusal is told as it is") {
  canned::World world;
  world.refuse(path, 507, "exhausted", "the disk is full", "free some");
  const auto refused = world.run({"backup", "b"});
  CHECK(refused.status == 1);
  CHECK(refused.err.find("the disk is full") != std::string::npos);
  CHECK_FALSE(files::exists(world.folder + "/b"));
}

}  // namespace kontena::client
