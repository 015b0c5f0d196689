#include "kontena/oidc/messages.h"

#include <doctest/doctest.h>

namespace kontena::oidc {
namespace {

constexpr const char* good =
    R"({"issuer":"https://login.example","device_authorization_endpoint":"https://login.example/device","token_endpoint":"https://api.example:8443/token?tenant=a%20b",
        "jwks_uri":"https://login.example/jwks","userinfo_endpoint":"https://login.example/me","token_endpoint_auth_methods_supported":["client_secret_post"]})";

std::string without(const std::string& name) {
  std::string text = good;
  text.replace(text.find('"' + name + '"') + 1, 1, "_");
  return text;
}

}  // namespace

TEST_CASE("only https is spoken, to hosts that are named plainly") {
  const auto url = parse_url("https://login.example:8443/realm/x?a=b");
  REQUIRE(url);
  CHECK(url->origin == "https://login.example:8443");
  CHECK(url->path == "/realm/x");
  CHECK(url->query == http::Query{{"a", "b"}});
  for (const char* text :
       {"http://login.example", "https://", "https:///x", "https://a@b/", "https://a/#b", "https://a b/",
        "file:///etc/passwd", "https://a\nb", "HTTPS://a", "//a", "", "https://a\\b"})
    CHECK_FALSE(parse_url(text));
  CHECK(metadata_url("https://login.example/realm/")->path == "/realm/.well-known/openid-configuration");
  CHECK_FALSE(metadata_url("https://login.example/?x=y"));
}

TEST_CASE("a provider is what it says, if it says that it is the one that was named") {
  const auto metadata = read_metadata(good, "https://login.example");
  REQUIRE(metadata);
  CHECK(metadata->token.origin == "https://api.example:8443");
  CHECK(metadata->token.query.at("tenant") == "a b");
  CHECK_FALSE(metadata->basic);
  CHECK_FALSE(read_metadata(good, "https://login.example/"));
  CHECK_FALSE(read_metadata("[]", "https://login.example"));
  for (const char* need : {"issuer", "device_authorization_endpoint", "token_endpoint", "jwks_uri"})
    CHECK_FALSE(read_metadata(without(need), "https://login.example"));
  CHECK(read_metadata(without("userinfo_endpoint"), "https://login.example")->userinfo.empty());
  CHECK(read_metadata(without("token_endpoint_auth_methods_supported"), "https://login.example")->basic);
  std::string plain = good;
  plain.replace(plain.find("https://login.example/jwks"), 5, "http");
  CHECK_FALSE(read_metadata(plain, "https://login.example"));
}

TEST_CASE("a client's secret is in the header, or in the body, and nowhere without one") {
  Metadata metadata = *read_metadata(good, "https://login.example");
  const auto posted = ask_device(metadata, {"kon tena", Redacted("s:cr=t")}, "openid groups", "n1");
  CHECK(posted.body == "client_id=kon%20tena&client_secret=s%3Acr%3Dt&nonce=n1&scope=openid%20groups");
  CHECK(posted.header("authorization").empty());
  metadata.basic = true;
  const auto basic = ask_token(metadata, {"kontena", Redacted("s:cr=t")}, Redacted("code"));
  CHECK(basic.header("authorization") == "Basic a29udGVuYTpzJTNBY3IlM0R0");
  CHECK(basic.body.find("s%3Acr") == std::string::npos);
  CHECK(basic.query.at("tenant") == "a b");
  CHECK(ask_token(metadata, {"kontena", {}}, Redacted("code")).header("authorization").empty());
}

TEST_CASE("answers to a login are read within bounds") {
  const auto device = read_device(
      {200, "", {}, R"({"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://login.example/device",
    "verification_uri_complete":"javascript:alert","expires_in":99999999,"interval":7})"});
  REQUIRE(device);
  CHECK(device->interval == Duration(7'000));
  CHECK(device->lifetime == longest_login);
  CHECK(device->full_url.empty());
  for (const char* body :
       {R"({"user_code":"A","verification_uri":"https://a/","expires_in":5})",
        R"({"device_code":"d","verification_uri":"https://a/","expires_in":5})",
        R"({"device_code":"d","user_code":"A","verification_uri":"http://a/","expires_in":5})",
        R"({"device_code":"d","user_code":"A","verification_uri":"https://a/"})",
        R"({"device_code":"d","user_code":"A\u001b[2J","verification_uri":"https://a/","expires_in":5})", "[]",
        "<html>"})
    CHECK_FALSE(read_device({200, "", {}, body}));
  const auto refused =
      read_device({401, "", {}, R"({"error":"invalid_client","error_description":"no \u001b[31msuch"})"});
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(refused.error().message.find("invalid_client: no ?[31msuch") != std::string::npos);
  CHECK(read_device({503, "", {}, "{}"}).error().code == Code::unavailable);
}

TEST_CASE("whether a login is done") {
  using State = TokenAnswer::State;
  const auto read = [](int status, const char* body) { return read_token({status, "", {}, body}); };
  CHECK(read(400, R"({"error":"authorization_pending"})")->state == State::pending);
  CHECK(read(400, R"({"error":"slow_down"})")->state == State::slower);
  CHECK(read(400, R"({"error":"expired_token"})").error().code == Code::expired);
  CHECK(read(400, R"({"error":"access_denied"})").error().code == Code::unauthenticated);
  CHECK(read(400, R"({"error":"invalid_grant"})").error().code == Code::failed_precondition);
  CHECK(read(200, R"({"access_token":"a"})").error().code == Code::failed_precondition);
  CHECK(read(502, "bad gateway").error().code == Code::unavailable);
  const auto done = read(200, R"({"access_token":"a","id_token":"i"})");
  REQUIRE(done);
  CHECK(done->state == State::done);
  CHECK(done->id_token.reveal() == "i");
}

}  // namespace kontena::oidc
