#include "shop.h"

using namespace kontena;
using namespace kontena::rollout;

namespace {

model::ServiceSpec with_bind(const std::string& path, bool must_exist = false) {
  auto spec = service_of("web");
  spec.mounts = {{.kind = model::MountKind::bind, .source = path, .target = "/in", .must_exist = must_exist}};
  return spec;
}

void all_say(Shop& shop, const std::string& path, const std::string& what = "") {
  for (const auto* node : {"n1", "n2", "n3"}) shop.paths(node, {{path, what}});
}

}  // namespace

TEST_CASE("a service with files of a node goes where they are, once all have said whether they have them") {
  Shop shop;
  shop.deploy(with_bind("/srv/data"));
  shop.step();
  CHECK(shop.text() == "web-1@-");
  CHECK(shop.instances()[0].why_not == "waits until n1 has said whether it has '/srv/data'");
  CHECK(shop.deployment() == "running");
  shop.paths("n1", {{"/srv/data", ""}});
  shop.step();
  CHECK(shop.instances()[0].why_not == "waits until n2 has said whether it has '/srv/data'");
  shop.paths("n3", {{"/srv/data", "directory"}});
  shop.step();
  CHECK(shop.text() == "web-1@n3");
}

TEST_CASE("what is nowhere is made where the service goes, unless it must exist") {
  Shop shop;
  all_say(shop, "/srv/data");
  shop.deploy(with_bind("/srv/data"));
  shop.run(2);
  CHECK(shop.text() == "web-1@n1");
  CHECK(shop.deployment() == "succeeded");
  Shop other;
  all_say(other, "/srv/data");
  other.deploy(with_bind("/srv/data", true));
  other.step();
  CHECK(other.deployment() == "failed: web-1: no node: 3 without '/srv/data'");
}

TEST_CASE("a deploy has not failed while the only node that fits has not said yet what is asked of it") {
  Shop shop;
  shop.paths("n2", {{"/srv/data", "directory"}});
  auto spec = with_bind("/srv/data");
  spec.placing.constraints = {{"node.id", true, "n1"}};
  shop.deploy(spec);
  shop.step();
  CHECK(shop.text() == "web-1@-");
  CHECK(shop.deployment() == "running");
  SUBCASE("it has it") {
    shop.paths("n1", {{"/srv/data", "directory"}});
    shop.run(2);
    CHECK(shop.text() == "web-1@n1");
    CHECK(shop.deployment() == "succeeded");
  }
  SUBCASE("it does not") {
    shop.paths("n1", {{"/srv/data", ""}});
    shop.paths("n3", {{"/srv/data", ""}});
    shop.step();
    CHECK(shop.deployment() == "failed: web-1: no node: 2 not matching the constraints; 1 without '/srv/data'");
  }
}

TEST_CASE("who is silent is not waited for") {
  Shop shop;
  shop.liveness[NodeId("n2")] = model::NodeState::lost;
  for (const auto* node : {"n1", "n3"}) shop.paths(node, {{"/srv/data", ""}});
  shop.deploy(with_bind("/srv/data"));
  shop.step();
  CHECK(shop.text() == "web-1@n1");
}

TEST_CASE("an agent that is too old to be asked is not waited for") {
  Shop shop;
  model::NodeFacts facts = *shop.view.facts.get("g/n2");
  facts.runtimes.clear();
  shop.view.facts.put("g/n2", facts);
  for (const auto* node : {"n1", "n3"}) shop.paths(node, {{"/srv/data", ""}, {"/dev/fuse", ""}});
  shop.deploy(with_bind("/srv/data"));
  shop.run(2);
  CHECK(shop.text() == "web-1@n1");
  auto spec = service_of("db");
  spec.options.emplace().devices = {{.source = "/dev/fuse"}};
  shop.deploy(spec);
  shop.step();
  CHECK(shop.deployment() ==
        "failed: db-1: no node: 2 without '/dev/fuse'; 1 not known yet to have '/dev/fuse': its agent is too old to "
        "say so");
}

