#include <doctest/doctest.h>

#include "history.h"
#include "scan.h"
#include "support/seeds.h"

using namespace kontena;
using namespace kontena::schedule;

namespace {

std::string text(const Placement& placement) { return placement.node ? **placement.node : "-"; }

// What can be asked of two sets of nodes that should be the same, until one answers otherwise.
void check_same(Nodes& one, Nodes& other, History& history) {
  CHECK(one.awaits_nodes() == other.awaits_nodes());
  const auto instances = history.instances();
  for (int i = 0; i < 6; ++i) {
    const auto spec = history.spec(history.letter('w', 3));
    const auto request = history.request(spec, history.letter('s', 2));
    CHECK(one.eligible(request) == other.eligible(request));
    for (auto times = 1 + history.any(4); times > 0; --times) {
      const auto a = one.place(request), b = other.place(request);
      CHECK(text(a) == text(b));
      CHECK(a.why_not == b.why_not);
    }
    if (instances.empty()) continue;
    const auto& instance = instances[static_cast<std::size_t>(history.any(std::ssize(instances)))];
    const auto a = one.instead_of(instance, spec, request), b = other.instead_of(instance, spec, request);
    CHECK(text(a) == text(b));
    CHECK(a.why_not == b.why_not);
  }
}

}  // namespace

TEST_CASE("the index places as one pass over all nodes would, whatever is asked of it") {
  const support::Seeds seeds(400);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    History history(seed);
    for (int i = 0; i < 8; ++i) history.a_node_comes_or_changes();
    for (auto events = history.any(60); events > 0; --events) history.something_happens();
    Nodes index(history.view, history.liveness, "g");
    Scan scan(history.view, history.liveness, "g");
    std::vector<model::ServiceSpec> specs;
    for (int s = 0; s < 5; ++s) specs.push_back(history.spec(history.letter('w', 5)));
    for (int run = 0; run < 12; ++run) {
      const auto& spec = specs[static_cast<std::size_t>(history.any(std::ssize(specs)))];
      const auto request = history.request(spec, history.letter('s', 2));
      for (auto left = 1 + history.any(12); left > 0; --left) {
        const auto placement = index.place(request);
        const auto expected = scan.place(request);
        REQUIRE((placement.node ? **placement.node : "") == expected);
        REQUIRE(placement.why_not.empty() == !expected.empty());
      }
    }
  }
}

TEST_CASE("nodes that followed the view through any history are those that are made from it") {
  const support::Seeds seeds(400);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    History history(seed);
    for (auto events = history.any(40); events > 0; --events) history.something_happens();
    history.keys.clear();
    auto view = std::make_unique<model::ClusterView>(history.view);
    auto heard = history.liveness;
    Nodes followed(*view, history.liveness, "g");
    for (int round = 0; round < 8; ++round) {
      CAPTURE(round);
      for (auto events = history.any(12); events > 0; --events) history.something_happens();
      history.keys.push_back("instances/other/default/s/w/1");
      auto next = std::make_unique<model::ClusterView>(history.view);
      followed.follow(*next, history.keys);
      for (const auto& [node, state] : history.liveness)
        if (!heard.contains(node) || heard[node] != state) followed.hear(node, state);
      for (const auto& [node, state] : heard)
        if (!history.liveness.contains(node)) followed.forget(node);
      heard = history.liveness;
      history.keys.clear();
      view = std::move(next);
      Nodes anew(*view, history.liveness, "g");
      // What is booked meanwhile is gone after the next round.
      check_same(followed, anew, history);
      if (history.chance(2)) followed.keep();
    }
  }
}

TEST_CASE("what is taken back was never booked; what was kept stays") {
  const support::Seeds seeds(300);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    History history(seed);
    for (int i = 0; i < 8; ++i) history.a_node_comes_or_changes();
    for (auto events = history.any(40); events > 0; --events) history.something_happens();
    const auto instances = history.instances();
    Nodes tried(history.view, history.liveness, "g"), plain(history.view, history.liveness, "g");
    for (int round = 0; round < 4; ++round) {
      const bool fails = history.chance(2);
      for (auto steps = history.any(8); steps > 0; --steps) {
        const auto spec = history.spec(history.letter('w', 3));
        const auto request = history.request(spec, history.letter('s', 2));
        const bool rebooks = !instances.empty() && history.chance(3);
        const auto at = rebooks ? static_cast<std::size_t>(history.any(std::ssize(instances))) : 0;
        const auto desired = static_cast<model::Desired>(history.any(3));
        for (Nodes* nodes : {&tried, &plain}) {
          if (nodes == &plain && fails) continue;
          if (rebooks)
            nodes->rebook(instances[at], history.spec_of(instances[at]), desired);
          else
            nodes->place(request);
        }
      }
      if (fails)
        tried.undo();
      else
        tried.keep();
    }
    check_same(tried, plain, history);
  }
}
