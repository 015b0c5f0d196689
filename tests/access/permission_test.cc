#include "kontena/access/permission.h"

#include <doctest/doctest.h>

using namespace kontena::access;

TEST_CASE("who may what") {
  struct Row {
    Permission what;
    bool administrator, node, nobody;
  };
  constexpr Row rows[] = {
      {Permission::open, true, true, true},     {Permission::agent, false, true, false},
      {Permission::view, true, false, false},   {Permission::logs, true, false, false},
      {Permission::deploy, true, false, false}, {Permission::nodes, true, false, false},
      {Permission::tokens, true, false, false}, {Permission::grids, true, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.what));
    CHECK(allowed({Kind::administrator, "t", "administrator", ""}, row.what) == row.administrator);
    CHECK(allowed({Kind::node, "n", "web-1", "g"}, row.what) == row.node);
    CHECK(allowed({}, row.what) == row.nobody);
  }
}

TEST_CASE("audit and log name whoever asked") {
  CHECK(Principal{Kind::administrator, "4be1c0ffee00", "administrator", ""}.text() == "administrator (token 4be1c0ffee00)");
  CHECK(Principal{Kind::node, "0123456789ab", "web-1", "home"}.text() == "node web-1 (0123456789ab)");
  CHECK(Principal{}.text() == "nobody");
}
