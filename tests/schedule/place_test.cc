#include "kontena/schedule/place.h"

#include <doctest/doctest.h>

#include "support/cluster.h"

using namespace kontena;
using namespace kontena::schedule;
using support::core, support::megabyte;

namespace {

struct Grid : support::Cluster {
  Nodes nodes() const { return Nodes(view, liveness, "g"); }
  Request request(const model::ServiceSpec& spec, const std::string& stack = "shop") const {
    return {.spec = &spec, .path = path(stack, spec.name)};
  }
  std::string where(const model::ServiceSpec& spec) const {
    const auto placement = nodes().place(request(spec));
    return placement.node ? **placement.node : "";
  }
  std::string why_not(const model::ServiceSpec& spec) const { return nodes().place(request(spec)).why_not; }
};

model::ServiceSpec web() { return {.name = "web", .image = "web:1"}; }

}  // namespace

TEST_CASE("without nodes nothing can be placed, and the reason says so") {
  CHECK(Grid().why_not(web()) == "the grid has no nodes");
}

TEST_CASE("a node takes new work when it is heard and active") {
  Grid grid;
  for (const auto* name : {"a", "b", "c", "d", "e"}) grid.node(name);
  grid.liveness[NodeId("a")] = model::NodeState::lost;
  grid.liveness.erase(NodeId("b"));
  grid.availability("c", model::Availability::pause);
  grid.availability("d", model::Availability::drain);
  CHECK(grid.where(web()) == "e");
  CHECK(grid.nodes().awaits_nodes());
  grid.availability("e", model::Availability::pause);
  CHECK(grid.why_not(web()) == "5 not ready for new work");
}

