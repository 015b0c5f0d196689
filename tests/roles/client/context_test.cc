#include "context.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "canned.h"
#include "kontena/base/files.h"
#include "kontena/pki/authority.h"
#include "link.h"

namespace kontena::client {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777;
}

// A world with nothing in the environment, and a server that knows the token.
struct Fresh : canned::World {
  Fresh() {
    environment.erase("KONTENA_URL"), environment.erase("KONTENA_TOKEN"), environment.erase("KONTENA_GRID");
    answer_with("GET /v1/health", api::Hello{"kontena", KONTENA_VERSION, 0});
    answer_with("GET /v1/whoami", api::Who{"administrator", "0123456789ab", "administrator", ""});
    answer_with("GET /v1/grids", api::GridList{{{.name = "main"}}});
    answer_with("GET /v1/grids/main/nodes", api::NodeList{});
  }
};

}  // namespace

TEST_CASE("a server's address is made whole, or refused") {
  CHECK(*server_url("10.0.0.5") == "https://10.0.0.5:7443");
  CHECK(*server_url(" https://Host.example/ ") == "https://host.example:7443");
  CHECK(*server_url("host:443") == "https://host:443");
  CHECK(*server_url("[fd00::1]") == "https://[fd00::1]:7443");
  CHECK(*server_url("https://[fd00::1]:99") == "https://[fd00::1]:99");
  CHECK(host_of("https://[fd00::1]:99") == "fd00::1");
  CHECK(host_of("https://host:7443") == "host");
  for (const char* wrong : {"", "http://host", "ftp://host", "host:0", "host:99999", "host:x", "host/path", "user@host",
                            "a b", "fd00::1", "[fd00::1", "https://"}) {
    CAPTURE(wrong);
    const auto url = server_url(wrong);
    REQUIRE(!url);
    CHECK(url.error().code == Code::invalid_argument);
  }
}

TEST_CASE("login keeps url, CA and token in a file of the user's own") {
  Fresh world;
  world.write("token", canned::token + "\n");
  ::chmod((world.folder + "/token").c_str(), 0600);
  const auto ran = world.run({"login", "--url", "10.0.0.5", "--token-file", world.folder + "/token"});
  CHECK(ran.err == "logged in to https://10.0.0.5:7443 as administrator; the context is 10.0.0.5, the grid main\n");
  CHECK(ran.status == 0);
  CHECK(world.fetched == std::vector<std::string>{"https://10.0.0.5:7443 " + canned::fingerprint});
  CHECK(world.trusted == "the CA");
  CHECK(world.bearer() == canned::token);
  CHECK(mode_of(world.folder + "/config/kontena") == 0700);
  CHECK(mode_of(world.folder + "/config/kontena/config.json") == 0600);

  const auto config = load_config(world.environment);
  REQUIRE(config);
  CHECK(config->current == "10.0.0.5");
  const Context& context = config->contexts.at("10.0.0.5");
  CHECK(context.token.reveal() == canned::token);
  CHECK(context.ca_pem == "the CA");
  CHECK(context.grid == "main");

  CHECK(world.run({"node", "ls"}).status == 0);
  CHECK(world.connected_to == "https://10.0.0.5:7443");
}

TEST_CASE("a token is taken from standard input, a variable or the terminal, and never shown") {
  Fresh world;
  world.input = canned::token;
  CHECK(world.run({"login", "--url", "a", "--token-file", "-"}).status == 0);
  world.terminal = true;
  world.typed = canned::token + " ";
  const auto asked = world.run({"login", "--url", "b"});
  CHECK(asked.status == 0);
  CHECK(asked.err.starts_with("token (not shown): "));
  CHECK(asked.err.find("SSSS") == std::string::npos);
  world.terminal = false;
  const auto nobody = world.run({"login", "--url", "c"});
  CHECK(nobody.status == 2);
  CHECK(nobody.err.find("--token-file -") != std::string::npos);
  world.environment["KONTENA_TOKEN"] = canned::token;
  CHECK(world.run({"login", "--url", "c"}).status == 0);
}

TEST_CASE("a token file that others can read is refused") {
  Fresh world;
  world.write("token", canned::token);
  ::chmod((world.folder + "/token").c_str(), 0644);
  const auto ran = world.run({"login", "--url", "a", "--token-file", world.folder + "/token"});
  CHECK(ran.status == 6);
  CHECK(ran.err.find("chmod 600") != std::string::npos);
}

TEST_CASE("a token that the server does not know makes no context") {
  Fresh world;
  world.server->with([](auto& s) { s.answers.erase("GET /v1/whoami"); });
  world.answer_with("GET /v1/whoami", api::Who{"nobody", "", "", ""});
  world.input = canned::token;
  const auto ran = world.run({"login", "--url", "a", "--token-file", "-"});
  CHECK(ran.status == 6);
  CHECK(!files::exists(config_path(world.environment)));
  world.input = "rubbish";
  CHECK(world.run({"login", "--url", "a", "--token-file", "-"}).status != 0);
}

TEST_CASE("a configuration that others can read is refused, and a broken one told of") {
  Fresh world;
  world.write("config/kontena/config.json", "{}");
  ::chmod(config_path(world.environment).c_str(), 0640);
  const auto open = world.run({"node", "ls"});
  CHECK(open.status == 6);
  CHECK(open.err.find("hint: chmod 600 ") != std::string::npos);
  ::chmod(config_path(world.environment).c_str(), 0600);
  CHECK(world.run({"node", "ls"}).status == 6);
  world.write("config/kontena/config.json", "{ nonsense");
  CHECK(world.run({"node", "ls"}).err.find("cannot be read") != std::string::npos);
}

