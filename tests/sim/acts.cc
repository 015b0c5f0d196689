// What users do.
#include <algorithm>
#include <array>

#include "kontena/api/message_fields.h"
#include "tables.h"
#include "world.h"

namespace kontena::sim {
namespace {

constexpr std::int64_t megabyte = 1 << 20;
const std::vector<std::string> stacks{"shop", "blog", "jobs"};

std::string url(const std::string& stack, const std::string& more = "") {
  return "/v1/grids/default/projects/default/stacks/" + stack + more;
}

model::ServiceSpec service(World& world, const std::string& name) {
  model::ServiceSpec spec{
      .name = name, .image = name + ":" + std::to_string(world.chance.below(3)), .networks = {{"default", {}}}};
  spec.restart.when = model::RestartWhen::always;
  spec.replicas = world.chance.between(1, 4);
  if (world.chance.once_in(3)) spec.update.order = model::Order::start_first;
  if (world.chance.once_in(3)) spec.update.parallelism = world.chance.between(0, 2);
  if (world.chance.once_in(3)) spec.stop_grace_period_ms = world.chance.between(100, 5'000);
  return spec;
}

// What a service is like goes with its name.
struct Kind {
  std::string_view name;
  void (*shape)(World&, model::ServiceSpec&);
  std::string_view beside = "";  // the one that it is with: without that it is not deployed
};
constexpr std::array kinds{
    Kind{"web", [](World&, model::ServiceSpec&) {}},
    Kind{"api",
         [](World&, model::ServiceSpec& s) {
           s.depends_on["web"] = {.condition = model::Condition::started, .required = false};
         }},
    Kind{"db",
         [](World&, model::ServiceSpec& s) {
           s.replicas = 1;
           s.mounts = {{.source = "data", .target = "/data"}};
         }},
    Kind{"cache",
         [](World& world, model::ServiceSpec& s) {
           s.reservations.memory_bytes = world.chance.between(200, 1'500) * megabyte;
         }},
    Kind{"edge", [](World&, model::ServiceSpec& s) { s.mode = model::Mode::global; }},
    Kind{"health",
         [](World&, model::ServiceSpec& s) {
           s.health_check = model::HealthCheck{.test = {"CMD", "true"}};
         }},
    Kind{"zone",
         [](World&, model::ServiceSpec& s) {
           s.placing.constraints = {{"node.labels.zone", true, "a"}};
         }},
    Kind{"once",
         [](World& world, model::ServiceSpec& s) {
           s.replicas = 1;
           s.restart.when = world.chance.once_in(2) ? model::RestartWhen::no : model::RestartWhen::on_failure;
         }},
    Kind{"side",
         [](World& world, model::ServiceSpec& s) {
           s.networks.clear();
           s.network_mode = "service:web";
           s.depends_on["web"] = {.restart = world.chance.once_in(2)};
         },
         "web"},
    Kind{"peek",
         [](World& world, model::ServiceSpec& s) {
           if (world.chance.once_in(2)) s.options.emplace().pid = "service:db";
           s.volumes_from = {"db:ro"};
           s.depends_on["db"] = {};
         },
         "db"},
    Kind{"task",
         [](World&, model::ServiceSpec& s) {
           s.job = true;
           s.restart.when = model::RestartWhen::on_failure;
         }},
    Kind{"kata", [](World&, model::ServiceSpec& s) { s.options.emplace().runtime = "kata"; }},
    Kind{"near",
         [](World&, model::ServiceSpec& s) {
           s.mounts = {{.source = "near", .target = "/data"},
                       {.kind = model::MountKind::bind, .source = "/nowhere-at-all", .target = "/in"}};
         }},
};

void deploy(World& world) {
  const std::string stack = world.chance.one_of(stacks);
  api::DeployRequest request;
  request.spec.networks["default"] = {};
  request.spec.volumes["data"] = {};
  request.spec.volumes["near"] = {.name = "near", .external = true};
  for (const Kind& kind : kinds) {
    if (!world.chance.once_in(3)) continue;
    auto spec = service(world, std::string(kind.name));
    kind.shape(world, spec);
    if (!kind.beside.empty()) {
      const auto with = request.spec.services.find(std::string(kind.beside));
      if (with == request.spec.services.end()) continue;
      if (with->second.replicas > 1) spec.replicas = std::min(spec.replicas, with->second.replicas);
    }
    request.spec.services[spec.name] = spec;
  }
  if (request.spec.services.empty()) request.spec.services["web"] = service(world, "web");
  world.user("deploy",
             [&world, stack, body = codec::to_json(request)] { world.ask(http::Method::put, url(stack), body); });
}

// A service that the store has now: by the time of the request it may be gone.
const model::Service* some_service(World& world) {
  std::vector<const model::Service*> all;
  world.invariants.truth().services.each("", [&](const auto& item) { all.push_back(&item.value); });
  return all.empty() ? nullptr : world.chance.one_of(all);
}

void scale(World& world) {
  const auto* one = some_service(world);
  if (!one) return;
  world.user("scale", [&world, path = url(one->stack, "/services/" + one->spec.name + "/scale"),
                       body = codec::to_json(api::ScaleRequest{world.chance.between(0, 5)})] {
    world.ask(http::Method::post, path, body);
  });
}

void restart(World& world) {
  const auto* one = some_service(world);
  if (!one) return;
  world.user("restart", [&world, path = url(one->stack, "/services/" + one->spec.name + "/restart")] {
    world.ask(http::Method::post, path, "");
  });
}

void to_stack(World& world, http::Method method, const std::string& more) {
  const std::string path = url(world.chance.one_of(stacks), more);
  world.user("stack", [&world, method, path] { world.ask(method, path, ""); });
}

void label_node(World& world) {
  const auto& machine = world.chance.one_of(world.machines);
  api::LabelChange change;
  change.set["zone"] = world.chance.once_in(2) ? "a" : "b";
  world.user("label", [&world, id = machine->id, body = codec::to_json(change)] {
    if (!id.empty()) world.ask(http::Method::post, "/v1/grids/default/nodes/" + id + "/labels", body);
  });
}

void to_node(World& world, const char* more) {
  const auto& machine = world.chance.one_of(world.machines);
  world.user("node", [&world, id = machine->id, more] {
    if (!id.empty()) world.ask(http::Method::post, "/v1/grids/default/nodes/" + id + more, "");
  });
}

void rebalance(World& world) {
  world.user("rebalance", [&world] { world.ask(http::Method::post, "/v1/grids/default/rebalance", ""); });
}

void abort_deployment(World& world) {
  std::vector<const model::Deployment*> all;
  world.invariants.truth().deployments.each("", [&](const auto& item) {
    if (item.value.state == model::DeploymentState::running) all.push_back(&item.value);
  });
  if (all.empty()) return;
  const auto* one = world.chance.one_of(all);
  world.user("abort", [&world, path = url(one->stack, "/deployments/" + *one->id + "/abort")] {
    world.ask(http::Method::post, path, "");
  });
}

void remove_node(World& world) {
  const auto& machine = world.chance.one_of(world.machines);
  world.user("node rm", [&world, id = machine->id] {
    if (!id.empty()) world.ask(http::Method::del, "/v1/grids/default/nodes/" + id + "?force=true", "");
  });
}

constexpr std::array table{
    Row{"deploy", 10, deploy},
    Row{"scale", 6, scale},
    Row{"restart", 3, restart},
    Row{"stack stop", 2, [](World& w) { to_stack(w, http::Method::post, "/stop"); }},
    Row{"stack start", 4, [](World& w) { to_stack(w, http::Method::post, "/start"); }},
    Row{"stack rm", 2, [](World& w) { to_stack(w, http::Method::del, ""); }},
    Row{"node label", 2, label_node},
    Row{"node drain", 1, [](World& w) { to_node(w, "/drain"); }},
    Row{"node pause", 1, [](World& w) { to_node(w, "/pause"); }},
    Row{"node activate", 3, [](World& w) { to_node(w, "/activate"); }},
    Row{"node rm", 1, remove_node},
    Row{"grid rebalance", 1, rebalance},
    Row{"deployment abort", 1, abort_deployment},
};

}  // namespace

void activate(World& world) {
  // Of every second world one node only: what else is drained is to end empty.
  const bool all = world.options.seed % 2 == 0;
  for (const auto& machine : world.machines) {
    if (!all && machine != world.machines.front()) continue;
    Answered answer;
    for (int tries = 0; answer.status == 0 && tries < 100 && !machine->id.empty(); ++tries) {
      answer = world.ask(http::Method::post, "/v1/grids/default/nodes/" + machine->id + "/activate", "");
      if (answer.status == 0) world.fibers.sleep(Duration(300));
    }
  }
}

std::span<const Row> acts() { return table; }

}  // namespace kontena::sim
