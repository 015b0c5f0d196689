#include "kontena/metrics/listener.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>

#include "kontena/base/files.h"
#include "kontena/http/client.h"
#include "support/temp_folder.h"

using namespace kontena;

namespace {

constexpr std::string_view secret = "a-token-of-some-length";

std::optional<http::Response> pages(const std::string& path) {
  if (path == "/metrics") return metrics::plain(200, "a 1\n");
  return std::nullopt;
}

http::Response ask(const std::string& token, const std::string& path = "/metrics", http::Method method = http::Method::get) {
  http::Request request{.method = method, .path = path};
  if (!token.empty()) request.headers["authorization"] = token;
  return metrics::answer(std::string(secret), request, "/metrics", pages);
}

constexpr std::array table{
    settings::Setting{"metrics", "--metrics", "", settings::Kind::text, "ADDR:PORT", "", 0, 0, ""},
    settings::Setting{"metrics_token_file", "--metrics-token-file", "", settings::Kind::text, "FILE", "", 0, 0, ""},
};
Result<std::optional<metrics::Where>> where(std::vector<std::string> arguments) {
  KTN_TRY(const auto values, settings::read(table, arguments, [](std::string_view) { return std::optional<std::string>(); }, {}));
  return metrics::read_where(values);
}

}  // namespace

TEST_CASE("pages are for who shows the token, and the token alone") {
  const std::string right = "Bearer " + std::string(secret);
  CHECK(ask(right).status == 200);
  CHECK(ask(right).content_type == "text/plain; version=0.0.4; charset=utf-8");
  for (const std::string& wrong : {std::string(), std::string("Bearer "), std::string(secret), right + "x", right.substr(0, right.size() - 1),
                                   "bearer " + std::string(secret), "Basic " + std::string(secret)}) {
    CAPTURE(wrong);
    CHECK(ask(wrong).status == 401);
    CHECK(ask(wrong, "/none").status == 401);
    CHECK(ask(wrong).headers.at("www-authenticate") == "Bearer");
  }
  CHECK(ask(right, "/v1/grids").status == 404);
  CHECK(ask(right, "/metrics", http::Method::post).status == 404);
}

TEST_CASE("a place to listen at needs a token") {
  CHECK_FALSE(*where({}));
  CHECK_FALSE(*where({"--metrics-token-file", "t"}));
  CHECK(where({"--metrics", "127.0.0.1:9"}).error().message.find("--metrics-token-file") != std::string::npos);
  const auto given = where({"--metrics", "[::1]:9", "--metrics-token-file", "t"});
  REQUIRE(given);
  REQUIRE(*given);
  CHECK((*given)->address == "::1");
  CHECK((*given)->port == 9);
  CHECK((*given)->token_file == "t");
  CHECK((*where({"--metrics", ":9", "--metrics-token-file", "t"}))->address == "0.0.0.0");
  for (const char* wrong : {"9", "a:b", "a:70000", ":"}) {
    CAPTURE(wrong);
    CHECK(where({"--metrics", wrong, "--metrics-token-file", "t"}).error().code == Code::invalid_argument);
  }
}

TEST_CASE("a token that others may read, or that is short, is refused; with a good one there is an answer over TLS") {
  TempFolder folder;
  const std::string file = folder / "token";
  const auto authority = pki::Authority::create("test", SystemClock().now(), std::chrono::hours(1));
  REQUIRE(authority);
  const auto pair = authority->issue_server({"127.0.0.1"}, SystemClock().now(), std::chrono::hours(1));
  REQUIRE(pair);
  const auto listen = [&] { return metrics::listen({"127.0.0.1", 0, file}, *pair, "/metrics", pages); };
  CHECK(listen().error().code == Code::not_found);
  REQUIRE(files::write(file, "short\n", 0600));
  CHECK(listen().error().code == Code::failed_precondition);
  REQUIRE(files::write(file, std::string(secret) + "\n", 0644));
  CHECK_FALSE(listen());
  REQUIRE(files::write(file, std::string(secret) + "\n", 0600));
  const auto listener = listen();
  REQUIRE(listener);
  const auto client = http::connect({.url = "https://127.0.0.1:" + std::to_string((*listener)->port()), .ca_pem = authority->own().certificate_pem});
  http::Request request{.path = "/metrics"};
  CHECK(client->send(request, Duration(10'000))->status == 401);
  request.headers["authorization"] = "Bearer " + std::string(secret);
  CHECK(client->send(request, Duration(10'000))->body == "a 1\n");
  (*listener)->stop();
}