TEST_CASE(
    "a node that does not answer fails the deployment after a while, and holds the service up as long as it does not") {
  Shop shop;
  for (const auto* node : {"n1", "n3"}) shop.paths(node, {{"/srv/data", ""}});
  shop.deploy(with_bind("/srv/data"));
  shop.step();
  CHECK(shop.deployment() == "running");
  CHECK(shop.last.wake_ms == shop.now_ms + 30'000);
  shop.now_ms += 30'000;
  shop.run(2);
  const std::string why =
      "waits until n2 has said whether it has '/srv/data': it does not answer, a file system there may hang";
  CHECK(shop.deployment() == "failed: web-1: no node: " + why);
  CHECK(shop.instances()[0].why_not == why);
  shop.paths("n2", {{"/srv/data", "directory"}});
  shop.run(2);
  CHECK(shop.text() == "web-1@n2");
}

TEST_CASE("a service on a network with IPv6 goes to a node that has it, or says that there is none") {
  const auto placed = [](bool external, bool declares, bool any) {
    Shop shop;
    model::NodeFacts facts = *shop.view.facts.get("g/n2");
    facts.ipv6 = any;
    shop.view.facts.put("g/n2", facts);
    auto spec = service_of("web");
    spec.networks = {{.network = "front"}};
    shop.service("shop", spec);
    model::NetworkSpec network{.name = external ? "public" : "", .external = external};
    network.ipv6 = declares && !external;
    model::Network record{.name = "public"};
    if (declares) record.subnet6 = "fd00:1::/64";
    shop.stack([&](model::Stack& s) {
      s.networks["front"] = network;
      shop.view.networks.put(s.grid + '/' + s.project + "/public", record);
    });
    shop.deploy(spec);
    shop.run(2);
    return shop.text() + (shop.instances()[0].node.empty() ? ' ' + shop.instances()[0].why_not : "");
  };
  CHECK(placed(false, false, true) == "web-1@n1");
  CHECK(placed(false, true, true) == "web-1@n2");
  CHECK(placed(true, true, true) == "web-1@n2");
  CHECK(placed(true, false, true) == "web-1@n1");
  CHECK(placed(false, true, false) == "web-1@- 3 without IPv6");
}

TEST_CASE("devices, runtimes, platforms and drivers of volumes decide where a service goes") {
  const auto placed = [](auto&& change) {
    Shop shop;
    model::NodeFacts facts = *shop.view.facts.get("g/n2");
    facts.architecture = "arm64";
    facts.runtimes = {"runc", "kata", "nvidia"};
    facts.volume_drivers = {"local", "rexray"};
    shop.view.facts.put("g/n2", facts);
    all_say(shop, "/dev/fuse");
    shop.paths("n2", {{"/dev/fuse", "device"}});
    auto spec = service_of("web");
    shop.service("shop", spec);
    model::VolumeSpec volume;
    change(spec, volume);
    shop.stack([&](model::Stack& s) { s.volumes["data"] = volume; });
    shop.deploy(spec);
    shop.run(3);
    return shop.text() + (shop.instances()[0].node.empty() ? ' ' + shop.instances()[0].why_not : "");
  };
  CHECK(placed([](auto& s, auto&) { s.platform = "linux/arm64/v8"; }) == "web-1@n2");
  CHECK(placed([](auto& s, auto&) { s.platform = "aarch64"; }) == "web-1@n2");
  CHECK(placed([](auto& s, auto&) { s.platform = "linux/s390x"; }) == "web-1@- 3 not of the platform linux/s390x");
  CHECK(placed([](auto& s, auto&) { s.options.emplace().runtime = "kata"; }) == "web-1@n2");
  CHECK(placed([](auto& s, auto&) { s.options.emplace().runtime = "gvisor"; }) ==
        "web-1@- 3 without the runtime gvisor");
  CHECK(placed([](auto& s, auto&) { s.options.emplace().devices = {{.source = "/dev/fuse"}}; }) == "web-1@n2");
  CHECK(placed([](auto& s, auto&) { s.options.emplace().device_requests = {{.count = -1}}; }) == "web-1@n2");
  CHECK(placed([](auto& s, auto&) { s.options.emplace().device_requests = {{.driver = "cdi"}}; }) ==
        "web-1@- 3 without the runtime cdi");
  const auto mount = [](auto& s) { s.mounts = {{.source = "data", .target = "/data"}}; };
  CHECK(placed([&](auto& s, auto& v) { mount(s), v.driver = "rexray"; }) == "web-1@n2");
  CHECK(placed([&](auto& s, auto& v) { mount(s), v.driver = "other"; }) == "web-1@- 3 without the volume driver other");
}

TEST_CASE("a volume that is mounted from elsewhere is on all nodes") {
  Shop shop;
  auto spec = service_of("web", 3);
  spec.mounts = {{.source = "data", .target = "/data"}};
  shop.service("shop", spec);
  shop.stack([&](model::Stack& s) {
    s.volumes["data"] = {.driver_options = {{"type", "nfs"}, {"o", "addr=10.0.0.1"}}};
  });
  shop.deploy();
  shop.run(2);
  CHECK(shop.text() == "web-1@n1 web-2@n2 web-3@n3");
}

TEST_CASE("a global service runs where its devices are") {
  Shop shop;
  all_say(shop, "/dev/fuse");
  shop.paths("n2", {{"/dev/fuse", "device"}});
  auto spec = service_of("web");
  spec.mode = model::Mode::global;
  spec.options.emplace().devices = {{.source = "/dev/fuse"}};
  shop.deploy(spec);
  shop.run(2);
  CHECK(shop.text() == "web-1@n2");
  CHECK(shop.deployment() == "succeeded");
}
