#include <doctest/doctest.h>

#include <deque>
#include <optional>

#include "kontena/forward/sender.h"

using namespace kontena;
using forward::Record;

namespace {

// What the other side is: how it answers, and what it got.
struct Other {
  std::string got;
  int dials = 0;
  http::DialOptions dialled;
  bool closed = false;       // says so at the next look
  bool acknowledges = true;  // whatever it gets
  std::deque<http::Response> answers;
  std::vector<http::Request> asked;
  http::ClientOptions connected;
};

class FakeWire final : public http::Wire {
 public:
  explicit FakeWire(Other& other) : other_(other) {}
  Status write(std::string_view bytes, Duration) override {
    other_.got += bytes;
    return Done{};
  }
  Result<std::string> read(std::size_t, Duration) override {
    if (!other_.acknowledges) return Error{Code::deadline_exceeded, "nothing"};
    return "\x81\xa3" "ack\xb8" + other_.got.substr(other_.got.size() - 24);
  }
  Status settle(Duration) override {
    if (std::exchange(other_.closed, false)) return Error{Code::unavailable, "closed"};
    return Done{};
  }

 private:
  Other& other_;
};

class FakeClient final : public http::Client {
 public:
  explicit FakeClient(Other& other) : other_(other) {}
  Result<http::Response> send(const http::Request& request, Duration) override {
    other_.asked.push_back(request);
    if (other_.answers.empty()) return Error{Code::unavailable, "nobody there"};
    const auto answer = other_.answers.front();
    other_.answers.pop_front();
    return answer;
  }
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override { return Error{Code::unsupported, ""}; }
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override { return Error{Code::unsupported, ""}; }

 private:
  Other& other_;
};

std::unique_ptr<forward::Sender> to(const std::string& url, Other& other, const std::string& ca = "") {
  auto target = forward::parse(url);
  REQUIRE(target);
  target->ca_pem = ca;
  return forward::open(*target, {.dial =
                                     [&](const http::DialOptions& options) -> Result<std::unique_ptr<http::Wire>> {
                                       ++other.dials;
                                       other.dialled = options;
                                       return std::unique_ptr<http::Wire>(new FakeWire(other));
                                     },
                                 .connect =
                                     [&](http::ClientOptions options) {
                                       other.connected = options;
                                       return std::unique_ptr<http::Client>(new FakeClient(other));
                                     },
                                 .authorities = [] { return Result<std::string>(std::string("the host's")); }});
}

const std::vector<Record> one{{.time_ns = 1, .text = "hello", .service = "web"}};

}  // namespace

TEST_CASE("one connection serves many batches, and a closed one is made anew with nothing written to it") {
  Other other;
  const auto sender = to("syslog+tcp://10.0.0.9", other);
  REQUIRE(sender->send(one));
  REQUIRE(sender->send(one));
  CHECK(other.dials == 1);
  const std::string before = other.got;
  other.closed = true;
  const auto failed = sender->send(one);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Code::unavailable);
  CHECK(other.got == before);
  REQUIRE(sender->send(one));
  CHECK(other.dials == 2);
}

TEST_CASE("with TLS the target's own authorities are trusted, or else the host's") {
  Other other;
  REQUIRE(to("syslog+tls://logs", other)->send(one));
  CHECK(other.dialled.tls);
  CHECK(other.dialled.ca_pem == "the host's");
  REQUIRE(to("fluentd+tls://logs", other, "mine")->send(one));
  CHECK(other.dialled.ca_pem == "mine");
  REQUIRE(to("syslog+tcp://logs", other, "mine")->send(one));
  CHECK_FALSE(other.dialled.tls);
}

TEST_CASE("Fluentd has taken lines when it acknowledges their very id") {
  Other other;
  const auto sender = to("fluentd+tcp://10.0.0.9/shop", other);
  REQUIRE(sender->send(one));
  other.acknowledges = false;
  REQUIRE_FALSE(sender->send(one));
  other.acknowledges = true;
  REQUIRE(sender->send(one));
  CHECK(other.dials == 2);
}

TEST_CASE("OTLP: what may succeed later is told from what never will") {
  Other other;
  const auto sender = to("otlp+http://10.0.0.9", other);
  struct Case {
    int status;
    const char* body;
    std::optional<Code> fails;
  };
  for (const auto& [status, body, fails] : std::initializer_list<Case>{
           {200, "{}", {}},
           {200, "", {}},
           {200, R"({"partialSuccess":{}})", {}},
           {200, R"({"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"slow down"}})", {}},
           {200, R"({"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}})", Code::invalid_argument},
           {200, R"({"partialSuccess":{"rejectedLogRecords":1}})", Code::invalid_argument},
           {400, "", Code::invalid_argument},
           {413, "", Code::invalid_argument},
           {404, "", Code::unavailable},
           {429, "", Code::unavailable},
           {503, "", Code::unavailable},
       }) {
    CAPTURE(status);
    CAPTURE(body);
    other.answers.push_back({.status = status, .body = body});
    const auto sent = sender->send(one);
    CHECK(sent.has_value() == !fails);
    if (!sent && fails) CHECK(sent.error().code == *fails);
  }
  CHECK(other.connected.clear);
  CHECK(other.connected.url == "http://10.0.0.9:4318");
  CHECK(other.asked[0].path == "/v1/logs");
  CHECK_FALSE(sender->send(one));  // nobody there
}
