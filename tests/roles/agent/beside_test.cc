#include "beside.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace kontena;
using namespace kontena::agent;
using namespace kontena::agent::test;

namespace {

// `side` is in the network of `web` and has its volumes; `file` has its volumes only.
struct Pair : World {
  model::Assignment web = assignment("w", "web"), side = assignment("s", "side"), file = assignment("f", "file");

  Pair() {
    side.spec.networks.clear();
    side.networks.clear();
    side.spec.network_mode = "service:web";
    side.beside = {{"web", "w"}};
    file.spec.volumes_from = {"web"};
    file.beside = {{"web", "w"}};
  }
  std::string waits(const model::Assignment& a) {
    return state.with([&](const State& s) { return beside(s, a).waits; });
  }
  bool stale(const model::Assignment& a, const std::string& container) {
    return state.with([&](const State& s) { return is_stale(s, a, *fake.inspect(container)); });
  }
  std::string label(const std::string& container) {
    return fake.inspect(container)->labels.at(std::string(beside_label));
  }
};

}  // namespace

TEST_CASE(
    "a container that shares another's network waits until that runs, and one with its volumes until it is there") {
  Pair node;
  CHECK(node.waits(node.side) == "waits until 'web', beside which it is to be, runs");
  CHECK(node.waits(node.file) == "waits until 'web', beside which it is to be, is there");
  node.assign({node.side, node.file});
  node.settle();
  CHECK_FALSE(node.fake.inspect("shop.side-1"));
  CHECK(node.status("s").message == "waits until 'web', beside which it is to be, runs");
  node.assign({node.web});
  node.settle();
  for (const auto* name : {"shop.web-1", "shop.side-1", "shop.file-1"}) CHECK(node.runs(name));
  CHECK(node.label("shop.side-1") == "web=" + node.fake.inspect("shop.web-1")->id);
}

TEST_CASE("the volumes of a container that has ended are there, and its network is not") {
  Pair node;
  node.web.spec.restart.when = model::RestartWhen::no;
  node.assign({node.web});
  node.settle();
  node.fake.exit(node.fake.inspect("shop.web-1")->id, 0);
  node.see("shop.web-1");
  CHECK(node.waits(node.file) == "");
  CHECK(node.waits(node.side) == "waits until 'web', beside which it is to be, runs");
}

TEST_CASE("what shares a network that was begun anew is made anew, what has only volumes runs on") {
  Pair node;
  node.assign({node.web, node.side, node.file});
  node.settle();
  const std::string side = node.fake.inspect("shop.side-1")->id, file = node.fake.inspect("shop.file-1")->id;
  CHECK_FALSE(node.stale(node.side, side));
  node.advance(Duration(60'000));
  node.fake.exit(node.fake.inspect("shop.web-1")->id, 1);
  node.see("shop.web-1");
  for (int round = 0; round < 10; ++round) node.settle(), node.advance(Duration(1'000));
  for (const auto* name : {"shop.web-1", "shop.side-1", "shop.file-1"}) CHECK(node.runs(name));
  CHECK(node.fake.inspect("shop.side-1")->id != side);
  CHECK(node.fake.inspect("shop.file-1")->id == file);
}

TEST_CASE("what was made beside a container that is another by now is made anew") {
  Pair node;
  node.assign({node.web, node.side, node.file});
  node.settle();
  const std::string web = node.fake.inspect("shop.web-1")->id, file = node.fake.inspect("shop.file-1")->id;
  const std::string side = node.fake.inspect("shop.side-1")->id;
  REQUIRE(node.fake.remove(web));
  node.state.change([&](State& s) {
    s.seen.note_gone(web, s.seen.ticket());
    s.touch_all();
  });
  for (int round = 0; round < 10; ++round) node.settle(), node.advance(Duration(1'000));
  const auto now = node.fake.inspect("shop.web-1");
  REQUIRE(now);
  CHECK(now->id != web);
  for (const auto* name : {"shop.side-1", "shop.file-1"}) {
    CHECK(node.runs(name));
    CHECK(node.label(name) == "web=" + now->id);
  }
  CHECK(node.fake.inspect("shop.side-1")->id != side);
  CHECK(node.fake.inspect("shop.file-1")->id != file);
}

TEST_CASE("whose network it is in the end is found over several steps, and a circle is nobody's") {
  Pair node;
  auto last = assignment("l", "last");
  last.spec.network_mode = "service:side";
  last.beside = {{"side", "s"}};
  node.assign({node.web, node.side, last});
  const auto name_of = [&](const std::string& instance) {
    return node.state.with([&](const State& s) -> std::string {
      const auto* found = with_network(*s.kept, s.kept->instances.at(instance));
      return found ? found->service : "-";
    });
  };
  CHECK(name_of("w") == "web");
  CHECK(name_of("l") == "web");
  node.web.spec.network_mode = "service:last";
  node.web.beside = {{"last", "l"}};
  node.assign({node.web});
  CHECK(name_of("l") == "-");
  node.assign({node.web, last}, true);
  CHECK(name_of("l") == "-");
}
