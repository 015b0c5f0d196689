// Requests and answers over real TLS.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "kontena/base/synced.h"
#include "tls_world.h"

using namespace kontena;
using namespace std::chrono_literals;
using namespace kontena::test;
using http::Method;
using http::Request;
using http::Response;

namespace {

std::string sorted(const auto& map) {
  std::string text;
  for (const auto& [key, value] : map) text += key + "=" + value + ";";
  return text;
}

Response echo(Request& request) {
  return {.content_type = "text/plain",
          .headers = {{"X-Method", std::string(name(request.method))}},
          .body = request.path + "|" + sorted(request.query) + "|" + request.header("x-test") + "|" + request.body};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("requests arrive as they were sent, and answers too") {
  const auto server = started(echo);
  const auto client = client_of(*server);
  for (const Method method : {Method::get, Method::put, Method::post, Method::del}) {
    const auto answer = client->send({.method = method,
                                      .path = "/a%2Fb/../c",
                                      .query = {{"k", "v&w"}},
                                      .headers = {{"x-test", "%0d%0a100%"}},
                                      .body = method == Method::get ? "" : "body"},
                                     5s);
    REQUIRE_MESSAGE(answer, answer.error().message);
    CHECK(answer->status == 200);
    CHECK(answer->headers.at("x-method") == name(method));
    CHECK(answer->content_type == "text/plain");
    CHECK(answer->body == std::string("/a%2Fb/../c|k=v&w;|%0d%0a100%|") + (method == Method::get ? "" : "body"));
    CHECK(answer->headers.contains("date"));
    CHECK_FALSE(answer->headers.contains("keep-alive"));
    CHECK_FALSE(answer->headers.contains("server"));
  }
}

TEST_CASE("HEAD answers as GET would, without the body, and the connection lives on") {
  const auto server = started([](Request& request) {
    if (request.path == "/stream") return Response{.stream = [](http::Writer&) { FAIL("called"); }};
    return echo(request);
  });
  const auto client = client_of(*server);
  for (int i = 0; i < 2; ++i) {
    const auto head = client->send({.method = Method::head, .path = "/"}, 5s);
    REQUIRE(head);
    CHECK(head->body.empty());
    CHECK(head->headers.at("content-length") == "4");
    CHECK(client->send({.method = Method::head, .path = "/stream"}, 5s)->status == 200);
    CHECK(client->send({.path = "/x"}, 5s)->body == "/x|||");
  }
}

TEST_CASE("a body beyond its limit is answered with 413, with and without a length") {
  auto options = server_options();
  options.body_limit = [](const Request& request) {
    return std::optional<std::size_t>(request.path == "/small" ? 10 : 1 << 20);
  };
  std::atomic<int> called = 0;
  const auto server = started(options, [&](Request& request) {
    ++called;
    return Response{.body = std::to_string(request.body.size())};
  });
  const auto client = client_of(*server);
  CHECK(client->send({.method = Method::put, .path = "/small", .body = std::string(10, 'x')}, 5s)->body == "10");
  for (const std::size_t size : {11u, 100'000u, 30'000'000u}) {
    CAPTURE(size);
    const auto answer = client->send({.method = Method::put, .path = "/small", .body = std::string(size, 'x')}, 5s);
    REQUIRE_MESSAGE(answer, answer.error().message);
    CHECK(answer->status == 413);
    CHECK(has(answer->body, R"({"error":{"code":"exhausted","message":)"));
  }
  CHECK(called == 1);
  int pieces = 0;
  const auto chunked = client->upload({.method = Method::post, .path = "/small"}, 5s,
                                      [&] { return ++pieces < 10'000 ? std::string(1000, 'x') : ""; });
  REQUIRE_MESSAGE(chunked, chunked.error().message);
  CHECK(chunked->status == 413);
  CHECK(pieces < 10'000);
  pieces = 0;
  CHECK(client
            ->upload({.method = Method::post, .path = "/large"}, 5s,
                     [&] { return ++pieces < 1000 ? std::string(1000, 'x') : ""; })
            ->body == "999000");
  CHECK(called == 2);
}

TEST_CASE("a handler that throws becomes a 500 that tells nothing") {
  const auto server = started([](Request& request) -> Response {
    if (request.path == "/int") throw 42;
    if (request.path == "/stream")
      return {.stream = [](http::Writer& writer) {
        writer.write("begun");
        throw std::runtime_error("secret");
      }};
    throw std::runtime_error("secret");
  });
  const auto client = client_of(*server);
  for (const char* path : {"/", "/int"}) {
    const auto answer = client->send({.path = path}, 5s);
    REQUIRE(answer);
    CHECK(answer->status == 500);
    CHECK(has(answer->body, R"("code":"internal")"));
    CHECK_FALSE(has(answer->body + sorted(answer->headers), "secret"));
  }
  // A stream that has begun can only be broken off, so that nobody takes it for whole.
  const auto broken = client->stream({.path = "/stream"}, 5s, [](std::string_view) { return true; });
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == Code::unavailable);
}

TEST_CASE("pipelined requests are answered in order") {
  const auto server = started(echo);
  RawTls wire(server->port());
  wire.write(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ndef\r\n0\r\n\r\n\r\nDELETE /4 "
      "HTTP/1.1\r\nHost: x\r\n\r\n"
      "HEAD /5 HTTP/1.1\r\nHost: x\r\n\r\nGET /6 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /7 "
      "HTTP/1.1\r\n\r\n");
  const std::string all = wire.read_all();
  std::size_t at = 0;
  for (const char* body : {"/1|||", "/2|||abc", "/3|||def", "/4|||", "/6|||"}) {
    at = all.find(body, at);
    CHECK_MESSAGE(at != std::string::npos, all);
  }
  CHECK_FALSE(has(all, "/5|||"));
  CHECK_FALSE(has(all, "/7"));
}

TEST_CASE("HTTP/1.0 is answered and closed, and gets streams unframed") {
  const auto server = started([](Request& request) {
    if (request.path == "/s")
      return Response{.stream = [](http::Writer& writer) { writer.write("one"), writer.write("two"); }};
    return echo(request);
  });
  for (const auto& [path, tail] : {std::pair{"/x", "\r\n\r\n/x|||"}, std::pair{"/s", "\r\n\r\nonetwo"}}) {
    RawTls wire(server->port());
    wire.write(std::string("GET ") + path + " HTTP/1.0\r\n\r\n");
    const std::string answer = wire.read_all();
    CHECK_MESSAGE(answer.ends_with(tail), answer);
    CHECK(has(answer, "Connection: close"));
  }
}

TEST_CASE("a body is waited for with 100 Continue where that is asked") {
  const auto server = started(echo);
  RawTls wire(server->port());
  wire.write("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(wire.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  wire.write("ok");
  CHECK(has(wire.read_until("|||ok"), "200 OK"));
}

TEST_CASE("plain HTTP on this port is told so") {
  const auto server = started(echo);
  const int socket = dial(server->port());
  const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0);
  char answer[1024];
  const auto size = ::recv(socket, answer, sizeof answer, MSG_WAITALL);
  REQUIRE(size > 0);
  CHECK(has(std::string(answer, static_cast<std::size_t>(size)), "this port speaks HTTPS"));
  ::close(socket);
}

TEST_CASE("300 long polls wait at once, and one more request gets through") {
  Synced<int> waiting(0);
  Synced<bool> go(false);
  const auto server = started([&](Request& request) {
    if (request.path == "/now") return Response{.body = "now"};
    waiting.change([](int& count) { ++count; });
    go.wait(60s, [](bool ready) { return ready; });
    return Response{.body = "woken"};
  });
  const auto client = client_of(*server);
  std::vector<std::thread> threads;
  std::atomic<int> woken = 0;
  for (int i = 0; i < 300; ++i)
    threads.emplace_back([&] {
      const auto answer = client->send({.path = "/wait"}, 60s);
      if (answer && answer->body == "woken") ++woken;
    });
  CHECK(waiting.wait(60s, [](int count) { return count == 300; }));
  CHECK(client->send({.path = "/now"}, 10s)->body == "now");
  go.change([](bool& ready) { ready = true; });
  for (std::thread& thread : threads) thread.join();
  CHECK(woken == 300);
}

TEST_CASE("beyond the most connections new ones are closed, and there is room again after") {
  auto options = server_options();
  options.max_connections = 4;  // of which two for peers without a certificate
  Synced<int> asked;
  const auto server = started(options, [&](Request& request) {
    if (request.path == "/wait") {
      asked.change([](int& count) { ++count; });
      asked.wait(10s, [](int count) { return count > 2; });
    }
    return echo(request);
  });
  {
    RawTls one(server->port()), two(server->port());
    for (RawTls* each : {&one, &two}) each->write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(asked.wait(10s, [](int count) { return count == 2; }));
    const auto refused = client_of(*server)->send({.path = "/"}, 5s);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::unavailable);
    asked.change([](int& count) { ++count; });
    CHECK(has(one.read_until("/wait"), "200 OK"));
    one.write("GET /still HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(has(one.read_until("/still"), "200 OK"));
  }
  bool served = false;
  for (int i = 0; i < 1000 && !served; ++i) served = client_of(*server)->send({.path = "/"}, 5s).has_value();
  CHECK(served);
}
