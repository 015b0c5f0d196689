#include "../../../roles/server/liveness.h"

#include <doctest/doctest.h>

#include <string>

#include "kontena/model/names.h"
#include "support/cluster.h"

using namespace kontena;
using namespace kontena::server;
using model::NodeState;

namespace {

// A grid of n nodes; time passes in steps, as the loop looks.
struct Grid : support::Cluster {
  ManualClock clock;
  Liveness liveness_of{clock, Duration(3'000)};

  explicit Grid(int nodes) {
    view.grids.put("g", {"g", 1});
    for (int i = 1; i <= nodes; ++i) node("n" + std::to_string(i));
    liveness_of.look(view);
  }
  void pass(int ms, const std::string& who) {
    for (int passed = 0; passed < ms; passed += 250) {
      for (const char number : who) liveness_of.heard(NodeId("n" + std::string(1, number)));
      clock.advance(Duration(250));
      liveness_of.look(view);
    }
  }
  std::string text() const {
    std::string text;
    view.nodes.each("g/", [&](const auto& item) {
      text += (text.empty() ? "" : " ") + std::string(model::name(liveness_of.state(item.value.id)));
    });
    return text;
  }
};

}  // namespace

TEST_CASE("a node that is silent for lost_after is lost, and ready as soon as it is heard") {
  Grid grid(3);
  grid.pass(1'000, "123");
  grid.pass(2'750, "12");
  CHECK(grid.text() == "ready ready ready");
  grid.pass(500, "12");
  CHECK(grid.text() == "ready ready lost");
  CHECK(grid.liveness_of.heard(NodeId("n3")));
  CHECK(grid.text() == "ready ready ready");
}

TEST_CASE("a grid may have a limit of its own") {
  Grid grid(3);
  grid.view.grids.put("g", {"g", 1, 8'000});
  grid.pass(1'000, "123");
  grid.pass(7'500, "12");
  CHECK(grid.text() == "ready ready ready");
  grid.pass(1'000, "12");
  CHECK(grid.text() == "ready ready lost");
}

TEST_CASE("after a start nobody is lost before the grace is over") {
  Grid grid(3);
  grid.pass(9'750, "12");
  CHECK(grid.text() == "ready ready joining");
  grid.pass(1'000, "12");
  CHECK(grid.text() == "ready ready lost");
}

TEST_CASE("when more than half fall silent at once they have a longer grace, and less than half of them none") {
  Grid grid(5);
  grid.pass(1'000, "12345");
  grid.pass(4'000, "12");
  CHECK(grid.text() == "ready ready silent silent silent");
  SUBCASE("all that are not back when it ends are lost") {
    grid.pass(28'000, "12");
    CHECK(grid.text() == "ready ready silent silent silent");
    grid.pass(3'000, "12");
    CHECK(grid.text() == "ready ready lost lost lost");
  }
  SUBCASE("once most are back, the others are lost at once") {
    grid.pass(250, "1234");
    CHECK(grid.text() == "ready ready ready ready lost");
  }
}

TEST_CASE("nodes that fall silent a moment apart fell silent at once") {
  Grid grid(4);
  grid.pass(1'000, "1234");
  grid.pass(500, "123");
  grid.pass(500, "12");
  grid.pass(4'000, "1");
  CHECK(grid.text() == "ready silent silent silent");
}

TEST_CASE("one after the other they are lost each at once") {
  Grid grid(4);
  grid.pass(1'000, "1234");
  grid.pass(4'000, "123");
  grid.pass(4'000, "12");
  CHECK(grid.text() == "ready ready lost lost");
}

TEST_CASE("when we did not run for a while, nobody is lost for it") {
  Grid grid(3);
  grid.pass(1'000, "123");
  grid.clock.advance(Duration(60'000));
  grid.liveness_of.look(grid.view);
  CHECK(grid.text() == "silent silent silent");
  grid.pass(9'000, "12");
  CHECK(grid.text() == "ready ready silent");
  grid.pass(2'000, "12");
  CHECK(grid.text() == "ready ready lost");
}

TEST_CASE("a removed node is forgotten") {
  Grid grid(2);
  grid.pass(1'000, "12");
  grid.view.nodes.erase("g/n2");
  grid.liveness_of.look(grid.view);
  CHECK(grid.liveness_of.states().size() == 1);
}
