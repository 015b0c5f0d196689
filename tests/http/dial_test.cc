// Connections that are no HTTP, tried on our own server, which is at hand.
#include <doctest/doctest.h>

#include "kontena/http/dial.h"
#include "tls_world.h"

using namespace kontena;
using namespace std::chrono_literals;
using namespace kontena::test;

namespace {

http::DialOptions way_to(const http::Server& server) {
  const std::string url = url_of(server);
  return {.host = "127.0.0.1", .port = std::stoi(url.substr(url.rfind(':') + 1)), .tls = true, .ca_pem = authority().certificate};
}

constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("a wire brings bytes there and back, and says when the other side has them and when it closes") {
  const auto server = started([](http::Request&) { return http::Response{.body = "hello"}; });
  auto wire = http::dial(way_to(*server));
  REQUIRE_MESSAGE(wire, wire.error().message);
  REQUIRE((*wire)->settle(5s));
  REQUIRE((*wire)->write(question, 5s));
  REQUIRE((*wire)->settle(5s));
  std::string got;
  auto piece = (*wire)->read(7, 5s);
  for (; piece; piece = (*wire)->read(7, 5s)) {
    CHECK(piece->size() <= 7);
    got += *piece;
  }
  CHECK(got.ends_with("hello"));
  CHECK(piece.error().code == Code::unavailable);
  CHECK((*wire)->settle(5s).has_value() == false);
}

TEST_CASE("a wire that hears nothing gives up in time") {
  const auto server = started([](http::Request&) { return http::Response{}; });
  const auto wire = http::dial(way_to(*server));
  REQUIRE(wire);
  const auto nothing = (*wire)->read(10, 50ms);
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().code == Code::deadline_exceeded);
}

TEST_CASE("a wire trusts only whom it was told to trust, and is refused where nobody listens") {
  const auto server = started([](http::Request&) { return http::Response{}; });
  auto options = way_to(*server);
  options.ca_pem = certificate({"test authority", "", ""}, nullptr).certificate;
  const auto strange = http::dial(options);
  REQUIRE_FALSE(strange);
  CHECK(strange.error().code == Code::unauthenticated);
  options.ca_pem = "";
  CHECK_FALSE(http::dial(options));
  const auto nobody = http::dial({.host = "127.0.0.1", .port = 1});
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Code::unavailable);
  CHECK(http::dial({.host = "", .port = 1}).error().code == Code::invalid_argument);
  CHECK(http::dial({.host = "a", .port = 0}).error().code == Code::invalid_argument);
}