TEST_CASE("flags go before variables, and variables before the context") {
  Fresh world;
  Config config;
  config.current = "one";
  config.contexts["one"] = {"https://one:7443", "CA of one", Redacted(canned::token), "main", ""};
  config.contexts["two"] = {"https://two:7443", "CA of two", Redacted(canned::token), "main", ""};
  REQUIRE(save_config(world.environment, config));
  const auto target_of = [&](std::vector<std::string> words) {
    world.run(std::move(words));
    return world.connected_to;
  };
  CHECK(target_of({"node", "ls"}) == "https://one:7443");
  CHECK(target_of({"node", "ls", "--context", "two"}) == "https://two:7443");
  world.environment["KONTENA_CONTEXT"] = "two";
  CHECK(target_of({"node", "ls"}) == "https://two:7443");
  world.environment["KONTENA_URL"] = "three";
  CHECK(target_of({"node", "ls"}) == "https://three:7443");
  CHECK(target_of({"node", "ls", "--url", "four"}) == "https://four:7443");
  CHECK(target_of({"node", "ls", "--context", "one"}) == "https://one:7443");
  const auto typo = world.run({"node", "ls", "--context", "tow"});
  CHECK(typo.status == 4);
  CHECK(typo.err.find("did you mean 'two'?") != std::string::npos);
}

TEST_CASE("contexts are listed, used, logged out and forgotten") {
  Fresh world;
  Config config;
  config.current = "one";
  config.contexts["one"] = {"https://one:7443", "", Redacted(canned::token), "main", ""};
  config.contexts["two"] = {"https://two:7443", "", Redacted(canned::token), "", "accounts"};
  REQUIRE(save_config(world.environment, config));
  CHECK(world.run({"context", "ls"}).out ==
        "CONTEXT  URL               GRID  PROJECT   LOGGED IN\n"
        "one *    https://one:7443  main  default   yes\n"
        "two      https://two:7443  -     accounts  yes\n");
  CHECK(world.run({"context", "ls", "--json"}).out.find("SSS") == std::string::npos);
  CHECK(world.run({"context", "use", "two", "--grid", "eu"}).status == 0);
  CHECK(load_config(world.environment)->current == "two");
  CHECK(load_config(world.environment)->contexts["two"].grid == "eu");
  CHECK(load_config(world.environment)->contexts["two"].project == "accounts");
  CHECK(world.run({"logout"}).status == 0);
  const auto out = world.run({"node", "ls"});
  CHECK(out.status == 6);
  CHECK(out.err.find("context 'two' is logged out") != std::string::npos);
  CHECK(world.run({"context", "rm", "two"}).status == 2);  // nobody to ask
  CHECK(world.run({"context", "rm", "-y", "two"}).status == 0);
  CHECK(world.run({"context", "use", "two"}).status == 4);
  CHECK(world.run({"context", "ls", "-q"}).out == "one\n");
}

TEST_CASE("with url and token in the environment the CA is kept by its fingerprint") {
  Fresh world;
  const auto authority =
      pki::Authority::create("test", Time(std::chrono::hours(24 * 365 * 56)), std::chrono::hours(24));
  REQUIRE(authority);
  world.authority = authority->own().certificate_pem;
  world.environment["KONTENA_URL"] = "server";
  world.environment["KONTENA_TOKEN"] =
      "ktn1." + authority->fingerprint() + ".0123456789ab." + std::string(42, 'S') + 'Q';
  CHECK(world.run({"node", "ls"}).status == 0);
  CHECK(world.run({"node", "ls"}).status == 0);
  CHECK(world.fetched.size() == 1);
  CHECK(!files::exists(config_path(world.environment)));
  // What is in the cache is not believed, but checked.
  world.write("cache/kontena/ca/" + authority->fingerprint() + ".pem", "something else");
  CHECK(world.run({"node", "ls"}).status == 0);
  CHECK(world.fetched.size() == 2);
  CHECK(world.trusted == world.authority);
}

TEST_CASE("blanks around a token in a variable are not part of it") {
  Fresh world;
  world.environment["KONTENA_URL"] = "server";
  world.environment["KONTENA_TOKEN"] = canned::token + "\n";
  CHECK(world.run({"node", "ls"}).status == 0);
  CHECK(world.bearer() == canned::token);
}

TEST_CASE("without a grid the only one is taken, or the one named default") {
  Fresh world;
  world.environment["KONTENA_URL"] = "server", world.environment["KONTENA_TOKEN"] = canned::token;
  CHECK(world.run({"node", "ls"}).status == 0);
  world.server->with([](auto& s) { s.answers.erase("GET /v1/grids"); });
  world.answer_with("GET /v1/grids", api::GridList{{{.name = "eu"}, {.name = "us"}}});
  const auto several = world.run({"node", "ls"});
  CHECK(several.status == 2);
  CHECK(several.err.find("several grids: eu, us") != std::string::npos);
}

TEST_CASE("versions one minor apart work together") {
  CHECK(version_advice("0.2.0", "0.1.9").empty());
  CHECK(version_advice("0.3.0", "0.1.9").ends_with("upgrade the server"));
  CHECK(version_advice("0.1.0", "0.3.0").ends_with("upgrade this client"));
  CHECK(version_advice("0.1.0", "1.1.0").ends_with("upgrade this client"));
}

}  // namespace kontena::client
