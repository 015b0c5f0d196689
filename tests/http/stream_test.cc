// Bodies of unknown length, in both directions, and how a server stops under them.
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

http::ServerOptions streaming_options() {
  auto options = server_options();
  options.body_limit = [](const Request&) { return std::optional<std::size_t>(); };
  return options;
}

// Set once, waited for with a bound.
class Flag {
 public:
  void set() {
    state_.change([](bool& set) { set = true; });
  }
  bool wait(Duration limit = 20s) {
    return state_.wait(limit, [](bool set) { return set; });
  }

 private:
  Synced<bool> state_{false};
};

}  // namespace

TEST_CASE("an upload and a stream run at once, and what goes in comes out") {
  struct Pipe {
    std::string bytes;
    bool ended = false;
  };
  Synced<Pipe> pipe;
  const auto server = started(streaming_options(), [&](Request& request) -> Response {
    if (request.method == Method::post) {
      const Status read = request.upload->read([&](std::string_view bytes) {
        pipe.change([&](Pipe& p) { p.bytes += bytes; });
        return true;
      });
      pipe.change([](Pipe& p) { p.ended = true; });
      return {.body = read ? "all" : read.error().message};
    }
    return {.stream = [&](http::Writer& writer) {
      for (bool ended = false; !ended;) {
        std::string piece;
        pipe.wait_then(
            20s, [](const Pipe& p) { return p.ended || !p.bytes.empty(); },
            [&](Pipe& p) { piece = std::move(p.bytes), p.bytes.clear(), ended = p.ended; });
        if (!piece.empty() && !writer.write(piece)) return;
      }
    }};
  });
  const auto client = client_of(*server);
  Synced<std::string> out;
  std::thread down([&] {
    const auto answer = client->stream({.path = "/"}, 20s, [&](std::string_view bytes) {
      out.change([&](std::string& all) { all += bytes; });
      return true;
    });
    CHECK(answer.has_value());
  });
  std::string in;
  int n = 0;
  const auto answer = client->upload({.method = Method::post, .path = "/"}, 20s, [&]() -> std::string {
    // Each piece has come back before the next is sent.
    CHECK(out.wait(20s, [&](const std::string& all) { return all == in; }));
    if (++n > 50) return "";
    const std::string piece(static_cast<std::size_t>(n * 997), static_cast<char>('a' + n % 26));
    in += piece;
    return piece;
  });
  down.join();
  REQUIRE_MESSAGE(answer, answer.error().message);
  CHECK(answer->body == "all");
  CHECK(out.with([&](const std::string& all) { return all == in; }));
}

TEST_CASE("a streaming route takes requests without a body, and bodies it doesn't read") {
  const auto server = started(streaming_options(), [](Request& request) {
    std::string got;
    if (request.path == "/read")
      CHECK(request.upload->read([&](std::string_view bytes) { return got += bytes, true; }));
    if (request.path == "/some")
      CHECK(request.upload->read([&](std::string_view bytes) { return got += bytes.substr(0, 1), false; }));
    return Response{.body = "got " + got};
  });
  const auto client = client_of(*server);
  CHECK(client->send({.path = "/read"}, 5s)->body == "got ");
  CHECK(client->send({.method = Method::post, .path = "/read", .body = "abc"}, 5s)->body == "got abc");
  CHECK(client->send({.method = Method::post, .path = "/some", .body = "abc"}, 5s)->body == "got a");
  CHECK(client->send({.method = Method::post, .path = "/none", .body = "abc"}, 5s)->body == "got ");
  CHECK(client->send({.method = Method::put, .path = "/none", .body = std::string(5'000'000, 'x')}, 5s)->body ==
        "got ");
  CHECK(client->send({.path = "/read"}, 5s)->body == "got ");
}

TEST_CASE("a reader that has gone is noticed by the writer, an asking one too") {
  Flag begun, noticed;
  const auto server = started([&](Request&) {
    return Response{.stream = [&](http::Writer& writer) {
      writer.write("x");
      begun.set();
      const auto end = std::chrono::steady_clock::now() + 20s;
      while (writer.write("") && std::chrono::steady_clock::now() < end) std::this_thread::yield();
      if (!writer.write("y")) noticed.set();
    }};
  });
  const auto answer = client_of(*server)->stream({.path = "/"}, 20s, [](std::string_view) { return false; });
  CHECK(answer.has_value());
  CHECK(noticed.wait());
}

