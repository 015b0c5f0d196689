#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/api/events.h"
#include "kontena/api/probe.h"

namespace kontena::client {
namespace {

using canned::in_grid;
using canned::in_project;

api::NodeNetworkState state_of_n1(const canned::World& world) {
  api::NodeNetworkState state{.node = "n1",
                              .address = "10.80.0.1",
                              .key = "abcdefghijklmnopqrstuvwxyz0123456789+/ABCDE=",
                              .way = "kernel",
                              .mtu = 1420,
                              .port = 51820,
                              .current = true};
  state.peers = {{.id = "b",
                  .name = "n2",
                  .state = "ready",
                  .endpoint = "10.0.0.2:51820",
                  .handshake_age_ms = 42'000,
                  .mtu = 1420,
                  .received = 5 << 20,
                  .sent = 900,
                  .addresses = 3},
                 {.id = "c", .name = "n3", .state = "lost", .mtu = 1380}};
  state.networks = {{.path = "default/shop.back",
                     .bridge = "kn0123456789",
                     .subnet = "10.80.16.0/22",
                     .internal = true,
                     .here = 1,
                     .elsewhere = 3}};
  state.drifts = {
      {.at_ms = world.ago(400), .last_ms = world.ago(360), .count = 3, .kind = "network.drift", .text = "2 routes"}};
  return state;
}

}  // namespace

TEST_CASE("node network shows peers, networks and what was mended") {
  canned::World world;
  world.answer_with("GET " + in_grid + "/nodes/n1/network", state_of_n1(world));
  CHECK(world.run({"node", "network", "n1"}).out ==
        "n1\n"
        "address     10.80.0.1\n"
        "key         abcdefghijklmnopqrstuvwxyz0123456789+/ABCDE=\n"
        "carried by  WireGuard of the kernel, port 51820, MTU 1420\n"
        "now         as wanted\n"
        "\n"
        "PEER  STATE  ENDPOINT        HANDSHAKE  MTU   RECEIVED  SENT   MEMBERS\n"
        "n2    ready  10.0.0.2:51820  42s ago    1420  5.0 MB    900 B  3\n"
        "n3    lost   -               never      1380  0 B       0 B    0\n"
        "\n"
        "NETWORK                       BRIDGE        SUBNET         HERE  ELSEWHERE\n"
        "default/shop.back (internal)  kn0123456789  10.80.16.0/22  1     3\n"
        "\n"
        "MENDED  TIMES  WHAT\n"
        "6m ago  3      2 routes\n");
  const auto json =
      codec::from_json<api::NodeNetworkState>(world.run({"node", "network", "n1", "--format", "json"}).out);
  REQUIRE(json);
  CHECK(json->peers.at(0).received == 5 << 20);
  CHECK(world.run({"node", "network", "n1", "-q"}).out == "n1\n");
}

TEST_CASE("node network says what is not as wanted, and why") {
  canned::World world;
  world.answer_with("GET " + in_grid + "/nodes/n1/network",
                    api::NodeNetworkState{
                        .node = "n1", .problem = "the program nft is not installed", .differences = {"no peer n2"}});
  CHECK(world.run({"node", "network", "n1"}).out ==
        "n1\n"
        "address     none yet\n"
        "key         none\n"
        "carried by  none, port 0, MTU 0\n"
        "trouble     the program nft is not installed\n"
        "now         not yet as it was told last\n"
        "differs     no peer n2\n");
  world.refuse("GET " + in_grid + "/nodes/n2/network", 503, "unavailable",
               "node 'n2' is lost: nothing can be asked of it");
  CHECK(world.run({"node", "network", "n2"}).status == 7);
}

TEST_CASE("network test prints each step, and its exit status says whether all are well") {
  canned::World world;
  const std::string path = "POST " + in_project + "/network-test";
  world.answer_with(path, api::NetworkTest{"shop/web-1",
                                           "shop/db",
                                           true,
                                           {{"name", true, "'db-1.shop' is 10.80.16.9 for shop/web-1", ""},
                                            {"port", true, "port 80 of shop/db-1 is open", ""}}});
  const auto well = world.run({"network", "test", "shop/web", "shop/db:80"});
  CHECK(well.status == 0);
  CHECK(well.out ==
        "name       ok      'db-1.shop' is 10.80.16.9 for shop/web-1\n"
        "port       ok      port 80 of shop/db-1 is open\n");
  CHECK(world.asked().back() == path + R"( {"from":"shop/web","port":80,"to":"shop/db"})");

  canned::World other;
  other.answer_with(
      path,
      api::NetworkTest{"shop/web-1", "db", false, {{"handshake", false, "n1 and n2 have never met", "a firewall?"}}});
  const auto wrong = other.run({"network", "test", "shop/web", "db"});
  CHECK(wrong.status == 1);
  CHECK(wrong.out ==
        "handshake  FAILED  n1 and n2 have never met\n"
        "                   a firewall?\n");
  CHECK(other.run({"network", "test", "shop/web", "db", "-q"}).out == "failed\n");
  CHECK(other.run({"network", "test", "shop/web", "db", "--json"}).status == 1);
  CHECK(other.run({"network", "test", "shop/web", "db:http"}).status == 2);
  CHECK(other.run({"network", "test", "shop/web", "db:0"}).status == 2);
  CHECK(other.run({"network", "test", "shop/web"}).status == 2);
}

TEST_CASE("events are listed with the newest last, and as they were asked for") {
  canned::World world;
  const api::EventList list{
      {{.at_ms = 5000,
        .last_ms = 9000,
        .count = 4,
        .kind = "network.drift",
        .node_name = "n1",
        .text = "peer\x1b[2J n2"},
       {.at_ms = 1000, .last_ms = 1000, .kind = "network.drift", .node_name = "n2", .text = "2 routes"}}};
  world.answer_with("GET " + in_grid + "/events", list);
  const auto ran = world.run({"events"});
  CHECK(
      ran.out.starts_with("TIME                      TYPE           NODE  OF  TIMES  WHAT\n"
                          "1970-01-01T00:00:01.000Z  network.drift  n2        1      2 routes\n"
                          "1970-01-01T00:00:09.000Z  network.drift  n1        4      peer"));
  CHECK(ran.out.find('\x1b') == std::string::npos);
  world.answer_with(
      "GET " + in_grid + "/events?kind=network.drift&limit=5&node=n1&since=" + std::to_string(world.ago(600)), list);
  CHECK(world.run({"events", "--node", "n1", "--type", "network.drift", "--since", "10m", "-n", "5", "-q"}).status ==
        0);
  CHECK(world.run({"events", "--since", "yesterday"}).status == 2);
  CHECK(world.run({"events", "--tail", "0"}).status == 2);
  CHECK(world.run({"events", "--type", "node.gone"}).status == 2);
}

}  // namespace kontena::client
