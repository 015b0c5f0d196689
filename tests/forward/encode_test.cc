#include <doctest/doctest.h>

#include "../../src/forward/encode.h"
#include "kontena/codec/json.h"

using namespace kontena;
using forward::Level;
using forward::Record;

namespace {

Record record(std::string text, Level level = Level::output) {
  return {.time_ns = 1'795'427'305'123'456'789, .level = level, .text = std::move(text), .grid = "default", .project = "pay",
          .stack = "shop", .service = "web", .instance = "4be1c0ffee00", .node = "web-1", .slot = 2};
}

std::string syslog(const Record& record) {
  std::string bytes;
  forward::add_syslog(bytes, record);
  return bytes;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a line is a message of RFC 5424 with its length before it") {
  const std::string message =
      "<134>1 2026-11-23T09:48:25.123456Z web-1 shop/web 4be1c0ffee00 stdout "
      "[kontena@32473 grid=\"default\" project=\"pay\" stack=\"shop\" service=\"web\" slot=\"2\"] hello";
  CHECK(syslog(record("hello")) == std::to_string(message.size()) + ' ' + message);
}

TEST_CASE("the severity tells the stream, and an end of line in a text stays in its frame") {
  CHECK(has(syslog(record("x", Level::error)), "<131>1 "));
  CHECK(has(syslog(record("x", Level::note)), "<132>1 "));
  const std::string bytes = syslog(record("one\ntwo"));
  CHECK(bytes.substr(0, bytes.find(' ')) == std::to_string(bytes.size() - bytes.find(' ') - 1));
}

TEST_CASE("what a field of syslog cannot hold is escaped, replaced or cut") {
  Record odd = record("x");
  odd.service = "a\"b\\c]d";
  odd.node = "n o\x01" + std::string(300, 'n');
  odd.instance = "";
  const std::string bytes = syslog(odd);
  CHECK(has(bytes, "service=\"a\\\"b\\\\c\\]d\""));
  CHECK(has(bytes, " n?o?" + std::string(251, 'n') + " "));
  CHECK(has(bytes, "c]d - stdout"));
}

TEST_CASE("a time before 1970 or at its edge is a time all the same") {
  Record old = record("x");
  old.time_ns = -1;
  CHECK(has(syslog(old), "1969-12-31T23:59:59.999999Z"));
}

TEST_CASE("Fluentd's message has its tag, its entries with nanoseconds, and the id to acknowledge") {
  const std::vector<Record> records{record("hello"), record(std::string(300, 'x'), Level::error)};
  const std::string bytes = forward::fluentd_message("shop.web", records, "chunk-1");
  using namespace std::string_literals;
  CHECK(bytes.starts_with("\x93\xa8shop.web\xc5"s));
  CHECK(has(bytes, "\x92\xd7\x00\x6b\x04"s.substr(0, 3)));
  CHECK(has(bytes, "\x89\xa3log\xa5hello\xa6stream\xa6stdout"s));
  CHECK(has(bytes, "\xa3log\xda\x01\x2c"s + std::string(300, 'x')));
  CHECK(has(bytes, "\xa6stderr"s));
  CHECK(bytes.ends_with("\x82\xa4size\xcf\x00\x00\x00\x00\x00\x00\x00\x02\xa5"s + "chunk\xa7" + "chunk-1"));
  // The entries' own length covers them to the byte.
  const std::size_t begin = 1 + 9 + 3;
  const std::size_t size = static_cast<unsigned char>(bytes[11]) * 256u + static_cast<unsigned char>(bytes[12]);
  CHECK(static_cast<unsigned char>(bytes[begin]) == 0x92);
  CHECK(static_cast<unsigned char>(bytes[begin + size]) == 0x82);
}

TEST_CASE("only a whole acknowledgement of that very id is one") {
  using namespace std::string_literals;
  const std::string ack = "\x81\xa3" + "ack\xa7"s + "chunk-1";
  CHECK(forward::is_ack(ack, "chunk-1"));
  CHECK(forward::is_ack("\x81\xa3" + "ack\xd9\x07"s + "chunk-1", "chunk-1"));
  CHECK_FALSE(forward::is_ack(ack, "chunk-2"));
  for (std::size_t size = 0; size < ack.size(); ++size) CHECK_FALSE(forward::is_ack(ack.substr(0, size), "chunk-1"));
  CHECK_FALSE(forward::is_ack("HTTP/1.1 400 Bad Request", "chunk-1"));
}

TEST_CASE("OTLP has one resource for lines in a row of one instance, and says what they are") {
  Record other = record("there");
  other.instance = "other";
  const std::vector<Record> records{record("one"), record("two", Level::error), other, record("\xff odd")};
  const auto document = codec::Document::parse(forward::otlp_body(records));
  REQUIRE(document);
  const auto resources = codec::elements(codec::member(document->root(), "resourceLogs"));
  REQUIRE(resources.size() == 3);
  const auto scopes = codec::elements(codec::member(resources[0], "scopeLogs"));
  REQUIRE(scopes.size() == 1);
  const auto lines = codec::elements(codec::member(scopes[0], "logRecords"));
  REQUIRE(lines.size() == 2);
  CHECK(codec::string_at(lines[0], {"timeUnixNano"}) == "1795427305123456789");
  CHECK(codec::string_at(lines[0], {"body", "stringValue"}) == "one");
  CHECK(codec::integer_at(lines[1], {"severityNumber"}) == 17);
  const std::string text = document->dump();
  CHECK(has(text, R"({"key":"service.name","value":{"stringValue":"web"}})"));
  CHECK(has(text, R"({"key":"kontena.project","value":{"stringValue":"pay"}})"));
}