TEST_CASE("a sender that has gone or falls silent is noticed by the reader") {
  Flag begun;
  Synced<std::vector<Code>> codes;
  auto options = streaming_options();
  options.read_timeout = 300ms;
  const auto server = started(options, [&](Request& request) {
    const Status read = request.upload->read([&](std::string_view) {
      begun.set();
      return true;
    });
    codes.change([&](auto& all) { all.push_back(read ? Code::internal : read.error().code); });
    return Response{};
  });
  const std::string head = "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
  {
    RawTls gone(server->port());
    gone.write(head);
    CHECK(begun.wait());  // a hang-up resets the connection, and what the server had not read yet is lost with it
    gone.hang_up();
    CHECK(codes.wait(20s, [](const auto& all) { return all.size() == 1; }));
  }
  RawTls silent(server->port());
  silent.write(head);
  CHECK(codes.wait(20s, [](const auto& all) { return all.size() == 2; }));
  RawTls broken(server->port());
  broken.write("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CHECK(codes.wait(20s, [](const auto& all) { return all.size() == 3; }));
  CHECK(codes.with([](const auto& all) { return all; }) ==
        std::vector{Code::unavailable, Code::deadline_exceeded, Code::invalid_argument});
}

TEST_CASE("a reader that takes nothing is cut off") {
  Flag cut;
  auto options = server_options();
  options.read_timeout = 300ms;
  const auto server = started(options, [&](Request&) {
    return Response{.stream = [&](http::Writer& writer) {
      const std::string piece(1 << 20, 'x');
      for (int i = 0; i < 1000 && writer.write(piece); ++i) {
      }
      cut.set();
    }};
  });
  RawTls wire(server->port());
  wire.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(cut.wait());
}

TEST_CASE("a server stops in time under idle connections, long polls, uploads, streams and stuck readers") {
  Synced<int> busy(0);
  Flag woken;
  auto options = server_options();
  options.body_limit = [](const Request& request) {
    return request.path == "/up" ? std::nullopt : std::optional<std::size_t>(100);
  };
  auto server = started(options, [&](Request& request) -> Response {
    if (request.path == "/idle") return {.body = "ok"};
    busy.change([](int& count) { ++count; });
    if (request.path == "/poll") {
      woken.wait();
      return {.body = "late"};
    }
    if (request.path == "/up") {
      const Status read = request.upload->read([](std::string_view) { return true; });
      return {.body = read ? "all" : "part"};
    }
    return {.stream = [&](http::Writer& writer) {
      const std::string piece(1 << 16, 'x');
      while (writer.write(piece)) {
      }
    }};
  });
  const auto client = client_of(*server);
  CHECK(client->send({.path = "/idle"}, 5s));
  RawTls silent(server->port()), half(server->port()), body(server->port()), up(server->port()), stuck(server->port());
  half.write("GET /idle HTT");
  body.write("PUT /idle HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc");
  up.write("POST /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  stuck.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  std::atomic<bool> late = false;
  std::thread poll([&] {
    const auto answer = client->send({.path = "/poll"}, 20s);
    late = answer && answer->body == "late";
  });
  std::thread reader([&] {
    const auto answer = client->stream({.path = "/stream"}, 20s, [](std::string_view) { return true; });
    CHECK_FALSE(answer.has_value());  // broken off, not ended
  });
  CHECK(busy.wait(20s, [](int count) { return count == 4; }));
  const auto begin = std::chrono::steady_clock::now();
  std::thread stopper([&] { server->stop(); });
  woken.set();
  stopper.join();
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  poll.join();
  reader.join();
  CHECK(late);
  server->stop();
  const auto after = client_of(*server)->send({.path = "/idle"}, 5s);
  REQUIRE_FALSE(after);
  CHECK(after.error().code == Code::unavailable);
}
