#include "kontena/access/policy.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::access;

namespace {

const model::ProjectPath shop{"eu", "shop"}, usual{"eu", "default"};

model::StackSpec stack_of(auto&& change) {
  model::StackSpec spec{.name = "s"};
  model::ServiceSpec web{.name = "web", .image = "nginx"};
  change(web);
  spec.services["web"] = web;
  return spec;
}

std::vector<std::string> of(const model::ClusterView& view, const model::ProjectPath& path, auto&& change) {
  return breaches(allowance(view, path), stack_of(change));
}

}  // namespace

TEST_CASE("each way into a host needs its switch") {
  struct Row {
    const char* needs;
    void (*change)(model::ServiceSpec&);
  };
  const Row rows[] = {
      {"privileged", [](auto& s) { s.options.emplace().privileged = true; }},
      {"privileged", [](auto& s) { s.post_start = {{.command = {"x"}, .privileged = true}}; }},
      {"capabilities", [](auto& s) { s.options.emplace().cap_add = {"NET_ADMIN"}; }},
      {"capabilities", [](auto& s) { s.options.emplace().security_opt = {"seccomp=unconfined"}; }},
      {"capabilities", [](auto& s) { s.options.emplace().security_opt = {"label=disable"}; }},
      {"capabilities", [](auto& s) { s.options.emplace().userns = "host"; }},
      {"capabilities", [](auto& s) { s.options.emplace().security_opt = {"label=level:s0:c1"}; }},
      {"capabilities", [](auto& s) { s.options.emplace().annotations = {{"org.systemd.property.DevicePolicy", "'auto'"}}; }},
      {"capabilities", [](auto& s) { s.options.emplace().runtime = "other"; }},
      {"capabilities", [](auto& s) { s.options.emplace().ulimits = {{"rtprio", 99, 99}}; }},
      {"capabilities", [](auto& s) { s.options.emplace().cpu_realtime_runtime = 1'000; }},
      {"host-network", [](auto& s) { s.options.emplace().log_driver = "syslog"; }},
      {"binds", [](auto& s) { s.image = "3f"; }},
      {"binds", [](auto& s) { s.image = "sha256:3f"; }},
      {"binds", [](auto& s) { s.pre_start = {{.command = {"x"}, .image = "3f"}}; }},
      {"binds", [](auto& s) { s.mounts = {{.kind = model::MountKind::image, .source = "3f", .target = "/in"}}; }},
      {"devices", [](auto& s) { s.options.emplace().devices = {{"/dev/sda", "/dev/sda", "r"}}; }},
      {"devices", [](auto& s) { s.options.emplace().device_requests = {{.count = -1}}; }},
      {"devices", [](auto& s) { s.options.emplace().device_cgroup_rules = {"b *:* rwm"}; }},
      {"host-ipc", [](auto& s) { s.options.emplace().ipc = "host"; }},
      {"host-pid", [](auto& s) { s.options.emplace().pid = "host"; }},
      {"host-pid", [](auto& s) { s.options.emplace().cgroup_parent = "/docker"; }},
      {"host-network", [](auto& s) { s.network_mode = "host"; }},
      {"host-network", [](auto& s) { s.network_mode = "bridge"; }},
      {"binds", [](auto& s) { s.mounts = {{.kind = model::MountKind::bind, .source = "/etc", .target = "/in"}}; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.needs);
    model::ClusterView view;
    CHECK(of(view, usual, row.change).empty());
    const auto refused = of(view, shop, row.change);
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].find("(" + std::string(row.needs) + ")") != std::string::npos);
    view.policies.put("eu/shop", {.allow = {{row.needs, true}}});
    CHECK(of(view, shop, row.change).empty());
    // What the grid denies no project has.
    view.policies.put("eu", {.allow = {{row.needs, false}}});
    CHECK(of(view, shop, row.change).size() == 1);
    CHECK(of(view, usual, row.change).size() == 1);
  }
  CHECK(of({}, shop, [](auto&) {}).empty());
  CHECK(of({}, shop, [](auto& s) { s.options.emplace().security_opt = {"no-new-privileges"}; }).empty());
  CHECK(of({}, shop, [](auto& s) { s.options.emplace().log_driver = "json-file"; }).empty());
  CHECK(of({}, shop, [](auto& s) { s.image = "3f:1"; }).empty());
  CHECK(of({}, shop, [](auto& s) { s.options.emplace().ulimits = {{"nofile", 99, 99}}; }).empty());
  CHECK(of({}, shop, [](auto& s) { s.mounts = {{.kind = model::MountKind::volume, .source = "data", .target = "/in"}}; }).empty());
}

TEST_CASE("the engine's socket needs its own switch, by whatever path it is reached") {
  model::ClusterView view;
  view.policies.put("eu/shop", {.allow = {{"binds", true}}});
  const auto refused = [&](const std::string& path) {
    return !breaches(allowance(view, shop), stack_of([&](auto& s) {
                       s.mounts = {{.kind = model::MountKind::bind, .source = path, .target = "/in"}};
                     })).empty();
  };
  for (const char* path : {"/var/run/docker.sock", "/run/docker.sock", "/run", "/", "/var", "/var/run/", "//var//run/../run/docker.sock"})
    CHECK_MESSAGE(refused(path), path);
  for (const char* path : {"/srv", "/run/other", "/variety", "/run/docker.socket"}) CHECK_MESSAGE(!refused(path), path);
  view.policies.put("eu/shop", {.allow = {{"binds", true}, {"docker-socket", true}}});
  CHECK(!refused("/run/docker.sock"));
}

TEST_CASE("a volume that is a folder of the host is a bind") {
  const auto refused = [](const model::VolumeSpec& volume) {
    model::StackSpec spec{.name = "s"};
    spec.volumes["data"] = volume;
    return !breaches(allowance({}, shop), spec).empty();
  };
  CHECK(!refused({}));
  CHECK(refused({.external = true}));
  CHECK(refused({.driver = "rexray"}));
  CHECK(refused({.driver_options = {{"type", "none"}, {"o", "bind"}, {"device", "/etc"}}}));
  // Mounted by the host, in its name; a path need not begin with '/', nor be the device.
  CHECK(refused({.driver_options = {{"type", "nfs"}, {"o", "addr=10.0.0.1"}, {"device", ":/export"}}}));
  CHECK(refused({.driver_options = {{"type", "none"}, {"o", "bind"}, {"device", "etc"}}}));
  CHECK(refused({.driver_options = {{"type", "tmpfs"}, {"o", "rw,rbind"}, {"device", "tmpfs"}}}));
  CHECK(refused({.driver_options = {{"type", "overlay"}, {"o", "lowerdir=/:/srv"}, {"device", "overlay"}}}));
  CHECK(refused({.driver_options = {{"type", "proc"}, {"device", "proc"}}}));
  CHECK(!refused({.driver_options = {{"type", "tmpfs"}, {"o", "size=1m,uid=1000"}, {"device", "tmpfs"}}}));
  CHECK(!refused({.driver_options = {{"size", "1g"}}}));
  model::ClusterView view;
  view.policies.put("eu/shop", {.allow = {{"binds", true}}});
  const auto reaches_socket = [&](const model::StringMap& options) {
    model::StackSpec spec{.name = "s"};
    spec.volumes["data"].driver_options = options;
    return !breaches(allowance(view, shop), spec).empty();
  };
  CHECK(reaches_socket({{"type", "overlay"}, {"o", "lowerdir=/:/srv"}, {"device", "overlay"}}));
  CHECK(reaches_socket({{"type", "none"}, {"o", "bind"}, {"device", "run"}}));
  CHECK(!reaches_socket({{"type", "nfs"}, {"o", "addr=10.0.0.1,rw"}, {"device", ":/export"}}));
}

TEST_CASE("images are only of the registries that are named") {
  CHECK(full_image("nginx") == "docker.io/library/nginx");
  CHECK(full_image("ann/nginx:1") == "docker.io/ann/nginx:1");
  CHECK(full_image("localhost/nginx") == "localhost/nginx");
  CHECK(full_image("registry.example:5000/a/b@sha256:0") == "registry.example:5000/a/b@sha256:0");
  model::ClusterView view;
  view.policies.put("eu", {.registries = {{"docker.io/library", "registry.example:5000"}}});
  const auto allowed = [&](const std::string& image) {
    return of(view, shop, [&](auto& s) { s.image = image; }).empty();
  };
  CHECK(allowed("nginx"));
  CHECK(allowed("registry.example:5000/a/b"));
  CHECK(!allowed("ann/nginx"));
  CHECK(!allowed("registry.example/a"));
  CHECK(!allowed("registry.example:50001/a"));
  CHECK(!allowed("docker.io/library2/nginx"));
  view.policies.put("eu/shop", {.registries = std::vector<std::string>{}});
  CHECK(!allowed("nginx"));
}

TEST_CASE("quotas say what is too much, and by how much") {
  model::ClusterView view;
  view.policies.put("eu/shop", {.quotas = {{"cpus", 1'500'000'000}, {"instances", 3}, {"memory", 512 << 20}, {"stacks", 1}}});
  const Allowance shops = allowance(view, shop);
  const auto spec = [](std::int64_t replicas, std::int64_t memory, std::int64_t cpus) {
    return stack_of([&](auto& s) {
      s.replicas = replicas;
      s.limits = {.nano_cpus = cpus, .memory_bytes = memory};
      s.ports = {{.target = 80, .published = 8080}};
    });
  };
  CHECK(excesses(shops, usage_of(spec(3, 100 << 20, 500'000'000), 1)).empty());
  const auto four = excesses(shops, usage_of(spec(4, 100 << 20, 100'000'000), 1));
  REQUIRE(four.size() == 1);
  CHECK(four[0] == "project 'shop' has a quota of 3 instances, and with this it would have 4: 1 too much");
  const auto cpus = excesses(shops, usage_of(spec(1, 1, 2'000'000'000), 1));
  REQUIRE(cpus.size() == 1);
  CHECK(cpus[0] == "project 'shop' has a quota of 1.50 cpus, and with this it would have 2.00: 0.50 too much");
  const auto unlimited = excesses(shops, usage_of(spec(1, 0, 1), 1));
  REQUIRE(unlimited.size() == 1);
  CHECK(unlimited[0].find("service 'web' needs a limit (deploy.resources.limits.memory)") != std::string::npos);
  CHECK(excesses(allowance(view, usual), usage_of(spec(1'000, 0, 0), 1)).empty());
  // A service of all nodes counts once for each.
  auto global = spec(1, 1, 1);
  global.services["web"].mode = model::Mode::global;
  CHECK(usage_of(global, 7).amounts.at("instances") == 7);
  CHECK(usage_of(global, 7).amounts.at("ports") == 7);
}

TEST_CASE("what a project has is that of its stacks, but for those that go") {
  model::ClusterView view;
  const auto add = [&](const std::string& stack, model::StackWanted wanted) {
    view.stacks.put("eu/shop/" + stack, {.grid = "eu", .project = "shop", .name = stack, .wanted = wanted, .volumes = {{"data", {}}}});
    model::Service web{.grid = "eu", .project = "shop", .stack = stack, .spec = {.name = "web", .replicas = 2}};
    view.services.put("eu/shop/" + stack + "/web", web);
    web.removed = true;
    view.services.put("eu/shop/" + stack + "/old", web);
  };
  add("a", model::StackWanted::running);
  add("b", model::StackWanted::stopped);
  add("c", model::StackWanted::removed);
  CHECK(usage_of(view, shop).amounts.at("stacks") == 2);
  CHECK(usage_of(view, shop).amounts.at("instances") == 4);
  CHECK(usage_of(view, shop, "b").amounts.at("volumes") == 1);
  CHECK(usage_of(view, usual).amounts.empty());
}

TEST_CASE("a policy is of known names") {
  CHECK(check_policy({.allow = {{"binds", true}}, .quotas = {{"memory", 1}}}));
  CHECK(!check_policy({.allow = {{"bind", true}}}));
  CHECK(!check_policy({.quotas = {{"mem", 1}}}));
  CHECK(!check_policy({.quotas = {{"memory", -1}}}));
  CHECK(!check_policy({.registries = {{"https://x"}}}));
  CHECK(!check_policy({.registries = {{""}}}));
  CHECK(check_policy({.registries = {{"localhost:5000/a_b"}}}));
}
