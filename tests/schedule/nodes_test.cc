#include <doctest/doctest.h>

#include "kontena/schedule/place.h"
#include "support/cluster.h"

using namespace kontena;
using namespace kontena::schedule;
using support::core, support::megabyte;

namespace {

// One node of 1,000 MB that has one instance of 600 MB with port 80.
struct Held : support::Cluster {
  model::ServiceSpec spec{
      .name = "db", .ports = {{.target = 80, .published = 80}}, .reservations = {.memory_bytes = 600 * megabyte}};
  model::Instance held;

  Held() {
    node("a", {}, 4, 1'000 * megabyte);
    service("shop", spec);
    held = instance("shop", "db", "1", "a");
  }

  bool has_memory(Nodes nodes) const {
    const model::ServiceSpec other{.name = "other", .reservations = {.memory_bytes = 600 * megabyte}};
    return nodes.place({.spec = &other, .path = path("shop", "other")}).node.has_value();
  }
  bool has_port(Nodes nodes) const {
    const model::ServiceSpec other{.name = "other", .ports = {{.target = 80, .published = 80}}};
    return nodes.place({.spec = &other, .path = path("shop", "other")}).node.has_value();
  }
  Nodes nodes() const { return Nodes(view, liveness, "g"); }
  bool has_memory() const { return has_memory(nodes()); }
  bool has_port() const { return has_port(nodes()); }
  void desired(model::Desired desired) {
    held.desired = desired;
    put(held);
  }
};

}  // namespace

TEST_CASE("a running instance holds its memory and its ports") {
  Held grid;
  CHECK_FALSE(grid.has_memory());
  CHECK_FALSE(grid.has_port());
}

TEST_CASE("an instance that is to be stopped or removed frees its memory, and keeps its ports until it is gone") {
  Held grid;
  for (const auto desired : {model::Desired::stopped, model::Desired::removed}) {
    grid.desired(desired);
    CHECK(grid.has_memory());
    CHECK_FALSE(grid.has_port());
  }
  grid.status(grid.held, {.state = model::InstanceState::removed});
  CHECK(grid.has_port());
}

TEST_CASE("an instance that ended for good needs no memory any more") {
  Held grid;
  grid.status(grid.held, {.state = model::InstanceState::exited, .exit_code = 1});
  CHECK(grid.has_memory());
  auto spec = grid.spec;
  spec.restart.when = model::RestartWhen::on_failure;
  grid.view.revisions.put(model::revision_key(grid.path("shop", "db"), 1), {spec});
  CHECK_FALSE(grid.has_memory());
  grid.status(grid.held, {.state = model::InstanceState::exited, .exit_code = 0});
  CHECK(grid.has_memory());
  spec.restart.when = model::RestartWhen::always;
  grid.view.revisions.put(model::revision_key(grid.path("shop", "db"), 1), {spec});
  CHECK_FALSE(grid.has_memory());
}

TEST_CASE("an instance takes what the revision asks that it was made from") {
  Held grid;
  auto spec = grid.spec;
  spec.reservations = {};
  spec.ports = {};
  grid.service("shop", spec);
  CHECK_FALSE(grid.has_memory());
  CHECK_FALSE(grid.has_port());
  grid.view.revisions.erase(model::revision_key(grid.path("shop", "db"), 1));
  CHECK(grid.has_memory());
}

TEST_CASE("a released instance frees all but its ports, once") {
  Held grid;
  auto nodes = grid.nodes();
  nodes.release(grid.held, grid.spec);
  nodes.release(grid.held, grid.spec);
  CHECK_FALSE(grid.has_port(grid.nodes()));
  const model::ServiceSpec big{.name = "big", .reservations = {.memory_bytes = 1'000 * megabyte}};
  const model::ServiceSpec small{.name = "small", .reservations = {.memory_bytes = 1 * megabyte}};
  CHECK(nodes.place({.spec = &big, .path = grid.path("shop", "big")}).node);
  CHECK_FALSE(nodes.place({.spec = &small, .path = grid.path("shop", "small")}).node);
}

TEST_CASE("an instance that is to run again is promised its memory again") {
  Held grid;
  grid.desired(model::Desired::stopped);
  auto nodes = grid.nodes();
  const model::ServiceSpec big{.name = "big", .reservations = {.memory_bytes = 1'000 * megabyte}};
  const Request request{.spec = &big, .path = grid.path("shop", "big")};
  nodes.rebook(grid.held, grid.spec, model::Desired::running);
  CHECK_FALSE(nodes.place(request).node);
  nodes.rebook(grid.held, grid.spec, model::Desired::stopped);
  CHECK(nodes.place(request).node);
}

TEST_CASE("whether one that was stopped has room to run again is asked before it is promised any") {
  Held grid;
  CHECK(grid.nodes().has_room_again(grid.held, grid.spec));
  grid.desired(model::Desired::stopped);
  auto nodes = grid.nodes();
  CHECK(nodes.has_room_again(grid.held, grid.spec));
  const model::ServiceSpec big{.name = "big", .reservations = {.memory_bytes = 1'000 * megabyte}};
  REQUIRE(nodes.place({.spec = &big, .path = grid.path("shop", "big")}).node);
  CHECK_FALSE(nodes.has_room_again(grid.held, grid.spec));
}

TEST_CASE("whether a successor would fit is asked without the instance, and changes nothing") {
  Held grid;
  auto nodes = grid.nodes();
  auto spec = grid.spec;
  const Request request{.spec = &spec, .path = grid.path("shop", "db")};
  CHECK_FALSE(nodes.place(request).node);
  CHECK(nodes.instead_of(grid.held, grid.spec, request).node == NodeId("a"));
  CHECK_FALSE(nodes.place(request).node);
  spec.reservations.memory_bytes = 1'001 * megabyte;
  CHECK(nodes.instead_of(grid.held, grid.spec, request).why_not ==
        "1 without enough free memory: need 1001 MB, best has 1000 MB");
}
