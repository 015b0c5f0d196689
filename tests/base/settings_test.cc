#include "kontena/base/settings.h"

#include <doctest/doctest.h>

#include <array>

namespace kontena::settings {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::array table{
    Setting{"data_dir", "--data-dir", "KT_DATA_DIR", Kind::text, "DIR", "/var/lib/kt", 0, 0, "where the state is"},
    Setting{"listen", "--listen", "KT_LISTEN", Kind::list, "ADDRESS", "", 0, 0, "where to listen"},
    Setting{"workers", "--workers", "KT_WORKERS", Kind::integer, "N", "4", 1, 64, "how many threads"},
    Setting{"grace", "--grace", "", Kind::duration, "TIME", "10s", 1'000, 60'000, "how long to wait"},
    Setting{"debug", "--debug", "KT_DEBUG", Kind::truth, "", "false", 0, 0, "say more"},
    Setting{"hidden", "", "KT_HIDDEN", Kind::text, "", "", 0, 0, "not on the command line"},
};

Result<Values> read_with(const Arguments& arguments, const std::map<std::string, std::string>& environment = {},
                         const File& file = {}) {
  return read(
      table, arguments,
      [&](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(std::string(name));
        return found == environment.end() ? std::nullopt : std::optional(found->second);
      },
      file);
}

}  // namespace

TEST_CASE("a setting comes from the flag, else the environment, else the file, else its default") {
  const std::map<std::string, std::string> environment{{"KT_DATA_DIR", "/env"}};
  const File file{{"data_dir", {"server.yaml:3", {"/file"}}}};
  struct Case {
    Result<Values> values;
    const char* value;
    const char* origin;
  };
  const Case cases[]{{read_with({"--data-dir", "/flag"}, environment, file), "/flag", "flag --data-dir"},
                     {read_with({"--data-dir=/flag"}, environment, file), "/flag", "flag --data-dir"},
                     {read_with({}, environment, file), "/env", "environment KT_DATA_DIR"},
                     {read_with({}, {{"KT_DATA_DIR", ""}}, file), "/file", "server.yaml:3"},
                     {read_with({}), "/var/lib/kt", "default"}};
  for (const Case& c : cases) {
    CAPTURE(c.origin);
    REQUIRE(c.values);
    CHECK(c.values->text("data_dir") == c.value);
    CHECK(c.values->origin("data_dir") == c.origin);
    CHECK(c.values->given("data_dir") == (std::string(c.origin) != "default"));
  }
}

TEST_CASE("each kind of setting is read as what it is") {
  const auto values = read_with({"--listen", "a:1", "--listen", "b:2", "--workers", "8", "--grace", "1m", "--debug"});
  REQUIRE(values);
  CHECK(values->list("listen") == std::vector<std::string>{"a:1", "b:2"});
  CHECK(values->number("workers") == 8);
  CHECK(values->number("grace") == 60'000);
  CHECK(values->truth("debug"));
  CHECK(values->text("hidden").empty());
  CHECK(read_with({}, {{"KT_LISTEN", "a:1,b:2"}})->list("listen") == std::vector<std::string>{"a:1", "b:2"});
  CHECK(read_with({"--workers", "1", "--workers", "2"})->number("workers") == 2);
  CHECK(!read_with({"--debug=false"})->truth("debug"));
  CHECK(read_with({})->number("grace") == 10'000);
}

TEST_CASE("a wrong setting is refused with where it stands and what it should be") {
  struct Case {
    Result<Values> values;
    const char* message;
    const char* hint;
  };
  const Case cases[]{
      {read_with({"--workrs", "8"}), "unknown option '--workrs'", "did you mean '--workers'?"},
      {read_with({"--frobnicate"}), "unknown option '--frobnicate'", "--help lists them"},
      {read_with({"server.yaml"}), "unknown option 'server.yaml'", "--help lists them"},
      {read_with({""}), "unknown option ''", "--help lists them"},
      {read_with({"--workers"}), "--workers needs a value: N", ""},
      {read_with({"--workers", "many"}), "flag --workers: 'many' is not a whole number", ""},
      {read_with({"--workers", "0"}), "flag --workers: '0' is not between 1 and 64", ""},
      {read_with({}, {{"KT_WORKERS", "65"}}), "environment KT_WORKERS: '65' is not between 1 and 64", ""},
      {read_with({"--grace", "10"}), "flag --grace: '10' is not a duration such as 90s or 1m30s", ""},
      {read_with({"--grace", "1ms"}), "flag --grace: '1ms' is not between 1000 ms and 60000 ms", ""},
      {read_with({"--debug=yes"}), "flag --debug: 'yes' is not true or false", ""},
      {read_with({}, {}, {{"worker", {"server.yaml:7", {"8"}}}}), "server.yaml:7: unknown setting 'worker'",
       "did you mean 'workers'?"},
      {read_with({}, {}, {{"workers", {"server.yaml:7", {"8", "9"}}}}), "server.yaml:7: 'workers' takes one value", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    REQUIRE(!c.values);
    CHECK(c.values.error().code == Code::invalid_argument);
    CHECK(c.values.error().message == c.message);
    CHECK(c.values.error().hint == c.hint);
  }
}

TEST_CASE("help lists what can be given on the command line") {
  const auto text = help(table);
  CHECK(text.find("  --data-dir DIR              where the state is (default /var/lib/kt) [KT_DATA_DIR]\n") == 0);
  CHECK(text.find("  --debug ") != std::string::npos);
  CHECK(text.find("hidden") == std::string::npos);
}

}  // namespace kontena::settings
