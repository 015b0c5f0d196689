#include <doctest/doctest.h>

#include <array>

#include "kontena/forward/target.h"

using namespace kontena;

TEST_CASE("a place to forward to is read with its protocol's own port and path, and written whole") {
  struct Case {
    const char* given;
    const char* whole;
  };
  for (const auto& [given, whole] : std::array{
           Case{"syslog+tcp://10.0.0.9", "syslog+tcp://10.0.0.9:601"},
           Case{"syslog+tls://logs.example.com", "syslog+tls://logs.example.com:6514"},
           Case{"syslog+tls://logs.example.com:7000/", "syslog+tls://logs.example.com:7000"},
           Case{"fluentd+tcp://[fd00::9]", "fluentd+tcp://[fd00::9]:24224/kontena"},
           Case{"fluentd+tls://bit:24225/shop.web", "fluentd+tls://bit:24225/shop.web"},
           Case{"otlp+http://collector", "otlp+http://collector:4318/v1/logs"},
           Case{"otlp+https://otel.example.com:443/otlp/v1/logs", "otlp+https://otel.example.com:443/otlp/v1/logs"},
       }) {
    CAPTURE(given);
    const auto target = forward::parse(given);
    REQUIRE(target);
    CHECK(forward::text(*target) == whole);
    const auto again = forward::parse(whole);
    REQUIRE(again);
    CHECK(*again == *target);
  }
}

TEST_CASE("what is no place to forward to is refused with a reason") {
  struct Case {
    std::string given;
    const char* why;
  };
  for (const auto& [given, why] : std::array{
           Case{"", "it begins with"},
           Case{"logs.example.com:601", "it begins with"},
           Case{"syslog+udp://a", "it begins with"},
           Case{"syslog+tcp://", "there is no host"},
           Case{"syslog+tcp://:601", "there is no host"},
           Case{"syslog+tcp://a:0", "a port is"},
           Case{"syslog+tcp://a:65536", "a port is"},
           Case{"syslog+tcp://a:", "a port is"},
           Case{"syslog+tcp://a/b", "syslog has no path"},
           Case{"syslog+tcp://[fd00::9", "ends with ']'"},
           Case{"syslog+tcp://[]", "no address"},
           Case{"otlp+http://ann:secret@a", "no user or password"},
           Case{"otlp+http://ann@a", "no user or password"},
           Case{"otlp+http://a/v1\r\nx", "odd character"},
           Case{"fluentd+tcp://a/b/c", "a tag has no"},
           Case{"syslog+tcp://a b", "there is no host"},
           Case{"syslog+tcp://" + std::string(1'000, 'a'), "at most 1,000"},
       }) {
    CAPTURE(given);
    const auto target = forward::parse(given);
    REQUIRE_FALSE(target);
    CHECK(target.error().code == Code::invalid_argument);
    CHECK(target.error().message.find(why) != std::string::npos);
  }
}

TEST_CASE("headers are OTLP's, few and one line each, and what is wrong with them is told without a value") {
  using Headers = std::map<std::string, std::string>;
  const auto otlp = *forward::parse("otlp+https://otel.example");
  CHECK(forward::check_headers(otlp, {}));
  CHECK(forward::check_headers(*forward::parse("syslog+tcp://logs"), {}));
  CHECK(forward::check_headers(otlp, {{"authorization", "Bearer planted key"}, {"x-scope-orgid", "1"}}));
  Headers many;
  for (int i = 0; i < 9; ++i) many["h" + std::to_string(i)] = "planted";
  for (const Headers& wrong : std::initializer_list<Headers>{{{"Authorization", "planted"}}, {{"", "planted"}}, {{"a b", "planted"}}, {{"a:", "planted"}},
                                                            {{"content-type", "planted"}}, {{"host", "planted"}}, {{"a", ""}}, {{"a", " planted"}}, {{"a", "planted "}},
                                                            {{"a", "planted\nb: c"}}, {{"a", "planted\r"}}, {{"a", "planted\x7f"}},
                                                            {{"a", std::string(4'097, 'p')}}, {{std::string(65, 'a'), "planted"}}, many}) {
    const auto checked = forward::check_headers(otlp, wrong);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == Code::invalid_argument);
    CHECK(checked.error().message.find("planted") == std::string::npos);
  }
  CHECK_FALSE(forward::check_headers(*forward::parse("fluentd+tls://bit"), {{"a", "b"}}));
}
