#include "kontena/http/client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "canned_server.h"

using namespace kontena;
using namespace std::chrono_literals;
using http::Method;
using http::Request;
using test::CannedServer;
using test::Wire;

namespace {

std::unique_ptr<http::Client> over(const CannedServer& server) {
  return http::connect({.url = "http://d", .unix_socket = server.path()});
}

}  // namespace

TEST_CASE("a request over a unix socket says what it should and nothing more") {
  std::string head;
  CannedServer server([&](Wire& wire, int) {
    head = wire.read_until("}");
    wire.write(
        "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nX-A:  b "
        "\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto answer = over(server)->send({.method = Method::post,
                                          .path = "/v1/../a%20b",
                                          .query = {{"k", "v w"}},
                                          .headers = {{"x-empty", ""}, {"x-test", "1"}},
                                          .body = "{}"},
                                         5s);
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == "ok");
  CHECK(answer->content_type == "text/plain");
  CHECK(answer->headers == http::Headers{{"content-type", "text/plain"}, {"x-a", "b"}, {"content-length", "2"}});
  CHECK(head.starts_with("POST /v1/../a%20b?k=v%20w HTTP/1.1\r\nHost: d\r\n"));
  CHECK(head.find("User-Agent: kontena/") != std::string::npos);
  CHECK(head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(head.find("x-test: 1\r\n") != std::string::npos);
  CHECK(head.find("x-empty:\r\n") != std::string::npos);
  CHECK(head.find("Expect") == std::string::npos);
}

TEST_CASE("each method is sent as itself") {
  std::string head;
  CannedServer server([&](Wire& wire, int) {
    for (std::string next = wire.read_until("\r\n\r\n"); !next.empty(); next = wire.read_until("\r\n\r\n")) {
      head = next;
      wire.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const auto client = over(server);
  for (const Method method : {Method::get, Method::head, Method::put, Method::del}) {
    REQUIRE(client->send({.method = method, .path = "/x"}, 5s));
    CHECK(head.starts_with(std::string(name(method)) + " /x HTTP/1.1\r\n"));
    CHECK((head.find("Content-Length: 0") != std::string::npos) == (method == Method::put));
    CHECK(head.find("Content-Type") == std::string::npos);
  }
}

TEST_CASE("a dead kept-alive connection is replaced for a GET, and is an error for a POST") {
  std::vector<std::string> heads;
  {
    CannedServer server([&](Wire& wire, int n) {
      // Answers one request, then takes the next and closes without a word.
      heads.push_back(wire.read_until("\r\n\r\n"));
      wire.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      heads.push_back(wire.read_until(n == 0 ? "\r\n\r\n" : "body"));
    });
    const auto client = over(server);
    CHECK(client->send({.path = "/1"}, 5s));
    CHECK(client->send({.path = "/2"}, 5s));  // meets the close, and goes again over a new connection
    const auto posted = client->send({.method = Method::post, .path = "/3", .body = "body"}, 5s);
    REQUIRE_FALSE(posted);
    CHECK(posted.error().code == Code::unavailable);
  }
  const auto count = [&](std::string_view start) {
    return std::ranges::count_if(heads, [&](const std::string& head) { return head.starts_with(start); });
  };
  CHECK(count("GET /1") == 1);
  CHECK(count("GET /2") == 2);
  CHECK(count("POST /3") == 1);
}

TEST_CASE("a body is streamed piece by piece until it ends or the caller has had enough") {
  CannedServer server([&](Wire& wire, int) {
    wire.read_until("\r\n\r\n");
    wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char* piece : {"3\r\none\r\n", "3\r\ntwo\r\n", "5\r\nthree\r\n"}) wire.write(piece);
    wire.write("0\r\n\r\n");
  });
  const auto client = over(server);
  std::string all;
  const auto whole = client->stream({.path = "/"}, 5s, [&](std::string_view bytes) {
    all += bytes;
    return true;
  });
  REQUIRE(whole);
  CHECK(whole->status == 200);
  CHECK(all == "onetwothree");
  CHECK(whole->body.empty());
  const auto part = client->stream({.path = "/"}, 5s, [&](std::string_view) { return false; });
  REQUIRE(part);
  CHECK(part->status == 200);
}

TEST_CASE("a refused stream brings the refusal's body") {
  CannedServer server([&](Wire& wire, int) {
    wire.read_until("\r\n\r\n");
    wire.write("HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nnothing");
  });
  const auto answer = over(server)->stream({.path = "/"}, 5s, [](std::string_view) {
    FAIL("called");
    return true;
  });
  REQUIRE(answer);
  CHECK(answer->status == 404);
  CHECK(answer->body == "nothing");
}

TEST_CASE("silence, slowness and breaking off are told apart") {
  Synced<bool> over_now(false);
  CannedServer server([&](Wire& wire, int n) {
    wire.read_until("\r\n\r\n");
    if (n == 2) return wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    over_now.wait(20s, [](bool done) { return done; });
    over_now.change([](bool& done) { done = false; });
  });
  const auto client = over(server);
  const auto silent = client->stream({.path = "/"}, 300ms, [](std::string_view) { return true; });
  over_now.change([](bool& done) { done = true; });
  REQUIRE_FALSE(silent);
  CHECK(silent.error().code == Code::deadline_exceeded);
  const auto late = client->send({.path = "/"}, 300ms);
  over_now.change([](bool& done) { done = true; });
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::deadline_exceeded);
  const auto broken = client->send({.path = "/"}, 5s);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == Code::unavailable);
  CHECK_MESSAGE(broken.error().message.find("broke off") != std::string::npos, broken.error().message);
}

TEST_CASE("an answer that is larger than was asked for is not kept, refusals neither") {
  for (const char* status : {"200 OK", "400 Bad Request"}) {
    CAPTURE(status);
    CannedServer server([&](Wire& wire, int) {
      wire.read_until("\r\n\r\n");
      wire.write("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'));
    });
    const auto ask = [&](std::size_t most) {
      return http::connect({.url = "http://d", .unix_socket = server.path(), .largest_body = most})->send({.path = "/"}, 5s);
    };
    CHECK(ask(100));
    const auto refused = ask(99);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::exhausted);
  }
}

TEST_CASE("an upload sends each piece before it asks for the next") {
  Synced<std::string> seen;
  CannedServer server([&](Wire& wire, int) {
    std::string got;
    while (got.find("\r\n0\r\n\r\n") == std::string::npos) {
      const std::string more = wire.read_until("\r\n");
      if (more.empty()) return;
      got += more;
      seen.change([&](std::string& all) { all = got; });
    }
    wire.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  });
  int asked = 0;
  bool in_order = true;
  const auto answer = over(server)->upload({.method = Method::post, .path = "/up"}, 5s, [&]() -> std::string {
    if (asked > 0)
      in_order = in_order && seen.wait(5s, [&](const std::string& all) {
        return all.find("piece" + std::to_string(asked)) != std::string::npos;
      });
    return ++asked <= 3 ? "piece" + std::to_string(asked) : std::string();
  });
  REQUIRE(answer);
  CHECK(answer->body == "done");
  CHECK(in_order);
  CHECK(asked == 4);
  CHECK(seen.with([](const std::string& all) { return all.find("Transfer-Encoding: chunked") != std::string::npos; }));
}

TEST_CASE("an upload that the server refuses early brings the refusal") {
  CannedServer server([&](Wire& wire, int n) {
    wire.read_until("\r\n\r\n");
    wire.write(n == 0 ? "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno"
                      : "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    wire.read_until("never");
  });
  const auto client = over(server);
  for (const int status : {409, 200}) {
    CAPTURE(status);
    int pieces = 0;
    const auto answer = client->upload({.method = Method::post, .path = "/up"}, 5s, [&]() -> std::string {
      return ++pieces < 100'000 ? std::string(1000, 'x') : "";
    });
    REQUIRE_MESSAGE(answer, answer.error().message);
    CHECK(answer->status == status);
    CHECK(answer->body == "no");
    CHECK(pieces < 100'000);
  }
}

TEST_CASE("what can't be reached says why") {
  const auto gone = http::connect({.url = "http://d", .unix_socket = "/nowhere/docker.sock"})->send({.path = "/"}, 5s);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == Code::unavailable);
  CHECK(gone.error().message == "cannot reach /nowhere/docker.sock: no such file or directory");
  const auto refused = http::connect({.url = "https://127.0.0.1:1"})->send({.path = "/"}, 5s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::unavailable);
  CHECK(refused.error().message == "cannot reach https://127.0.0.1:1: connection refused");
  const auto unknown = http::connect({.url = "https://no-such-host.invalid:7443/"})->send({.path = "/"}, 5s);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "cannot reach https://no-such-host.invalid:7443: its name is not known here");
}

TEST_CASE("requests that can't be sent rightly are not sent") {
  const auto client = http::connect({.url = "https://127.0.0.1:1"});
  const auto plain = http::connect({.url = "http://127.0.0.1:1"})->send({.path = "/"}, 5s);
  REQUIRE_FALSE(plain);
  CHECK(plain.error().code == Code::invalid_argument);
  for (const Request& request :
       {Request{.path = "nothing"}, Request{.path = "/", .headers = {{"a", "b\r\nc: d"}}},
        Request{.path = "/", .headers = {{"a b", ""}}}, Request{.path = "/", .headers = {{"", "x"}}}}) {
    const auto answer = client->send(request, 5s);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Code::invalid_argument);
  }
  const auto get = client->upload({.path = "/"}, 1s, [] { return std::string(); });
  CHECK(get.error().code == Code::invalid_argument);
}

