#include "log_watch.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support/temp_folder.h"

namespace kontena::agent {
namespace {

void append(const std::string& path) { std::ofstream(path, std::ios::app) << "x\n"; }
using Keys = std::set<std::string>;

}  // namespace

TEST_CASE("files that were written to are told, each by its key, once") {
  const TempFolder folder;
  const std::string a = folder / "a", b = folder / "b";
  append(a), append(b);
  LogWatch watch;
  REQUIRE(watch.add("A", a));
  REQUIRE(watch.add("B", b));
  CHECK(watch.take() == Keys{});
  append(a), append(a);
  CHECK(watch.take() == Keys{"A"});
  CHECK(watch.take() == Keys{});
  watch.remove("A");
  append(a), append(b);
  CHECK(watch.take() == Keys{"B"});
  CHECK_FALSE(watch.add("C", folder / "none"));
}

TEST_CASE("a file that gets another name is told of, and the one with its name is watched from then on") {
  const TempFolder folder;
  const std::string a = folder / "a";
  append(a);
  LogWatch watch;
  REQUIRE(watch.add("A", a));
  std::filesystem::rename(a, a + ".1");
  CHECK(watch.take() == Keys{"A"});
  append(a);
  CHECK(watch.take() == Keys{});
  REQUIRE(watch.add("A", a));
  append(a);
  CHECK(watch.take() == Keys{"A"});
  append(a + ".1");
  CHECK(watch.take() == Keys{});
  std::filesystem::remove(a);
  CHECK(watch.take() == Keys{"A"});
  CHECK_FALSE(watch.add("A", a));
}

}  // namespace kontena::agent
