#include "kontena/blobs/blobs.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "kontena/base/files.h"
#include "support/temp_folder.h"

using namespace kontena;
using namespace kontena::blobs;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t most = 1 << 20;
const std::string scope = "default/default", other = "default/other";

std::string name_of(std::string_view content) { return "sha256:" + crypto::sha256_hex(content); }

Status keep(Blobs& blobs, const std::string& where, std::string_view content) {
  KTN_TRY(Incoming incoming, blobs.put(where, name_of(content), most));
  KTN_OK(incoming.add(content));
  return incoming.keep();
}

std::size_t files_in(const std::string& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) ++count;
  return count;
}

struct Area {
  TempFolder folder;
  ManualClock clock;
  Blobs blobs{folder.path() + "/blobs", clock};
  std::string path(std::string_view content, const std::string& where = scope) const {
    return folder.path() + "/blobs/" + where + '/' + crypto::sha256_hex(content);
  }
};

}  // namespace

TEST_CASE("what was kept is there under its name, in its scope only") {
  Area area;
  CHECK_FALSE(area.blobs.has(scope, name_of("hello")));
  REQUIRE(keep(area.blobs, scope, "hello"));
  CHECK(area.blobs.has(scope, name_of("hello")));
  CHECK(*area.blobs.text(scope, name_of("hello"), 100) == "hello");
  CHECK_FALSE(area.blobs.has(other, name_of("hello")));
  CHECK(area.blobs.get(other, name_of("hello")).error().code == Code::not_found);
  REQUIRE(keep(area.blobs, scope, "hello"));
  const auto all = *area.blobs.list();
  REQUIRE(all.size() == 1);
  CHECK(all[0].scope == scope);
  CHECK(all[0].digest == name_of("hello"));
  CHECK(all[0].size == 5);
  CHECK(area.blobs.check(all[0]));
}

TEST_CASE("an upload that is not ended, is another one or is too large leaves nothing") {
  Area area;
  {
    auto incoming = area.blobs.put(scope, name_of("whole"), most);
    REQUIRE(incoming);
    CHECK(incoming->add("who"));
  }
  {
    auto incoming = area.blobs.put(scope, name_of("this"), most);
    REQUIRE(incoming);
    CHECK(incoming->add("that"));
    CHECK(incoming->keep().error().code == Code::invalid_argument);
  }
  {
    auto incoming = area.blobs.put(scope, name_of("large"), 4);
    REQUIRE(incoming);
    CHECK(incoming->add("large").error().code == Code::invalid_argument);
  }
  CHECK(area.blobs.list()->empty());
  CHECK(files_in(area.folder.path()) == 0);
}

TEST_CASE("names that lead elsewhere are refused") {
  Area area;
  CHECK_FALSE(area.blobs.put("default/../x", name_of("a"), most));
  CHECK_FALSE(area.blobs.put("default", name_of("a"), most));
  for (const std::string digest :
       {"sha256:", "../../etc/passwd",
        "sha256:../../../../../../../../../../../../../../../../../../../../../etc/passwd"}) {
    CAPTURE(digest);
    CHECK_FALSE(is_digest(digest));
    CHECK_FALSE(area.blobs.put(scope, digest, most));
    CHECK_FALSE(area.blobs.get(scope, digest));
    CHECK_FALSE(area.blobs.has(scope, digest));
  }
  CHECK_FALSE(is_digest("sha256:" + std::string(64, 'A')));
}

TEST_CASE("a process that is killed while a blob comes leaves nothing of it, and no other is harmed") {
  TempFolder folder;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const SystemClock clock;
    Blobs blobs(folder.path() + "/blobs", clock);
    if (!keep(blobs, scope, "whole")) ::_exit(1);
    auto incoming = blobs.put(scope, name_of("in parts"), most);
    if (!incoming || !incoming->add("in pa") || ::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  ::close(ready[1]);
  char one = 0;
  REQUIRE(::read(ready[0], &one, 1) == 1);
  ::close(ready[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(files_in(folder.path()) == 2);
  const SystemClock clock;
  Blobs blobs(folder.path() + "/blobs", clock);
  REQUIRE(blobs.open());
  CHECK(files_in(folder.path()) == 1);
  CHECK(*blobs.text(scope, name_of("whole"), 100) == "whole");
  CHECK_FALSE(blobs.has(scope, name_of("in parts")));
}

TEST_CASE("removed is what was not used, and nothing while something comes into its scope") {
  Area area;
  REQUIRE(keep(area.blobs, scope, "old"));
  REQUIRE(keep(area.blobs, other, "old"));
  const auto hour = std::chrono::minutes(60);
  const auto all = [&] { return *area.blobs.list(); };
  const auto remove_all = [&] {
    std::size_t gone = 0;
    for (const Blob& blob : all()) gone += *area.blobs.remove(blob, area.clock.now() - hour) ? 1 : 0;
    return gone;
  };
  area.clock.advance(hour / 2);
  CHECK(remove_all() == 0);
  area.clock.advance(hour);
  const auto before = all();
  CHECK(area.blobs.has(scope, name_of("old")));
  CHECK(remove_all() == 1);  // of the other scope
  CHECK_FALSE(area.blobs.has(other, name_of("old")));
  // Who listed before a use does not remove after it either.
  area.clock.advance(hour / 2);
  for (const Blob& blob : before) CHECK_FALSE(*area.blobs.remove(blob, area.clock.now() - hour));
  area.clock.advance(2 * hour);
  {
    auto incoming = area.blobs.put(scope, name_of("new"), most);
    REQUIRE(incoming);
    area.clock.advance(hour);
    CHECK(remove_all() == 0);
  }
  CHECK(remove_all() == 0);
  area.clock.advance(hour);
  {
    const auto hold = area.blobs.keep_all();
    CHECK(remove_all() == 0);
  }
  CHECK(remove_all() == 1);
  CHECK(all().empty());
}

TEST_CASE("a removal that was not ended has not been") {
  Area area;
  REQUIRE(keep(area.blobs, scope, "kept"));
  fs::rename(area.path("kept"), area.path("kept") + ".going");
  REQUIRE(area.blobs.open());
  CHECK(area.blobs.has(scope, name_of("kept")));
}

TEST_CASE("a blob that is read stays whole though it be removed, and one that was altered is found") {
  Area area;
  REQUIRE(keep(area.blobs, scope, "read"));
  auto reading = area.blobs.get(scope, name_of("read"));
  REQUIRE(reading);
  REQUIRE(files::remove(area.path("read")));
  CHECK(*reading->next() == "read");
  CHECK(reading->next()->empty());
  REQUIRE(keep(area.blobs, scope, "true"));
  REQUIRE(files::write(area.path("true"), "fals", 0600));
  CHECK(area.blobs.check(area.blobs.list()->at(0)).error().code == Code::corrupt);
}

TEST_CASE("a server without a folder keeps none, and says so") {
  const SystemClock clock;
  Blobs blobs("", clock);
  CHECK(blobs.open());
  CHECK(blobs.put(scope, name_of("a"), most).error().code == Code::unsupported);
  CHECK(blobs.list()->empty());
}
