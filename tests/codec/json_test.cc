#include "kontena/codec/json.h"

#include <doctest/doctest.h>

#include "kontena/codec/fields.h"

namespace kontena::codec {
namespace {

std::string again(std::string_view text) {
  const auto document = Document::parse(text);
  REQUIRE(document);
  return document->dump();
}

std::string wrong(std::string_view text) {
  const auto document = Document::parse(text);
  REQUIRE(!document);
  CHECK(document.error().code == Code::invalid_argument);
  return document.error().message;
}

template <class T>
std::string taken_wrong(std::string_view text) {
  const auto value = from_json<T>(text);
  REQUIRE(!value);
  CHECK(value.error().code == Code::invalid_argument);
  return value.error().message;
}

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON that is read is written again on one line, members in order of key") {
  CHECK(again("null") == "null");
  CHECK(again(" { \"b\" : [1, -2, 2.5, true, null, \"x\"] , \"a\" : { } } ") ==
        R"({"a":{},"b":[1,-2,2.5,true,null,"x"]})");
  CHECK(again(R"("A\u00e9\n\"\\\ud83d\ude00")") == "\"Aé\\n\\\"\\\\😀\"");
  CHECK(again("9223372036854775807") == "9223372036854775807");
  CHECK(again(R"({"a":1,"a":2})") == R"({"a":2})");
  CHECK(Document::parse("{\"a\":[1]}")->pretty() == "{\n  \"a\": [\n    1\n  ]\n}");
}

TEST_CASE("what is no JSON is refused with the place") {
  CHECK(wrong("") == "not JSON at byte 1");
  CHECK(wrong("{\"a\":}") == "not JSON at byte 6");
  for (const char* text :
       {"{", "[1,]", "{\"a\":1}x", "{'a':1}", "nul", "01", "1.", "\"a", "\"\n\"", "// a\n1", "NaN", "\"\\ud83d\""}) {
    CAPTURE(text);
    CHECK(wrong(text).find("not JSON at byte ") == 0);
  }
}

TEST_CASE("text that is not UTF-8 is refused when read, and replaced when written") {
  CHECK(wrong("\"\xff\"").find("not JSON at byte ") == 0);
  CHECK(wrong("\"\xc3\"").find("not JSON at byte ") == 0);
  CHECK(wrong("\"\xed\xa0\x80\"").find("not JSON at byte ") == 0);
  Document document;
  put(document.root(), std::string("a\xff"
                                   "b"));
  CHECK(document.dump() ==
        "\"a\xef\xbf\xbd"
        "b\"");
}

TEST_CASE("a number that does not fit is refused, not cut") {
  CHECK(wrong("1e999") == "a number in the JSON is out of range");
  CHECK(taken_wrong<std::int64_t>("9223372036854775808") == "the number is too large");
  CHECK(taken_wrong<std::int64_t>("1.5") == "expected an integer, got number");
  CHECK(*from_json<std::int64_t>("-9223372036854775808") == INT64_MIN);
}

TEST_CASE("nesting is bounded at 200") {
  CHECK(Document::parse(nested(200)));
  CHECK(Document::parse(std::string(200, '[') + "1" + std::string(200, ']')));
  CHECK(wrong(nested(201)) == "JSON nested deeper than 200");
  CHECK(wrong(nested(200'000)) == "JSON nested deeper than 200");
  std::string objects;
  for (int i = 0; i < 201; ++i) objects += "{\"a\":";
  CHECK(wrong(objects + "1" + std::string(201, '}')) == "JSON nested deeper than 200");
}

TEST_CASE("lists and maps that are empty are written as such, and what is absent as null") {
  CHECK(to_json(std::vector<std::string>{}) == "[]");
  CHECK(to_json(std::map<std::string, std::string>{}) == "{}");
  CHECK(to_json(std::optional<std::string>{}) == "null");
  CHECK(to_json(std::optional<std::vector<std::string>>{std::in_place}) == "[]");
  CHECK(!*from_json<std::optional<std::string>>("null"));
  CHECK((*from_json<std::optional<std::vector<std::string>>>("[]"))->empty());
}

TEST_CASE("a document is built and walked by elements") {
  Document document;
  const Element root = document.root();
  make_object(root);
  put(member(root, "text"), "a");
  put(member(root, "view"), std::string_view("b"));
  put(member(root, "number"), std::int64_t{7});
  put(member(root, "truth"), true);
  put_null(member(root, "nothing"));
  make_array(member(root, "list"));
  put(append(*find(root, "list")), "x");
  put(append(*find(root, "list")), std::int64_t{1});
  copy(member(root, "copied"), *find(root, "list"));
  CHECK(document.dump() ==
        R"({"copied":["x",1],"list":["x",1],"nothing":null,"number":7,"text":"a","truth":true,"view":"b"})");
  CHECK(elements(*find(root, "list")).size() == 2);
  CHECK(elements(root).empty());
  CHECK(members(root).size() == 7);
  CHECK(members(root).front().first == "copied");
  CHECK(members(*find(root, "list")).empty());
  CHECK(is_object(root));
  CHECK(is_array(*find(root, "list")));
  CHECK(is_string(*find(root, "text")));
  CHECK(is_null(*find(root, "nothing")));
  CHECK(!find(root, "absent"));
  CHECK(!find(*find(root, "text"), "a"));
}

TEST_CASE("a document goes on living where it is moved to") {
  auto document = Document::parse("{\"a\":1}");
  Document moved = *std::move(document);
  CHECK(integer_at(moved.root(), {"a"}) == 1);
  Document other;
  other = std::move(moved);
  CHECK(other.dump() == "{\"a\":1}");
}

TEST_CASE("lenient reads give the default for what is absent or odd") {
  const auto document = Document::parse(
      R"({"a":{"text":"x","n":5,"f":2.9,"big":1e300,"low":-1e300,"huge":18446744073709551615,"t":true,"z":null}})");
  const Element root = document->root();
  CHECK(string_at(root, {"a", "text"}) == "x");
  CHECK(string_at(root, {"a", "n"}).empty());
  CHECK(string_at(root, {"b", "text"}).empty());
  CHECK(string_at(root, {"a", "text", "deeper"}).empty());
  CHECK(integer_at(root, {"a", "n"}) == 5);
  CHECK(integer_at(root, {"a", "f"}) == 2);
  CHECK(integer_at(root, {"a", "big"}) == INT64_MAX);
  CHECK(integer_at(root, {"a", "low"}) == INT64_MIN);
  CHECK(integer_at(root, {"a", "huge"}) == INT64_MAX);
  CHECK(integer_at(root, {"a", "text"}) == 0);
  CHECK(integer_at(root, {"a", "z"}) == 0);
  CHECK(bool_at(root, {"a", "t"}));
  CHECK(!bool_at(root, {"a", "n"}));
  CHECK(find_path(root, {"a", "n"}));
  CHECK(find_path(root, {}));
  CHECK(!find_path(root, {"a", "absent", "n"}));
}

TEST_CASE("a value of a wrong type is named by its path") {
  using model::ServiceSpec;
  CHECK(taken_wrong<ServiceSpec>("[]") == "expected an object, got array");
  CHECK(taken_wrong<ServiceSpec>(R"({"image":5})") == "image: expected a string, got number");
  CHECK(taken_wrong<ServiceSpec>(R"({"image":null})") == "image: expected a string, got null");
  CHECK(taken_wrong<ServiceSpec>(R"({"health_check":{"retries":"3"}})") ==
        "health_check: retries: expected an integer, got string");
  CHECK(taken_wrong<ServiceSpec>(R"({"ports":[{"target":80},{"target":true}]})") ==
        "ports: [1]: target: expected an integer, got boolean");
  CHECK(taken_wrong<ServiceSpec>(R"({"ports":{}})") == "ports: expected a list, got object");
  CHECK(taken_wrong<ServiceSpec>(R"({"environment":["A=b"]})") == "environment: expected an object, got array");
  CHECK(taken_wrong<ServiceSpec>(R"({"environment":{"A":1}})") == "environment: A: expected a string, got number");
  CHECK(taken_wrong<ServiceSpec>(R"({"mounts":[{"read_only":0}]})") ==
        "mounts: [0]: read_only: expected true or false, got number");
  CHECK(taken_wrong<ServiceSpec>(R"({"mode":"daemon"})") == "mode: 'daemon' is not one of its values");
  CHECK(taken_wrong<ServiceSpec>(R"({"mode":0})") == "mode: expected a string, got number");
}

TEST_CASE("of several wrong values the first in the list of fields is named") {
  CHECK(taken_wrong<model::Port>(R"({"host_ip":1,"target":"x"})") == "target: expected an integer, got string");
}

}  // namespace kontena::codec
