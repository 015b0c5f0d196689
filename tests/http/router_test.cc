#include "kontena/http/router.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "kontena/base/text.h"

using namespace kontena;
using http::Method;

namespace {

http::Router sample() {
  http::Router router;
  router.add(Method::get, "/", 0);
  router.add(Method::get, "/v1/grids", 1);
  router.add(Method::post, "/v1/grids", 2);
  router.add(Method::get, "/v1/grids/{grid}", 3);
  router.add(Method::del, "/v1/grids/{grid}", 4);
  router.add(Method::put, "/v1/grids/{grid}/projects/{project}/stacks/{stack}", 5);
  router.add(Method::get, "/v1/grids/{grid}/projects", 6);
  router.add(Method::get, "/v1/grids/all", 7);
  return router;
}

}  // namespace

TEST_CASE("a path finds its row and its parameters, decoded") {
  const auto router = sample();
  CHECK(router.find(Method::get, "/")->row == 0);
  CHECK(router.find(Method::post, "/v1/grids")->row == 2);
  const auto match = router.find(Method::put, "/v1/grids/home/projects/default/stacks/a%2Fb%20c%2B");
  REQUIRE(match);
  CHECK(match->row == 5);
  CHECK(match->parameters == http::PathParameters{{"grid", "home"}, {"project", "default"}, {"stack", "a/b c+"}});
  CHECK(router.find(Method::get, "/v1/gr%69ds")->row == 1);
  CHECK(router.find(Method::get, "/v1/grids/a+b")->parameters.at("grid") == "a+b");
}

TEST_CASE("text wins over a name") {
  CHECK(sample().find(Method::get, "/v1/grids/all")->row == 7);
  CHECK(sample().find(Method::get, "/v1/grids/alll")->row == 3);
}

TEST_CASE("dots and empty segments are not special, and nothing is named by an empty text") {
  const auto router = sample();
  CHECK(router.find(Method::get, "/v1/grids/..")->parameters.at("grid") == "..");
  CHECK(router.find(Method::get, "/v1/grids/%2e%2e")->parameters.at("grid") == "..");
  CHECK(router.find(Method::get, "/v1/grids/.")->parameters.at("grid") == ".");
  for (const char* path :
       {"", "v1/grids", "//", "/v1", "/v1/", "/v1/grids/", "/v1//grids", "//v1/grids", "/v1/grids//projects",
        "/v1/grids/x/", "/v1/grids/../grids", "/v1/../v1/grids", "/V1/grids", "/v1/grids/x/y", "*"}) {
    CAPTURE(path);
    const auto match = router.find(Method::get, path);
    REQUIRE_FALSE(match);
    CHECK(match.error().code == Code::not_found);
  }
}

TEST_CASE("a known path with another method names the allowed ones") {
  const auto match = sample().find(Method::put, "/v1/grids/home");
  REQUIRE_FALSE(match);
  CHECK(match.error().code == Code::unsupported);
  CHECK(match.error().hint == "allowed: GET, DELETE");
}

TEST_CASE("HEAD finds the row of GET") {
  CHECK(sample().find(Method::head, "/v1/grids")->row == 1);
  CHECK_FALSE(sample().find(Method::head, "/v1/grids/a/projects/b/stacks/c"));
}

TEST_CASE("a broken percent-encoding is the caller's mistake") {
  for (const char* path : {"/v1/grids/%", "/v1/grids/%2", "/v1/grids/%zz", "/v1/grids/a%2"}) {
    CAPTURE(path);
    const auto match = sample().find(Method::get, path);
    REQUIRE_FALSE(match);
    CHECK(match.error().code == Code::invalid_argument);
  }
}

TEST_CASE("every pattern that was added is found, with what stands in its names") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto any = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    // Text segments and names come from alphabets of their own, so that no text hides a name's branch.
    std::set<std::pair<std::string, int>> patterns;
    for (int i = 0; i < 40; ++i) {
      std::string pattern;
      for (unsigned depth = 0, end = 1 + any(6); depth < end; ++depth)
        pattern += any(3) == 0 ? "/{n" + std::to_string(depth) + "}" : "/t" + std::to_string(any(3));
      patterns.emplace(pattern, any(5));
    }
    http::Router router;
    std::vector<std::pair<std::string, int>> rows(patterns.begin(), patterns.end());
    for (std::size_t row = 0; row < rows.size(); ++row)
      router.add(static_cast<Method>(rows[row].second), rows[row].first, row);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      CAPTURE(rows[row].first);
      std::string path;
      http::PathParameters expected;
      for (const std::string& segment : text::split(rows[row].first.substr(1), '/')) {
        if (segment.front() != '{') {
          path += "/" + segment;
          continue;
        }
        std::string value = "x";
        for (unsigned n = any(6); n > 0; --n) value += static_cast<char>(any(256));
        path += "/" + http::percent_encode(value);
        expected[segment.substr(1, segment.size() - 2)] = value;
      }
      const auto match = router.find(static_cast<Method>(rows[row].second), path);
      REQUIRE(match);
      REQUIRE(match->row == row);
      REQUIRE(match->parameters == expected);
    }
  }
}
