// A registry is asked whether it lets a user in, by Basic and by Bearer, and what is odd about it is said.
#include "registry_check.h"

#include <doctest/doctest.h>

#include <sstream>

#include "kontena/base/text.h"

namespace kontena::client {
namespace {

// Registries and token services by URL, and what they were sent.
struct Web {
  struct Asked {
    std::string url, path, authorization;
    http::Query query;
  };
  std::map<std::string, std::function<http::Response(const Asked&)>> hosts;
  std::vector<Asked> asked;
};

class Client final : public http::Client {
 public:
  Client(Web& web, std::string url) : web_(web), url_(std::move(url)) {}
  Result<http::Response> send(const http::Request& request, Duration) override {
    const Web::Asked asked{url_, request.path, request.header("authorization"), request.query};
    web_.asked.push_back(asked);
    const auto host = web_.hosts.find(url_);
    if (host == web_.hosts.end()) return Error{Code::unavailable, "cannot connect"};
    return host->second(asked);
  }
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override { return Error{Code::unsupported, ""}; }
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override { return Error{Code::unsupported, ""}; }

 private:
  Web& web_;
  std::string url_;
};

Result<LetIn> check(Web& web, const std::string& registry, const std::string& password = "hush") {
  std::ostringstream out, err;
  const ManualClock clock;
  Outside outside{.out = out, .err = err, .clock = clock};
  outside.connect = [&](http::ClientOptions options) { return std::make_unique<Client>(web, options.url); };
  return check_registry(outside, {registry, "ci", Redacted(password), "pem"});
}

LetIn let(Web& web, const std::string& registry) {
  const auto checked = check(web, registry);
  REQUIRE_MESSAGE(checked.has_value(), (checked ? "" : checked.error().message));
  return *checked;
}

const std::string basic = "Basic " + text::base64("ci:hush");

http::Response challenge(const std::string& text) { return {.status = 401, .headers = {{"www-authenticate", text}}}; }

auto registry_with(const std::string& how, const std::string& good) {
  return [=](const Web::Asked& asked) {
    if (asked.path != "/v2/") return http::Response{.status = 404};
    return asked.authorization == good ? http::Response{} : challenge(how);
  };
}

}  // namespace

TEST_CASE("a registry that asks for Basic lets in who has the password") {
  Web web;
  web.hosts["https://r.example:5000"] = registry_with(R"(Basic realm="lab")", basic);
  CHECK(let(web, "r.example:5000") == LetIn::yes);
  CHECK(web.asked.front().authorization.empty());
  CHECK(check(web, "r.example:5000", "wrong").error().code == Code::permission_denied);
  CHECK(check(web, "r.example:5000", "wrong").error().message.find("wrong") == std::string::npos);
}

TEST_CASE("a registry that asks for Bearer says where its token is to be had") {
  Web web;
  web.hosts["https://registry-1.docker.io"] =
      registry_with(R"(Bearer realm="https://auth.example/token",service="registry.example",scope="a:b,c")", "Bearer good");
  web.hosts["https://auth.example"] = [](const Web::Asked& asked) {
    if (asked.authorization != basic) return http::Response{.status = 401};
    return http::Response{.body = R"({"token":"good"})"};
  };
  CHECK(let(web, "docker.io") == LetIn::yes);
  REQUIRE(web.asked.size() == 3);
  CHECK(web.asked[1].path == "/token");
  CHECK(web.asked[1].query == http::Query{{"account", "ci"}, {"scope", "a:b,c"}, {"service", "registry.example"}});
  CHECK(check(web, "docker.io", "wrong").error().code == Code::permission_denied);
  web.hosts["https://auth.example"] = [](const Web::Asked&) { return http::Response{.body = R"({"access_token":"bad"})"}; };
  CHECK(check(web, "docker.io").error().code == Code::permission_denied);
  web.hosts["https://auth.example"] = [](const Web::Asked&) { return http::Response{.body = "rubbish"}; };
  CHECK(check(web, "docker.io").error().code == Code::failed_precondition);
}

TEST_CASE("a password is sent to where TLS is, and nowhere else") {
  for (const char* realm : {"http://auth.example/token", "", "https://ann@auth.example/t", "file:///etc"}) {
    CAPTURE(realm);
    Web web;
    web.hosts["https://r.example"] = registry_with("Bearer realm=\"" + std::string(realm) + "\"", "nobody");
    CHECK_FALSE(check(web, "r.example"));
    for (const auto& asked : web.asked) CHECK(asked.authorization.empty());
  }
}

TEST_CASE("what is no registry, lets everybody in, or cannot be reached, is told") {
  Web web;
  web.hosts["https://open.example"] = [](const Web::Asked&) { return http::Response{}; };
  CHECK(let(web, "open.example") == LetIn::everybody);
  web.hosts["https://web.example"] = [](const Web::Asked&) { return http::Response{.status = 404}; };
  CHECK(check(web, "web.example").error().hint.find("--no-check") != std::string::npos);
  web.hosts["https://odd.example"] = registry_with("Negotiate", "nobody");
  CHECK(check(web, "odd.example").error().message.find("negotiate") != std::string::npos);
  CHECK(check(web, "none.example").error().hint.find("--no-check") != std::string::npos);
}

}  // namespace kontena::client
