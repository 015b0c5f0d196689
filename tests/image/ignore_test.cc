#include "kontena/image/ignore.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::image;

namespace {

struct Row {
  std::string rules, path;
  bool out;
};

bool excludes(const std::string& rules, const std::string& path) {
  const auto ignore = Ignore::parse(rules);
  REQUIRE_MESSAGE(ignore, ignore.error().message);
  return ignore->excludes(path);
}

}  // namespace

TEST_CASE("a .dockerignore leaves out what Docker's documentation says") {
  const std::string documented = "# comment\n*/temp*\n*/*/temp*\ntemp?\n";
  const std::string exceptions = "*.md\n!README.md\n";
  const std::string between = "*.md\n!README*.md\nREADME-secret.md\n";
  const std::string useless = "*.md\nREADME-secret.md\n!README*.md\n";
  for (const Row& row : {
           Row{documented, "somedir/temporary.txt", true},
           Row{documented, "somedir/temp", true},
           Row{documented, "somedir/subdir/temporary.txt", true},
           Row{documented, "tempa", true},
           Row{documented, "tempb", true},
           Row{documented, "temp", false},
           Row{documented, "temporary.txt", false},
           Row{documented, "a/b/c/temp", false},
           Row{documented, "# comment", false},
           Row{exceptions, "other.md", true},
           Row{exceptions, "README.md", false},
           Row{exceptions, "docs/other.md", false},
           Row{between, "README-public.md", false},
           Row{between, "README-secret.md", true},
           Row{useless, "README-secret.md", false},
           Row{"**/*.go", "main.go", true},
           Row{"**/*.go", "a/b/main.go", true},
           Row{"**/*.go", "main.go.txt", false},
           Row{"/foo/bar/", "foo/bar", true},
           Row{"foo/bar", "foo/bar/inside/it", true},
           Row{"foo/bar", "x/foo/bar", false},
       }) {
    CAPTURE(row.rules);
    CAPTURE(row.path);
    CHECK(excludes(row.rules, row.path) == row.out);
  }
}

TEST_CASE("patterns match as Docker's matcher has them") {
  for (const Row& row : {
           Row{"**", "any/thing", true},
           Row{"**", "f", true},
           Row{"**/", "a/b", true},
           Row{"dir/**", "dir/file", true},
           Row{"dir/**", "dir/sub/file", true},
           Row{"dir/**", "dir", false},
           Row{"dir/**", "directory/file", false},
           Row{"**/dir2/*", "dir2/file", true},
           Row{"**/dir2/*", "a/b/dir2/file", true},
           Row{"**/dir2/**", "dir/dir2/dir2/f.txt", true},
           Row{"**file", "file", true},
           Row{"**file", "dir/file", true},
           Row{"**file", "dir/afile", true},
           Row{"**/file", "afile", false},
           Row{"**/**/*.txt", "dir/file.txt", true},
           Row{"a**/*.txt", "a/file.txt", true},
           Row{"a**/*.txt", "adir/file.txt", true},
           Row{"a/*.txt", "a/file.txt", true},
           Row{"a/*.txt", "a/b/file.txt", false},
           Row{"a[b-d]e", "ace", true},
           Row{"a[b-d]e", "aae", false},
           Row{"a[^b]c", "adc", true},
           Row{"a[^b]c", "abc", false},
           Row{"a\\*b", "a*b", true},
           Row{"a\\*b", "axb", false},
           Row{"abc.def", "abcxdef", false},
           Row{"abc.def", "abc.def", true},
           Row{"a(b)c", "a(b)c", true},
           Row{".*", ".git", true},
           Row{".*", "git", false},
           Row{".git", "a/.git", false},
           Row{"**/.git", "a/.git/config", true},
           Row{"./a//b/../c", "a/c", true},
           Row{"../up", "up", false},
           Row{"*\n!a", "a/b", false},
           Row{"*\n!a/b", "a/c", true},
           Row{"*\n!a/b", "a/b", false},
           Row{"a\n! a/b", "a/b", false},
           Row{"\xEF\xBB\xBFnode_modules\r\n", "node_modules/x", true},
           Row{"  spaced  ", "spaced", true},
       }) {
    CAPTURE(row.rules);
    CAPTURE(row.path);
    CHECK(excludes(row.rules, row.path) == row.out);
  }
}

TEST_CASE("a folder that is left out is looked into where something may be taken back") {
  const auto inside = [](const std::string& rules, const std::string& folder) {
    return Ignore::parse(rules)->may_take_back_inside(folder);
  };
  CHECK(inside("*\n!docs/README.md", "docs"));
  CHECK_FALSE(inside("*\n!docs/README.md", "src"));
  CHECK(inside("*\n!**/README.md", "src/deep"));
  CHECK(inside("*\n!docs/*.md", "docs"));
  CHECK_FALSE(inside("*", "docs"));
}

TEST_CASE("a pattern that is none is refused with its line") {
  for (const std::string rules : {"a\n[", "a\nx\\", "a\n!", "a\n[b-"}) {
    CAPTURE(rules);
    const auto ignore = Ignore::parse(rules);
    REQUIRE_FALSE(ignore);
    CHECK(ignore.error().message.starts_with("line 2: "));
  }
}
