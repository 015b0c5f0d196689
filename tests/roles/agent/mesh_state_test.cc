// The wanted network, as its pieces come.
#include "mesh_state.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;

namespace {

model::Member member(const std::string& instance, const std::string& address, bool up = true) {
  return {.network = "default/front", .address = address, .node = NodeId("n2"), .instance = InstanceId(instance), .up = up};
}

api::NetworkAnswer all() {
  return {.revision = 10,
          .complete = true,
          .grid = "main",
          .pool = "10.80.0.0/12",
          .address = "10.80.0.1",
          .digest = "d1",
          .networks = {{.path = "default/front", .bridge = "kn1", .subnet = "10.80.16.0/22", .gateway = "10.80.16.1"}},
          .lost = {"n9", "n3"},
          .members = {member("a", "10.80.16.2"), member("b", "10.80.16.3")},
          .peers = {{.node = NodeId("n2"), .public_key = "k"}}};
}

// Nothing new but the revision.
api::NetworkAnswer nothing(const overlay::Snapshot& had, std::int64_t revision) {
  return {.revision = revision, .grid = had.grid, .pool = had.pool, .address = had.address, .digest = had.digest, .networks = had.networks, .lost = had.lost};
}

}  // namespace

TEST_CASE("a complete answer takes the place of all there was") {
  const auto first = merge({}, all());
  CHECK(first.differs);
  CHECK(first.snapshot.revision == 10);
  CHECK(first.snapshot.digest == "d1");
  CHECK(first.snapshot.lost == model::Strings{"n3", "n9"});
  CHECK(first.snapshot.members.size() == 2);
  auto fewer = all();
  fewer.revision = 11;
  fewer.members.pop_back();
  fewer.peers.clear();
  const auto second = merge(first.snapshot, fewer);
  CHECK(second.differs);
  CHECK(second.snapshot.members.size() == 1);
  CHECK(second.snapshot.peers.empty());
}

TEST_CASE("all over again, with nothing new in it, is no difference") {
  const auto first = merge({}, all());
  auto again = all();
  again.revision = 20;
  const auto second = merge(first.snapshot, again);
  CHECK_FALSE(second.differs);
  CHECK(second.snapshot.revision == 20);
}

TEST_CASE("a part of it adds, changes and takes away, and leaves the rest") {
  const auto first = merge({}, all());
  auto news = nothing(first.snapshot, 11);
  CHECK_FALSE(merge(first.snapshot, news).differs);
  news.members = {member("b", "10.80.16.3", false), member("c", "10.80.16.4")};
  const auto second = merge(first.snapshot, news);
  CHECK(second.differs);
  CHECK(second.snapshot.members.size() == 3);
  CHECK_FALSE(second.snapshot.members.at("b@default/front").up);
  CHECK(second.snapshot.members.at("a@default/front") == member("a", "10.80.16.2"));
  CHECK(second.snapshot.peers.size() == 1);
  news = nothing(second.snapshot, 12);
  news.gone = {"b", "unknown"};
  const auto third = merge(second.snapshot, news);
  CHECK(third.differs);
  CHECK(third.snapshot.members.size() == 2);
  CHECK_FALSE(merge(third.snapshot, nothing(third.snapshot, 13)).differs);
}

TEST_CASE("the key that a peer had before is remembered, as long as there is such a peer") {
  const auto first = merge({}, all());
  CHECK(first.snapshot.former_keys.empty());
  auto news = nothing(first.snapshot, 11);
  news.peers = {{.node = NodeId("n2"), .public_key = "k-new"}};
  const auto second = merge(first.snapshot, news);
  CHECK(second.snapshot.former_keys == model::StringMap{{"n2", "k"}});
  CHECK(merge(second.snapshot, nothing(second.snapshot, 12)).snapshot.former_keys.size() == 1);
  auto again = all();
  again.peers = news.peers;
  CHECK(merge(second.snapshot, again).snapshot.former_keys.size() == 1);
  again.peers.clear();
  CHECK(merge(second.snapshot, again).snapshot.former_keys.empty());
}

TEST_CASE("networks and lost nodes that are others are a difference, and are asked with the new digest") {
  const auto first = merge({}, all());
  auto news = all();
  news.digest = "d2";
  news.lost = {"n3"};
  const auto second = merge(first.snapshot, news);
  CHECK(second.differs);
  CHECK(second.snapshot.digest == "d2");
  news.networks.clear();
  CHECK(merge(second.snapshot, news).differs);
}

TEST_CASE("who is up changes names alone, and anything else where packets go") {
  const auto snapshot = merge({}, all()).snapshot;
  REQUIRE_FALSE(snapshot.members.empty());
  auto other = snapshot;
  other.revision = 99;
  other.lost = {"n9"};
  other.members.begin()->second.up = !other.members.begin()->second.up;
  CHECK_FALSE(leads_elsewhere(snapshot, other));
  SUBCASE("a member's node") { other.members.begin()->second.node = NodeId("n9"); }
  SUBCASE("a member that is gone") { other.members.erase(other.members.begin()); }
  SUBCASE("a peer") { other.peers["n9"].public_key = "k9"; }
  SUBCASE("a network") { other.networks.pop_back(); }
  CHECK(leads_elsewhere(snapshot, other));
}

TEST_CASE("what is kept comes back, and what cannot be read counts as none") {
  const TempFolder folder;
  CHECK(load_snapshot(folder.path()).revision == 0);
  const auto snapshot = merge({}, all()).snapshot;
  REQUIRE(save_snapshot(folder.path(), snapshot));
  CHECK(codec::to_json(load_snapshot(folder.path())) == codec::to_json(snapshot));
  auto later = snapshot;
  later.format = 2;
  REQUIRE(save_snapshot(folder.path(), later));
  CHECK(load_snapshot(folder.path()).revision == 0);
}
