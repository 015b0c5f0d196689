#include "kontena/image/context.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "scratch.h"

using namespace kontena;
using namespace kontena::image;
using namespace kontena::image::test;
namespace fs = std::filesystem;

namespace {

std::string rules_of(const Scratch& scratch, const std::string& rules, const std::vector<std::string>& always = {}) {
  const auto ignore = Ignore::parse(rules);
  REQUIRE(ignore);
  const auto context = list_context(scratch.path(), *ignore, always, {});
  REQUIRE(context);
  std::string paths;
  for (const TarEntry& entry : context->entries) paths += entry.path + ' ';
  return paths;
}

std::string digest(const Scratch& scratch, std::vector<Extra> extras = {}) {
  const auto context = list_context(scratch.path(), {}, {}, std::move(extras));
  REQUIRE(context);
  const auto digest = digest_of(*context);
  REQUIRE(digest);
  return *digest;
}

}  // namespace

TEST_CASE("a context has what the rules leave, the folders on its way, and what is always in it") {
  const Scratch scratch;
  for (const std::string name : {"Dockerfile", "a/one", "a/two", "b/c/README.md", "b/c/other", "empty/x"})
    scratch.write(name, name);
  CHECK(rules_of(scratch, "") == "Dockerfile a a/one a/two b b/c b/c/README.md b/c/other empty empty/x ");
  CHECK(rules_of(scratch, "*\n!a/one", {"Dockerfile"}) == "Dockerfile a a/one ");
  CHECK(rules_of(scratch, "*\n!**/README.md") == "b b/c b/c/README.md ");
  CHECK(rules_of(scratch, "empty/x") == "Dockerfile a a/one a/two b b/c b/c/README.md b/c/other empty ");
  CHECK(rules_of(scratch, "a", {"a/two"}) == "Dockerfile a a/two b b/c b/c/README.md b/c/other empty empty/x ");
}

TEST_CASE("a digest changes with what a build can see, and not with the time of a file") {
  const Scratch scratch;
  scratch.write("one", "1");
  scratch.write("two", std::string(600'000, '2'));
  fs::create_symlink("/etc/passwd", scratch.path("out"));
  const std::string before = digest(scratch);
  fs::last_write_time(scratch.path("one"), fs::file_time_type::clock::now() - std::chrono::hours(5));
  CHECK(digest(scratch) == before);
  CHECK(digest(scratch, {{"Dockerfile", "FROM x"}}) != before);
  fs::permissions(scratch.path("one"), fs::perms::owner_exec, fs::perm_options::add);
  const std::string executable = digest(scratch);
  CHECK(executable != before);
  scratch.write("one", "3");
  CHECK(digest(scratch) != executable);
}

TEST_CASE("a packed context unpacks to itself; links are not followed") {
  const Scratch scratch;
  scratch.write("one", "1");
  scratch.write("large", std::string(700'001, 'l'));
  scratch.write("deep/er/file", "");
  fs::create_symlink("../../etc/passwd", scratch.path("link"));
  const auto context = list_context(scratch.path(), {}, {}, {{"one", "another"}});
  REQUIRE(context);
  Packer packer(*context, true);
  Unpacked unpacked;
  TarReader reader(unpacked);
  std::size_t longest = 0;
  while (true) {
    const auto piece = packer.next();
    REQUIRE(piece);
    if (piece->empty()) break;
    longest = std::max(longest, piece->size());
    REQUIRE(reader.take(*piece));
  }
  REQUIRE(reader.finish());
  CHECK(longest < (300u << 10));
  REQUIRE(unpacked.files.size() == 6);
  CHECK(unpacked.files[0].entry.path == "deep");
  CHECK(unpacked.files[3].content == std::string(700'001, 'l'));
  CHECK(unpacked.files[4].entry.link == "../../etc/passwd");
  CHECK(unpacked.files[5].content == "another");
}

TEST_CASE("a file that changes while it is packed is told, never half sent") {
  const Scratch scratch;
  scratch.write("one", "12345");
  const auto context = list_context(scratch.path(), {}, {}, {});
  for (const std::string content : {"123", "1234567"}) {
    scratch.write("one", content);
    Packer packer(*context, true);
    auto piece = packer.next();
    while (piece && !piece->empty()) piece = packer.next();
    REQUIRE_FALSE(piece);
    CHECK(piece.error().message.find("one changed while it was read") != std::string::npos);
  }
}

TEST_CASE("a context that is not there is told by its name") {
  const auto context = list_context("/nonexistent/context", {}, {}, {});
  REQUIRE_FALSE(context);
  CHECK(context.error().message == "cannot read /nonexistent/context: No such file or directory");
}
