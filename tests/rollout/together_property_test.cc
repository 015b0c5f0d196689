#include <random>

#include "shop.h"
#include "support/seeds.h"

using namespace kontena;
using namespace kontena::rollout;

namespace {

// A web, two that are in its network and have the volumes of a store, and whatever befalls nodes and specs.
struct Pair : Shop {
  std::mt19937 random;
  std::int64_t replicas = 1;

  explicit Pair(unsigned seed) : Shop(4), random(seed) {
    replicas = 1 + draw(3);
    stack_of();
  }
  int draw(int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }

  void stack_of() {
    auto web = service_of("web", draw(4) ? replicas : 1);
    web.image = "web:" + std::to_string(draw(3));
    web.update.order = draw(2) ? model::Order::start_first : model::Order::stop_first;
    auto store = service_of("store", replicas);
    if (draw(3) == 0) store.placing.constraints = {{"node.hostname", false, "n" + std::to_string(1 + draw(4))}};
    auto agent = service_of("agent", replicas);
    agent.image = "agent:" + std::to_string(draw(3));
    agent.network_mode = "service:web";
    agent.depends_on["web"] = {.restart = true};
    agent.volumes_from = {"store"};
    agent.depends_on["store"] = {};
    for (const auto& spec : {web, store, agent}) {
      const auto* before = view.services.get(path("shop", spec.name).text());
      if (!before || !(before->spec == spec)) service("shop", spec);
    }
    deploy();
  }

  void disturb() {
    const std::string some = "n" + std::to_string(1 + draw(4));
    switch (draw(6)) {
      case 0:
        return stack_of();
      case 1:
        return availability(some, static_cast<model::Availability>(draw(3)));
      case 2:
        liveness[NodeId(some)] = model::NodeState::lost;
        return;
      default:
        liveness[NodeId(some)] = model::NodeState::ready;
        return;
    }
  }

  bool is_lost(const NodeId& node) const { return liveness.at(node) == model::NodeState::lost; }

  // As Shop's, but that what was made beside one that moved in the same round goes in the next.
  void decide() {
    schedule::Nodes nodes(view, liveness, "g");
    const auto plan = rollout::step(view, path("shop"), nodes, ids, from_ms(now_ms));
    support::apply_plan(view, plan, now_ms);
  }

  // Those that stay are where one is that they are beside, if any is anywhere.
  void check() const {
    for (const auto& one : instances("agent")) {
      if (one.node.empty() || one.desired == model::Desired::removed || is_lost(one.node)) continue;
      for (const auto* with : {"web", "store"}) {
        const auto& spec = view.services.get(path("shop", with).text())->spec;
        bool any = false, there = false;
        for (const auto& other : instances(with)) {
          if (other.slot != (spec.replicas == 1 ? 1 : one.slot) || other.node.empty()) continue;
          if (other.desired == model::Desired::removed || is_lost(other.node)) continue;
          any = true;
          there |= other.node == one.node;
        }
        CAPTURE(with);
        CAPTURE(text());
        CHECK((there || !any));
      }
    }
  }

  // The agents do what they can of where they are heard.
  void go() {
    std::map<std::string, model::InstanceStatus> before;
    for (const auto& one : instances())
      if (!one.node.empty() && is_lost(one.node)) {
        const auto* status = view.statuses.get(model::instance_key(one));
        before[model::instance_key(one)] = status ? *status : model::InstanceStatus{};
      }
    agents();
    for (auto& [key, status] : before) view.statuses.put(key, status);
    now_ms += 2'000;
  }
};

}  // namespace

TEST_CASE("whatever befalls their nodes, those that are together stay together") {
  const support::Seeds seeds(25, 1);
  for (unsigned seed = seeds.first; seed < seeds.end; ++seed) {
    CAPTURE(seed);
    Pair shop(seed);
    for (int round = 0; round < 40; ++round) {
      if (shop.draw(3) == 0) shop.disturb();
      CAPTURE(round);
      shop.decide();
      shop.decide();
      shop.check();
      shop.go();
    }
    for (int k = 1; k <= 4; ++k) {
      shop.liveness[NodeId("n" + std::to_string(k))] = model::NodeState::ready;
      shop.availability("n" + std::to_string(k), model::Availability::active);
    }
    shop.deploy();
    for (int round = 0; round < 40; ++round) shop.decide(), shop.go();
    CAPTURE(shop.text());
    CHECK(shop.deployment() == "succeeded");
    CHECK(std::ssize(shop.instances("agent")) == shop.replicas);
    shop.check();
  }
}