TEST_CASE("an exchange sends its body in pieces and takes the answer in pieces; one broken off never looks whole") {
  std::string got;
  bool ended = false;
  Synced<int> served;
  CannedServer server([&](Wire& wire, int connection) {
    got = wire.read_until(connection == 0 ? "0\r\n\r\n" : "never");
    ended = got.ends_with("0\r\n\r\n");
    if (ended) wire.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
    served.change([](int& count) { ++count; });
  });
  const auto client = over(server);
  int left = 3;
  std::string answer;
  const auto take = [&](std::string_view bytes) { return answer += bytes, true; };
  const auto whole = client->exchange(
      {.method = Method::post, .path = "/"}, 5s,
      [&]() -> std::optional<std::string> { return left-- > 0 ? "piece" : ""; }, take);
  REQUIRE(whole);
  CHECK(whole->status == 200);
  CHECK(answer == "answer");
  CHECK(ended);
  left = 3;
  const auto broken = client->exchange(
      {.method = Method::post, .path = "/"}, 5s,
      [&]() -> std::optional<std::string> {
        if (left-- > 0) return "piece";
        return std::nullopt;
      },
      take);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == Code::failed_precondition);
  REQUIRE(served.wait(20s, [](int count) { return count == 2; }));
  CHECK_FALSE(ended);
}

TEST_CASE("who waits on a connection is told when there is another way, and all is asked over new ones then") {
  Synced<int> connections;
  Synced<bool> told;
  CannedServer server([&](Wire& wire, int) {
    const int number = connections.change([](int& count) { return ++count; });
    wire.read_until("\r\n\r\n");
    if (number == 1) {
      told.wait(20s, [](bool is) { return is; });
      return;
    }
    wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto client = over(server);
  std::jthread mover([&] {
    connections.wait(20s, [](int count) { return count == 1; });
    client->reconnect();
  });
  const auto waits = client->send({.path = "/"}, 15s);
  told.change([](bool& is) { is = true; });
  REQUIRE_FALSE(waits);
  CHECK(waits.error().code == Code::unavailable);
  const auto next = client->send({.path = "/"}, 15s);
  REQUIRE(next);
  CHECK(next->body == "ok");
}
