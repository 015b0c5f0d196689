// What an instance costs with a network namespace of its own, and with one that a small
// container holds for it: started, and replaced. Each container is described and made as
// the agent does it. holder_bench.sh calls it phase by phase, and measures.
//
// usage: holder_bench SOCKET plain|holder start|replace|remove N IN_PARALLEL
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "kontena/engine/open.h"
#include "make.h"

namespace {

using namespace kontena;

const agent::Owner owner{"bench", "bench"};
const std::string image = "busybox";

model::AssignedNetwork network(int n) {
  return {.name = "bench",
          .path = "default/bench",
          .bridge = "knbench",
          .subnet = "10.81.0.0/22",
          .gateway = "10.81.0.1",
          .address = "10.81." + std::to_string((n + 10) / 250) + '.' + std::to_string((n + 10) % 250)};
}

engine::ContainerSpec described(const std::string& name, int n) {
  model::Assignment wanted;
  wanted.id = InstanceId(name);
  wanted.project = "default";
  wanted.stack = "bench";
  wanted.service = "web";
  wanted.slot = n;
  wanted.container_name = name;
  wanted.spec.name = "web";
  wanted.spec.image = image;
  wanted.spec.command = model::Strings{"sh", "-c", "trap 'exit 0' TERM; sleep 9999 & wait"};
  wanted.spec.networks = {{.network = "default", .aliases = {}, .ipv4_address = ""}};
  wanted.networks["default"] = network(n);
  return agent::container_of(wanted, owner);
}

class Bench {
 public:
  Bench(engine::Engine& engine, bool with_holder) : engine_(engine), with_holder_(with_holder) {}

  Status start(int n) {
    if (with_holder_) {
      engine::ContainerSpec holder = described(holder_name(n), n);
      holder.service.command = model::Strings{"sleep", "2147483647"};
      KTN_OK(run(holder));
    }
    return start_instance(n, 1);
  }

  Status replace(int n) {
    KTN_OK(engine_.stop(name(n, 1), Duration(10'000)));
    KTN_OK(engine_.remove(name(n, 1)));
    return start_instance(n, 2);
  }

  Status remove(int n) {
    KTN_OK(engine_.stop(name(n, 2), Duration(10'000)));
    KTN_OK(engine_.remove(name(n, 2)));
    if (!with_holder_) return Done{};
    KTN_OK(engine_.stop(holder_name(n), Duration(0)));
    return engine_.remove(holder_name(n));
  }

 private:
  static std::string name(int n, int time) { return "bench-" + std::to_string(n) + '-' + std::to_string(time); }
  static std::string holder_name(int n) { return "bench-holder-" + std::to_string(n); }

  Status start_instance(int n, int time) {
    engine::ContainerSpec spec = described(name(n, time), n);
    if (with_holder_) {
      spec.service.networks.clear();
      spec.service.network_mode = "container:" + holder_name(n);
    } else {
      spec.resolv_conf = "/etc/resolv.conf";
    }
    return run(spec);
  }

  Status run(const engine::ContainerSpec& spec) {
    KTN_TRY(const std::string id, engine_.create(spec));
    return engine_.start(id);
  }

  engine::Engine& engine_;
  const bool with_holder_;
};

int complain(const std::string& what) {
  std::fprintf(stderr, "holder_bench: %s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return complain("usage: holder_bench SOCKET plain|holder start|replace|remove N IN_PARALLEL");
  const std::string way = arguments[2], phase = arguments[3];
  const int n = std::atoi(arguments[4]), parallel = std::atoi(arguments[5]);
  const auto engine = engine::open_docker(arguments[1]);
  if (const auto facts = engine->facts(); !facts) return complain(facts.error().message);
  if (const Status made = engine->ensure_network(network(0), {{std::string(engine::node_label), owner.node}}, 1420); !made)
    return complain(made.error().message);
  Bench bench(*engine, way == "holder");
  Synced<std::string> problem;
  std::vector<std::jthread> lanes;
  for (int lane = 0; lane < parallel; ++lane)
    lanes.emplace_back([&, lane] {
      for (int i = lane; i < n; i += parallel) {
        const Status done = phase == "start" ? bench.start(i) : phase == "replace" ? bench.replace(i) : bench.remove(i);
        if (!done) problem.change([&](std::string& p) { p = done.error().message; });
      }
    });
  lanes.clear();
  const std::string what = problem.with([](const std::string& p) { return p; });
  return what.empty() ? 0 : complain(what);
}
