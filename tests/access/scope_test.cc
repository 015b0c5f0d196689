#include "kontena/access/scope.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::access;

TEST_CASE("a scope comes back from either of its texts") {
  for (const Scope& scope : {Scope{}, Scope{"eu"}, Scope{"eu", "shop"}, Scope{"eu", "shop", "web"}, Scope{"eu", "shop", "web-*"}}) {
    CAPTURE(scope.shown());
    REQUIRE(parse_scope(scope.text()));
    CHECK(*parse_scope(scope.text()) == scope);
    CHECK(*parse_scope(scope.shown()) == scope);
  }
  CHECK(Scope{}.shown() == "/");
  CHECK(Scope{"eu", "shop"}.shown() == "/eu/shop");
}

TEST_CASE("what is no scope is refused") {
  for (const char* text : {"//", "/eu/", "eu//web", "/eu/shop/web/1", "/EU", "/e*", "/eu/*", "/eu/shop/we b", "/eu/shop/web?", "/eu/shop/", "#"})
    CHECK_MESSAGE(!parse_scope(text), text);
  CHECK(!parse_scope(std::string(300, 'a')));
}

TEST_CASE("what holds what") {
  struct Row {
    const char *outer, *inner;
    bool holds;
  };
  for (const Row& row : {Row{"/", "/", true}, Row{"/", "/eu/shop/web", true}, Row{"/eu", "/", false}, Row{"/eu", "/eu/shop", true},
                         Row{"/eu", "/eur", false}, Row{"/eu/shop", "/eu", false}, Row{"/eu/shop", "/eu/shop/web", true},
                         Row{"/eu/shop/web", "/eu/shop/web", true}, Row{"/eu/shop/web", "/eu/shop", false},
                         Row{"/eu/shop/w*", "/eu/shop/web", true}, Row{"/eu/shop/w*", "/eu/shop/w*", true},
                         Row{"/eu/shop/w*", "/eu/shop/we*", false}, Row{"/eu/shop/*", "/eu/bank/web", false}}) {
    CAPTURE(row.outer);
    CAPTURE(row.inner);
    CHECK(holds(*parse_scope(row.outer), *parse_scope(row.inner)) == row.holds);
  }
}

TEST_CASE("a * stands for any characters, or none") {
  CHECK(matches("web-*", "web-"));
  CHECK(matches("web-*", "web-1"));
  CHECK(!matches("web-*", "web"));
  CHECK(matches("*", ""));
  CHECK(matches("*b*", "abc"));
  CHECK(matches("a*b*c", "a-b-b-c"));
  CHECK(!matches("a*b*c", "a-b-b-"));
  CHECK(!matches("", "a"));
  const std::string hostile = std::string(30, '*') + 'b', text(63, 'a');
  CHECK(!matches(hostile, text));
}