TEST_CASE("folders and devices that an engine does not make have to be there") {
  auto spec = web();
  spec.mounts = {{.kind = model::MountKind::volume, .source = "data", .target = "/data"}};
  spec.options = model::ContainerOptions{.block_io = {.read_bytes = {{"/dev/sdb", 1'000}}}};
  std::map<std::string, model::VolumeSpec> volumes;
  volumes["data"].driver_options = {{"type", "none"}, {"o", "bind,rw"}, {"device", "/srv/data"}};
  CHECK(needs_of(spec, volumes).there == model::Strings{"/srv/data", "/dev/sdb"});
  volumes["data"].driver_options["o"] = "rw";
  CHECK(needs_of(spec, volumes).there == model::Strings{"/dev/sdb"});
}

TEST_CASE("a node of another grid takes nothing") {
  Grid grid;
  grid.node("a");
  CHECK(Nodes(grid.view, grid.liveness, "other").place(grid.request(web())).why_not == "the grid has no nodes");
}

TEST_CASE("constraints turn nodes away") {
  Grid grid;
  grid.node("a", {{"disk", "hdd"}});
  grid.node("b", {{"disk", "ssd"}});
  auto spec = web();
  spec.placing.constraints = {{"node.labels.disk", true, "ssd"}};
  CHECK(grid.where(spec) == "b");
  spec.placing.constraints = {{"node.labels.disk", false, "hdd"}, {"node.hostname", false, "b"}};
  CHECK(grid.why_not(spec) == "2 not matching the constraints");
}

TEST_CASE("an instance goes where its volume lives, or nowhere") {
  Grid grid;
  grid.node("a");
  grid.node("b");
  const auto spec = web();
  auto request = grid.request(spec);
  request.pinned = NodeId("b");
  CHECK(**grid.nodes().place(request).node == "b");
  grid.liveness[NodeId("b")] = model::NodeState::lost;
  CHECK(grid.nodes().place(request).why_not == "1 not ready for new work; 1 not the node its volume lives on");
}

TEST_CASE("no node takes more instances of a service than its maximum") {
  Grid grid;
  grid.node("a");
  grid.node("b");
  auto spec = web();
  spec.placing.max_replicas_per_node = 1;
  auto nodes = grid.nodes();
  CHECK(**nodes.place(grid.request(spec)).node == "a");
  CHECK(**nodes.place(grid.request(spec)).node == "b");
  CHECK(nodes.place(grid.request(spec)).why_not == "2 with max_replicas_per_node reached");
}

TEST_CASE("CPU and memory are promised once, and the reason says what is lacking") {
  Grid grid;
  grid.node("a", {}, 1, 1'024 * megabyte);
  grid.node("b", {}, 1, 1'024 * megabyte);
  auto spec = web();
  spec.reservations = {.nano_cpus = core / 10 * 4, .memory_bytes = 100 * megabyte};
  auto nodes = grid.nodes();
  for (int i = 0; i < 4; ++i) CHECK(nodes.place(grid.request(spec)).node);
  CHECK(nodes.place(grid.request(spec)).why_not == "2 without enough free CPU: need 0.4 cores, best has 0.2");
  auto cache = web();
  cache.name = "cache";
  cache.reservations.memory_bytes = 900 * megabyte;
  CHECK(nodes.place(grid.request(cache)).why_not == "2 without enough free memory: need 900 MB, best has 824 MB");
}

TEST_CASE("a host port is taken by address, protocol and number") {
  Grid grid;
  grid.node("a");
  auto spec = web();
  spec.ports = {{.target = 80, .published = 8080}};
  auto nodes = grid.nodes();
  CHECK(nodes.place(grid.request(spec)).node);
  CHECK(nodes.place(grid.request(spec)).why_not == "1 with port 8080/tcp taken");

  const auto fits = [&](model::Port port) {
    auto other = web();
    other.name = "other";
    other.ports = {std::move(port)};
    return nodes.place(grid.request(other)).node.has_value();
  };
  CHECK_FALSE(fits({.target = 80, .published = 8080, .host_ip = "10.0.0.1"}));
  CHECK(fits({.target = 80, .published = 8080, .protocol = "udp"}));
  CHECK(fits({.target = 80, .published = 8081, .host_ip = "10.0.0.1"}));
  CHECK(fits({.target = 80, .published = 8081, .host_ip = "10.0.0.2"}));
  CHECK_FALSE(fits({.target = 80, .published = 8081, .host_ip = "0.0.0.0"}));
  CHECK_FALSE(fits({.target = 80, .published = 8081}));
  CHECK(fits({.target = 80, .published = 0}));
  CHECK(fits({.target = 80, .published = 0}));
}

TEST_CASE("of a range of host ports each instance has one, and nobody else a single one of them") {
  Grid grid;
  grid.node("a");
  auto spec = web();
  spec.ports = {{.target = 80, .published = 8000, .published_last = 8002}};
  auto nodes = grid.nodes();
  const auto fits = [&](model::Port port) {
    auto other = web();
    other.name = "other";
    other.ports = {std::move(port)};
    return nodes.place(grid.request(other)).node.has_value();
  };
  CHECK(fits({.target = 80, .published = 8001}));
  CHECK(nodes.place(grid.request(spec)).node);
  CHECK(nodes.place(grid.request(spec)).node);
  CHECK(nodes.place(grid.request(spec)).why_not == "1 with port 8000-8002/tcp taken");
  CHECK_FALSE(fits({.target = 80, .published = 8002}));
  CHECK(fits({.target = 80, .published = 8003}));
  CHECK(fits({.target = 80, .published = 8000, .protocol = "udp"}));
}

TEST_CASE("reasons are counted by the first complaint of each node, in the order of the filters") {
  Grid grid;
  for (const auto* name : {"a", "b", "c", "d"}) grid.node(name, {}, 4, 410 * megabyte);
  grid.liveness[NodeId("a")] = model::NodeState::lost;
  grid.liveness[NodeId("b")] = model::NodeState::lost;
  grid.node("d", {}, 4, 100 * megabyte);
  auto spec = web();
  spec.reservations.memory_bytes = 512 * megabyte;
  CHECK(grid.why_not(spec) == "2 not ready for new work; 2 without enough free memory: need 512 MB, best has 410 MB");
}

TEST_CASE("the reason for a slot of a global service speaks of its node alone") {
  Grid grid;
  grid.node("a");
  grid.node("b", {}, 4, 100 * megabyte);
  auto spec = web();
  spec.mode = model::Mode::global;
  spec.reservations.memory_bytes = 512 * megabyte;
  auto request = grid.request(spec);
  request.pinned = NodeId("b");
  CHECK(grid.nodes().place(request).why_not == "b without enough free memory: need 512 MB, best has 100 MB");
}

TEST_CASE("a global service is for the nodes that are ready and match, full ones too") {
  Grid grid;
  grid.node("a", {{"disk", "ssd"}});
  grid.node("b", {{"disk", "ssd"}}, 4, 1 * megabyte);
  grid.node("c");
  grid.node("d", {{"disk", "ssd"}});
  grid.liveness[NodeId("d")] = model::NodeState::lost;
  auto spec = web();
  spec.mode = model::Mode::global;
  spec.reservations.memory_bytes = 512 * megabyte;
  spec.placing.constraints = {{"node.labels.disk", true, "ssd"}};
  CHECK(grid.nodes().eligible(grid.request(spec)) == std::vector{NodeId("a"), NodeId("b")});
}

TEST_CASE("instances keep apart by zone first, then by node") {
  Grid grid;
  grid.node("a", {{"zone", "1"}});
  grid.node("b", {{"zone", "1"}});
  grid.node("c", {{"zone", "1"}});
  grid.node("d", {{"zone", "2"}});
  auto nodes = grid.nodes();
  const auto spec = web();
  std::string order;
  for (int i = 0; i < 6; ++i) order += **nodes.place(grid.request(spec)).node;
  CHECK(order == "adbdcd");
}

TEST_CASE("explicit spread attributes come instead of the zone, the first outermost") {
  Grid grid;
  grid.node("a", {{"zone", "1"}, {"dc", "x"}, {"rack", "1"}});
  grid.node("b", {{"zone", "1"}, {"dc", "x"}, {"rack", "2"}});
  grid.node("c", {{"zone", "1"}, {"dc", "x"}, {"rack", "2"}});
  grid.node("d", {{"zone", "2"}, {"dc", "y"}, {"rack", "1"}});
  auto spec = web();
  spec.placing.spread = {"node.labels.dc", "node.labels.rack"};
  auto nodes = grid.nodes();
  std::string order;
  for (int i = 0; i < 8; ++i) order += **nodes.place(grid.request(spec)).node;
  CHECK(order == "adbdcdad");
}

TEST_CASE("load is relative to the cores of a node") {
  Grid grid;
  grid.node("a", {}, 2);
  grid.node("b", {}, 8);
  auto nodes = grid.nodes();
  std::map<std::string, int> count;
  for (int i = 0; i < 10; ++i) {
    auto spec = web();
    spec.name += std::to_string(i);
    ++count[**nodes.place(grid.request(spec)).node];
  }
  CHECK(count == std::map<std::string, int>{{"a", 2}, {"b", 8}});
}

TEST_CASE("a preferred node is taken when it fits") {
  Grid grid;
  grid.node("a");
  grid.node("b", {}, 4, 100 * megabyte);
  auto spec = web();
  auto request = grid.request(spec);
  request.prefer = NodeId("b");
  auto nodes = grid.nodes();
  CHECK(**nodes.place(request).node == "b");
  CHECK(**nodes.place(request).node == "b");
  spec.reservations.memory_bytes = 200 * megabyte;
  CHECK(**nodes.place(request).node == "a");
}

TEST_CASE("an instance never goes where it is to go away from, and the reason says so") {
  Grid grid;
  grid.node("a");
  grid.node("b");
  grid.node("c", {}, 4, 100 * megabyte);
  auto spec = web();
  spec.reservations.memory_bytes = 200 * megabyte;
  auto request = grid.request(spec);
  request.not_on = {NodeId("a")};
  CHECK(**grid.nodes().place(request).node == "b");
  request.prefer = NodeId("a");
  CHECK(**grid.nodes().place(request).node == "b");
  request.not_on = {NodeId("a"), NodeId("b")};
  CHECK(grid.nodes().place(request).why_not ==
        "2 where it is to go away from; 1 without enough free memory: need 200 MB, best has 100 MB");
  request.pinned = NodeId("a");
  CHECK_FALSE(grid.nodes().place(request).node);
}

TEST_CASE("a node where a service keeps failing is taken only where no other fits") {
  Grid grid;
  grid.node("a");
  grid.node("b");
  grid.node("c", {}, 4, 100 * megabyte);
  auto spec = web();
  spec.placing.max_replicas_per_node = 2;
  auto request = grid.request(spec);
  request.avoid = {NodeId("a")};
  auto nodes = grid.nodes();
  std::string order;
  for (int i = 0; i < 6; ++i) order += **nodes.place(request).node;
  CHECK(order == "bcbcaa");
  CHECK_FALSE(nodes.place(request).node);

  request.prefer = NodeId("a");
  CHECK(**grid.nodes().place(request).node == "b");
  request.prefer.reset();
  request.pinned = NodeId("a");
  CHECK(**grid.nodes().place(request).node == "a");
}

TEST_CASE("a paused or draining node takes no new work, pinned or not") {
  for (const auto availability : {model::Availability::pause, model::Availability::drain}) {
    Grid grid;
    grid.node("a");
    grid.availability("a", availability);
    const auto spec = web();
    auto request = grid.request(spec);
    CHECK(grid.nodes().place(request).why_not == "1 not ready for new work");
    request.pinned = NodeId("a");
    CHECK_FALSE(grid.nodes().place(request).node);
    CHECK(grid.nodes().eligible(request).empty());
    CHECK_FALSE(grid.nodes().awaits_nodes());
  }
}
