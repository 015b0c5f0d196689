#include "kontena/access/permission.h"

#include <doctest/doctest.h>

#include "people.h"

using namespace kontena;
using namespace kontena::access;

TEST_CASE("who may call what") {
  People people;
  people.give("ann", "deployer", "eu/shop");
  const Principal ann{.kind = Kind::user, .id = "t", .name = "ann", .rights = people.rights("ann")};
  const Principal node{.kind = Kind::node, .id = "n", .name = "web-1", .grid = "eu"}, nobody;
  const Scope shop{"eu", "shop"}, bank{"eu", "bank"}, eu{"eu"};
  struct Row {
    Permission what;
    Scope place;
    bool ann, node, nobody;
  };
  const Row rows[] = {
      {open, {}, true, true, true},
      {agent, {}, false, true, false},
      {login, {}, true, false, false},
      {Verb::deploy, shop, true, false, false},
      {Verb::deploy, bank, false, false, false},
      {Verb::secrets_read, shop, false, false, false},
      {Verb::view, eu, false, false, false},
      {part(Verb::view), eu, true, false, false},
      {part(Verb::nodes), eu, false, false, false},
      {part(Verb::view), bank, false, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.what.who));
    CAPTURE(std::string(name(row.what.verb)));
    CAPTURE(row.place.shown());
    CHECK(allowed(ann, row.what, row.place) == row.ann);
    CHECK(allowed(node, row.what, row.place) == row.node);
    CHECK(allowed(nobody, row.what, row.place) == row.nobody);
  }
}

TEST_CASE("audit and log name whoever asked") {
  CHECK(Principal{.kind = Kind::user, .id = "4be1c0ffee00", .name = "ann"}.text() == "ann (token 4be1c0ffee00)");
  CHECK(Principal{.kind = Kind::user, .id = "4be1c0ffee00", .name = "ann", .session = true}.text() == "ann (session 4be1c0ffee00)");
  CHECK(Principal{.kind = Kind::node, .id = "0123456789ab", .name = "web-1", .grid = "home"}.text() == "node web-1 (0123456789ab)");
  CHECK(Principal{}.text() == "nobody");
}
