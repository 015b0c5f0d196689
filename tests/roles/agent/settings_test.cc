#include "settings.h"

#include <doctest/doctest.h>

#include "exits.h"

using namespace kontena;
using agent::Server;

namespace {

settings::Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Result<agent::Settings> read(std::vector<std::string> arguments, std::map<std::string, std::string> variables = {},
                             const std::string& host = "h1") {
  return agent::read_settings(arguments, with(std::move(variables)), host);
}

std::string error_of(std::vector<std::string> arguments, std::map<std::string, std::string> variables = {}) {
  const auto settings = read(std::move(arguments), std::move(variables));
  return settings ? "" : settings.error().message;
}

}  // namespace

TEST_CASE("a server is a host with or without port, and IPv6 goes in brackets") {
  CHECK(*agent::parse_server("a.example") == Server{"a.example", 7443});
  CHECK(*agent::parse_server("10.0.0.1:99") == Server{"10.0.0.1", 99});
  CHECK(*agent::parse_server("[::1]") == Server{"::1", 7443});
  CHECK(*agent::parse_server("[fe80::1]:80") == Server{"fe80::1", 80});
  CHECK(agent::parse_server("[fe80::1]:80")->url() == "https://[fe80::1]:80");
  for (const char* wrong :
       {"", ":7443", "https://a", "a:0", "a:65536", "a:x", "::1", "[::1", "[]", "a/b", "a b", "[::1]7"}) {
    CAPTURE(wrong);
    CHECK_FALSE(agent::parse_server(wrong));
  }
}

TEST_CASE("flags outweigh the environment, and that the defaults") {
  const auto defaults = read({});
  REQUIRE(defaults);
  CHECK(defaults->state_dir == "/var/lib/kontena-agent");
  CHECK(defaults->docker_socket == "/var/run/docker.sock");
  CHECK(defaults->name == "h1");
  CHECK(defaults->servers.empty());
  CHECK(defaults->token_file.empty());

  const auto both =
      read({"--server", "a:1", "--server=b,c:3", "--label", "zone=eu,1", "--label", "disk="},
           {{"KONTENA_AGENT_SERVER", "z"}, {"KONTENA_AGENT_NAME", "n7"}, {"KONTENA_AGENT_LOG_LEVEL", "debug"}});
  REQUIRE(both);
  CHECK(both->servers == std::vector<Server>{{"a", 1}, {"b", 7443}, {"c", 3}});
  CHECK(both->name == "n7");
  CHECK(both->labels == model::StringMap{{"zone", "eu,1"}, {"disk", ""}});
  CHECK(both->log_level == log::Level::debug);

  const auto environment = read({}, {{"KONTENA_AGENT_SERVER", "x:1,y:2"}, {"KONTENA_AGENT_LABELS", "a=1,b=2"}});
  REQUIRE(environment);
  CHECK(environment->servers == std::vector<Server>{{"x", 1}, {"y", 2}});
  CHECK(environment->labels == model::StringMap{{"a", "1"}, {"b", "2"}});
}

TEST_CASE("systemd's folders are defaults") {
  const auto settings = read({}, {{"STATE_DIRECTORY", "/s/one:/s/two"}, {"CREDENTIALS_DIRECTORY", "/c"}});
  REQUIRE(settings);
  CHECK(settings->state_dir == "/s/one");
  CHECK(settings->token_file == "/c/join.token");
  CHECK(settings->token_by_default);
  const auto given =
      read({"--state-dir", "/x", "--token-file", "/t"}, {{"STATE_DIRECTORY", "/s"}, {"CREDENTIALS_DIRECTORY", "/c"}});
  REQUIRE(given);
  CHECK(given->state_dir == "/x");
  CHECK(given->token_file == "/t");
  CHECK_FALSE(given->token_by_default);
}

TEST_CASE("what is wrong is named by its flag or variable") {
  CHECK(error_of({"--server", "https://a"}).find("flag --server: 'https://a'") == 0);
  CHECK(error_of({}, {{"KONTENA_AGENT_SERVER", "a:b"}}).find("environment KONTENA_AGENT_SERVER: 'a:b'") == 0);
  CHECK(error_of({"--name", "Node_1"}).find("flag --name: 'Node_1'") == 0);
  CHECK(error_of({"--label", "zone"}).find("flag --label: 'zone'") == 0);
  CHECK(error_of({"--label", "=x"}).find("flag --label: '=x'") == 0);
  CHECK(error_of({"--docker-socket", "docker.sock"}).find("flag --docker-socket") == 0);
  CHECK(error_of({"--log-level", "loud"}).find("flag --log-level: 'loud'") == 0);
  CHECK(error_of({"--sever", "a"}) == "unknown option '--sever'");
  CHECK(error_of({"--server"}).find("--server needs a value") == 0);
  CHECK_FALSE(read({}, {}, "___"));
  CHECK(read({}, {}, "___").error().hint.find("--name") != std::string::npos);
}

TEST_CASE("a host's name becomes a label") {
  CHECK(agent::label_of("Node_1.example.org") == "node-1");
  CHECK(agent::label_of("h1") == "h1");
  CHECK(agent::label_of("-a-") == "a");
  CHECK(agent::label_of("__") == "");
  CHECK(agent::label_of("") == "");
  CHECK(agent::label_of(std::string(70, 'a')).size() == 63);
}

TEST_CASE("help names each option and each exit status") {
  const std::string help = agent::help_text();
  for (const char* part : {"--server", "--token-file", "--name", "--label", "--address", "--state-dir",
                           "--docker-socket", "KONTENA_AGENT_SERVER", "CREDENTIALS_DIRECTORY"})
    CHECK(help.find(part) != std::string::npos);
  for (const agent::Exit& row : agent::exits) CHECK(help.find(row.means) != std::string::npos);
}

TEST_CASE("metrics are told where a place and a token are given, and a certificate has its key") {
  CHECK_FALSE(read({})->metrics);
  const auto given = read({"--metrics", "0.0.0.0:7445", "--metrics-token-file", "/t"});
  REQUIRE(given);
  REQUIRE(given->metrics);
  CHECK(given->metrics->where.port == 7445);
  CHECK(given->metrics->where.token_file == "/t");
  CHECK(error_of({"--metrics", "0.0.0.0:7445"}) == "flag --metrics: --metrics needs --metrics-token-file");
  CHECK(error_of({"--metrics", "7445", "--metrics-token-file", "/t"}).find("is not ADDR:PORT") != std::string::npos);
  const std::vector<std::string> on{"--metrics", "0.0.0.0:7445", "--metrics-token-file", "/t"};
  for (const char* one : {"--metrics-cert-file", "--metrics-key-file"}) {
    auto arguments = on;
    arguments.insert(arguments.end(), {one, "/f"});
    CHECK(error_of(arguments) == "--metrics-cert-file and --metrics-key-file belong together");
  }
}
