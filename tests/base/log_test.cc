#include "kontena/base/log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "kontena/base/text.h"

namespace kontena::log {
namespace {

// What is written to stderr meanwhile. Less than a pipe holds.
std::string logged(auto&& write_it) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  write_it();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  return text;
}

// Without the time, which differs, or the journal's priority.
std::string after_head(const std::string& line) {
  if (line.front() == '<') return line.substr(3);
  return line.substr(line.find(' ', line.find(' ') + 1) + 1);
}

}  // namespace

TEST_CASE("a line is the event and its fields, quoted where they are not one plain word") {
  struct Case {
    std::string value;
    const char* shown;
  };
  for (const Case& c : {Case{"web-1", "k=web-1"},
                        {"", "k=\"\""},
                        {"two words", "k=\"two words\""},
                        {"a=b", "k=\"a=b\""},
                        {"say \"hi\"", "k=\"say \\\"hi\\\"\""},
                        {"a\nb\rc\td", "k=\"a\\nb\\rc\\td\""},
                        {"back\\slash", "k=\"back\\\\slash\""},
                        {"\x1b[31mred", "k=\"\\x1b[31mred\""},
                        {std::string("nul\0", 4), "k=\"nul\\x00\""},
                        {"frühstück", "k=frühstück"}}) {
    CAPTURE(c.shown);
    const auto line = logged([&] { info("an event", {{"k", c.value}}); });
    CHECK(after_head(line) == "an event " + std::string(c.shown) + "\n");
  }
}

TEST_CASE("numbers and several fields stand in the order given") {
  const auto line = logged([] {
    warn("instance stopped", {{"instance", "a"}, {"code", 137}, {"after", -1ll}, {"size", 5u}});
  });
  CHECK(after_head(line) == "instance stopped instance=a code=137 after=-1 size=5\n");
  if (!std::getenv("JOURNAL_STREAM")) {
    CHECK(line.find(" warn instance stopped") != std::string::npos);
    CHECK(text::parse_rfc3339(line.substr(0, line.find(' '))));
  }
}

TEST_CASE("what is below the level is not written") {
  CHECK(logged([] { debug("hidden"); }).empty());
  set_level(Level::debug);
  CHECK(after_head(logged([] { debug("shown"); })) == "shown\n");
  set_level(Level::error);
  CHECK(logged([] { warn("hidden"); }).empty());
  CHECK(after_head(logged([] { error("shown"); })) == "shown\n");
  set_level(Level::info);
}

TEST_CASE("lines of several threads do not mix") {
  const auto text = logged([] {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) info("event", {{"long", std::string(50, 'x')}});
      });
  });
  int lines = 0;
  for (const auto& line : text::split(text, '\n')) {
    if (line.empty()) continue;
    ++lines;
    REQUIRE(after_head(line) == "event long=" + std::string(50, 'x'));
  }
  CHECK(lines == 200);
}

}  // namespace kontena::log
