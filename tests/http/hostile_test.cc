// What comes from those who don't play by the rules.
#include <doctest/doctest.h>

#include <chrono>
#include <random>

#include "tls_world.h"

using namespace kontena;
using namespace std::chrono_literals;
using namespace kontena::test;
using http::Request;
using http::Response;

namespace {

Response ok(Request& request) { return {.content_type = "text/plain", .body = "fine " + request.body}; }

int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

}  // namespace

TEST_CASE("heads that break a rule get their status, in JSON, and the connection ends") {
  const auto server = started(ok);
  struct Row {
    std::string head;
    int status;
  };
  std::string many;
  for (int i = 0; i < 65; ++i) many += "x" + std::to_string(i) + ": 1\r\n";
  const std::string host = "Host: x\r\n";
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400},                     // no host
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},  // two
      {"GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET / HTTP/1.1 x\r\n" + host + "\r\n", 400},
      {"GET /\r\n" + host + "\r\n", 400},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", 505},
      {"GET / ICY\r\n" + host + "\r\n", 400},
      {"GET x HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET https://x/ HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /a#b HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /\x80 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /?a=%zz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"G@T / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"get / HTTP/1.1\r\n" + host + "\r\n", 501},
      {"BREW / HTTP/1.1\r\n" + host + "\r\n", 501},
      {"PATCH / HTTP/1.1\r\n" + host + "\r\n", 405},
      {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 405},
      {"CONNECT x:1 HTTP/1.1\r\n" + host + "\r\n", 405},
      {"GET /" + std::string(3000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"GET /" + std::string(30'000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 431},
      {"GET / HTTP/1.1\r\n" + host + "a: " + std::string(17'000, 'b') + "\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\n" + many + host + "\r\n", 431},
      {"GET / HTTP/1.1\r\n" + host + "a b: c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "a : c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + ": c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "abc\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "a: b\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "a: b\nc: d\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "a: b\rc\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + std::string("a: b\0c\r\n\r\n", 10), 400},
      {"GET / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", 400},  // a GET with a body
      {"GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 0x3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 999999999999999\r\n\r\nabc", 413},
      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n-2\r\n" + std::string(1'200'000, 'x'), 413},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc", 400},
      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"PUT / HTTP/1.1\r\n" + host + "Expect: miracles\r\nContent-Length: 1\r\n\r\nx", 417},
  };
  for (const Row& row : rows) {
    CAPTURE(row.head.substr(0, 120));
    RawTls wire(server->port());
    wire.write(row.head);
    const std::string answer = wire.read_all();
    CHECK_MESSAGE(status_of(answer) == row.status, answer);
    CHECK(answer.find("{\"error\":{\"code\":") != std::string::npos);
    CHECK(answer.find("Connection: close") != std::string::npos);
  }
}

TEST_CASE("what httplib would act on is only text here") {
  const auto server = started([](Request& request) {
    return Response{.content_type = "text/plain",
                    .body = request.header("remote_addr") + "|" + request.peer.address + "|" +
                            request.header("x-forwarded-for") + "|" + request.body};
  });
  RawTls wire(server->port());
  const std::string body = "--b\r\nContent-Disposition: form-data; name=\"a\"; filename*=x''y\r\n\r\n1\r\n--b--\r\n";
  wire.write(
      "POST / HTTP/1.1\r\nHost: x\r\nREMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: ,\r\nRange: "
      "bytes=0-0,-1,1-\r\nAccept-Encoding: gzip\r\n"
      "Content-Encoding: gzip\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string answer = wire.read_until("--b--\r\n");
  CHECK(status_of(answer) == 200);
  CHECK_MESSAGE(answer.ends_with("\r\n\r\n6.6.6.6|127.0.0.1|,|" + body), answer);
  CHECK(answer.find("Content-Encoding") == std::string::npos);
}

TEST_CASE("a head that trickles is cut off, and so are a trickling body and a handshake that never ends") {
  auto options = server_options();
  options.read_timeout = 400ms;
  options.idle_timeout = 400ms;
  const auto server = started(options, ok);
  for (const std::string& start :
       {std::string("GET / HTTP/1.1\r\n"), std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"), std::string()}) {
    CAPTURE(start);
    RawTls wire(server->port());
    wire.write(start);
    const auto begin = std::chrono::steady_clock::now();
    // A byte now and then, as often as the server lets us.
    std::string answer;
    bool cut = false;
    while (!cut && std::chrono::steady_clock::now() - begin < 15s) {
      pollfd wait{wire.socket(), POLLIN, 0};
      if (::poll(&wait, 1, 50) > 0)
        cut = (answer += wire.read_all(), true);
      else if (!start.empty())
        cut = !wire.write("a");
    }
    CHECK(cut);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
    if (start.starts_with("POST") && !answer.empty()) CHECK(status_of(answer) == 408);
  }
  const int mute = dial(server->port());
  pollfd wait{mute, POLLIN, 0};
  CHECK(::poll(&wait, 1, 10'000) == 1);
  ::close(mute);
}

TEST_CASE("garbage, on the socket and within TLS, ends its connection and nothing else") {
  const auto server = started(ok);
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string bytes(1 + random() % 5000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    if (seed % 3 == 0) {
      const int socket = dial(server->port());
      ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ::shutdown(socket, SHUT_WR);
      char answer[64];
      while (::recv(socket, answer, sizeof answer, 0) > 0) {
      }
      ::close(socket);
    } else {
      RawTls wire(server->port());
      wire.write(seed % 3 == 1
                     ? bytes + "\r\n\r\n"
                     : "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + bytes + "\r\n\r\n");
      const int status = status_of(wire.read_all());
      const bool refused = status >= 400;
      CHECK(refused);
    }
  }
  CHECK(client_of(*server)->send({.path = "/"}, 5s)->body == "fine ");
}

TEST_CASE("a request cut anywhere harms nobody") {
  auto options = server_options();
  options.read_timeout = 2s;
  const auto server = started(options, ok);
  const std::string whole =
      "POST /x?a=b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= whole.size(); cut += 3) {
    RawTls wire(server->port());
    wire.write(whole.substr(0, cut));
    wire.hang_up();
  }
  CHECK(client_of(*server)->send({.path = "/"}, 5s)->body == "fine ");
}
