#include "kontena/http/message.h"

#include <doctest/doctest.h>

#include <random>

using namespace kontena;

TEST_CASE("any bytes come back from their percent-encoding, and so does any query") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto text = [&](unsigned least) {
      std::string text(least + random() % 12, '\0');
      for (char& c : text) c = static_cast<char>(random());
      return text;
    };
    const std::string any = text(0);
    REQUIRE(*http::percent_decode(http::percent_encode(any)) == any);
    http::Query query;
    for (unsigned n = random() % 5; n > 0; --n) query[text(1)] = text(0);
    const std::string written = http::query_text(query);
    REQUIRE(written.empty() == query.empty());
    REQUIRE(*http::parse_query(std::string_view(written).substr(written.empty() ? 0 : 1)) == query);
  }
}

TEST_CASE("a query is read as browsers write it") {
  CHECK(http::query_text({}).empty());
  CHECK(http::query_text({{"a", "b c"}, {"d", ""}}) == "?a=b%20c&d=");
  CHECK(*http::parse_query("a=1&a=2&&flag&e=&b=x+y%2Bz&=v&c=d=e") ==
        http::Query{{"", "v"}, {"a", "2"}, {"b", "x y+z"}, {"c", "d=e"}, {"e", ""}, {"flag", ""}});
  CHECK_FALSE(http::parse_query("a=%"));
  CHECK_FALSE(http::parse_query("%x1=a"));
}

TEST_CASE("an error's answer is JSON whatever is in its message") {
  const auto plain = http::error_response({Code::not_found, "service 'web' not found", "list them with ktn ps"});
  CHECK(plain.status == 404);
  CHECK(plain.content_type == "application/json");
  CHECK(plain.body ==
        R"({"error":{"code":"not_found","message":"service 'web' not found","hint":"list them with ktn ps"}})");
  const auto odd = http::error_response(413, {Code::exhausted, "a\"b\\c\n\x01 \xc3\xa4 \xff\xc3(\xe2\x80"});
  CHECK(odd.status == 413);
  CHECK(odd.body ==
        "{\"error\":{\"code\":\"exhausted\",\"message\":\"a\\\"b\\\\c\\u000a\\u0001 \xc3\xa4 (\",\"hint\":\"\"}}");
}
