#include "kontena/schedule/place.h"

#include <doctest/doctest.h>

#include "support/cluster.h"

using namespace kontena;
using namespace kontena::schedule;
using support::core, support::megabyte;

namespace {

struct Grid : support::Cluster {
  model::ServiceSpec web{.name = "web", .image = "i"};
  std::shared_ptr<Peaks> peaks = std::make_shared<Peaks>();

  Request request(const model::ServiceSpec& spec) const { return {.spec = &spec, .path = path("shop", spec.name)}; }
  Nodes nodes() const {
    Nodes nodes(view, liveness, "g");
    nodes.expect(peaks);
    return nodes;
  }
  void expect(const std::string& service, std::int64_t memory, std::int64_t cpus = 0) {
    (*peaks)["g/default/shop/" + service] = {.nano_cpus = cpus, .memory_bytes = memory};
  }
};

std::string taken(Nodes& nodes, const Request& request) {
  const auto placement = nodes.place(request);
  return placement.node ? **placement.node : placement.why_not;
}

}  // namespace

TEST_CASE("what a service is likely to take is looked for, where it reserves nothing") {
  Grid grid;
  grid.node("a", {}, 4, 1'000 * megabyte);
  grid.node("b", {}, 4, 4'000 * megabyte);
  auto without = Nodes(grid.view, grid.liveness, "g");
  CHECK(taken(without, grid.request(grid.web)) == "a");
  grid.expect("web", 1'500 * megabyte);
  auto nodes = grid.nodes();
  CHECK(taken(nodes, grid.request(grid.web)) == "b");
  CHECK(taken(nodes, grid.request(grid.web)) == "b");  // which has room for two, though it has one already
  CHECK(taken(nodes, grid.request(grid.web)) == "a");  // and then it is a guess, and turns nobody away
}

TEST_CASE("what is reserved counts as it is, whatever is likely") {
  Grid grid;
  grid.node("a", {}, 4, 1'000 * megabyte);
  grid.node("b", {}, 4, 4'000 * megabyte);
  grid.expect("web", 3'000 * megabyte, 8 * core);
  grid.web.reservations = {.nano_cpus = core, .memory_bytes = 100 * megabyte};
  auto nodes = grid.nodes();
  CHECK(taken(nodes, grid.request(grid.web)) == "a");
}

TEST_CASE("who reserves goes rather where others are not likely to take it; and there all the same if it is the last place") {
  Grid grid;
  grid.node("a", {}, 4, 1'000 * megabyte);
  grid.node("b", {}, 1, 1'000 * megabyte);
  grid.service("shop", grid.web);
  grid.instance("shop", "web", "i1", "a");
  grid.expect("web", 800 * megabyte);
  const model::ServiceSpec db{.name = "db", .image = "i", .reservations = {.memory_bytes = 600 * megabyte}};
  auto nodes = grid.nodes();
  CHECK(taken(nodes, grid.request(db)) == "b");
  CHECK(taken(nodes, grid.request(db)) == "a");
  CHECK(taken(nodes, grid.request(db)).find("without enough free memory") != std::string::npos);
}

TEST_CASE("a run of many fills the nodes with room first, and then the others alike") {
  Grid grid;
  for (const char* name : {"a", "b", "c"}) grid.node(name, {}, 4, 1'000 * megabyte);
  grid.node("d", {}, 4, 10'000 * megabyte);
  grid.expect("web", 450 * megabyte);
  auto nodes = grid.nodes();
  std::map<std::string, int> count;
  for (int i = 0; i < 28; ++i) ++count[taken(nodes, grid.request(grid.web))];
  CHECK(count["d"] == 22);
  CHECK(count["a"] == 2);
  for (int i = 0; i < 30; ++i) ++count[taken(nodes, grid.request(grid.web))];
  CHECK(count["a"] == 12);
  CHECK(count["d"] == 22);
}

TEST_CASE("other guesses count those that are there anew, and followed is as made anew") {
  Grid grid;
  grid.node("a", {}, 4, 1'000 * megabyte);
  grid.node("b", {}, 4, 900 * megabyte);
  grid.service("shop", grid.web);
  grid.instance("shop", "web", "i1", "a");
  const model::ServiceSpec db{.name = "db", .image = "i", .reservations = {.memory_bytes = 500 * megabyte}};
  grid.expect("web", 300 * megabyte);
  const model::ClusterView was = grid.view;
  Nodes nodes(was, grid.liveness, "g");
  nodes.expect(grid.peaks);
  CHECK(taken(nodes, grid.request(db)) == "b");  // fewest instances
  nodes.undo();
  auto other = std::make_shared<Peaks>(*grid.peaks);
  (*other)["g/default/shop/web"].memory_bytes = 600 * megabyte;
  (*other)["g/default/shop/db"].nano_cpus = core;
  nodes.expect(other);
  grid.instance("shop", "web", "i2", "b", 2);
  const model::ClusterView next = grid.view;
  nodes.follow(next, {"instances/g/default/shop/web/i2"});
  Nodes anew(next, grid.liveness, "g");
  anew.expect(other);
  for (int i = 0; i < 4; ++i) CHECK(taken(nodes, grid.request(db)) == taken(anew, grid.request(db)));
  nodes.undo();
  nodes.expect(nullptr);
  Nodes plain(next, grid.liveness, "g");
  for (int i = 0; i < 4; ++i) CHECK(taken(nodes, grid.request(db)) == taken(plain, grid.request(db)));
}
