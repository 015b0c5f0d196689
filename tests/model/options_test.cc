// The bounds of what the engine is told of a container, whoever sends it.
#include <doctest/doctest.h>

#include <functional>

#include "kontena/model/validate.h"

using namespace kontena::model;

namespace {

// What is wrong with a service whose options are set so; "" = nothing.
std::string wrong(const std::function<void(ContainerOptions&, ServiceSpec&)>& set) {
  StackSpec stack;
  stack.name = "shop";
  stack.networks["front"];
  ServiceSpec& service = stack.services["web"];
  service.name = "web";
  service.image = "busybox";
  service.networks = {{.network = "front"}};
  set(service.options.emplace(), service);
  std::string text;
  for (const Problem& problem : validate(stack)) text += problem.path + ": " + problem.what + '\n';
  return text;
}

}  // namespace

TEST_CASE("options that the engine would not take, or take for something else, are refused") {
  using O = ContainerOptions;
  using S = ServiceSpec;
  struct Row {
    const char* field;
    std::function<void(O&, S&)> set;
  };
  const std::string newline = "a\nb";
  const std::vector<Row> rows{
      {"annotations",
       [](O& o, S&) {
         o.annotations = {{"io.kontena.node", "n2"}};
       }},
      {"block_io.weight", [](O& o, S&) { o.block_io.weight = 5; }},
      {"block_io.read_bytes",
       [](O& o, S&) {
         o.block_io.read_bytes = {{"sda", 1}};
       }},
      {"block_io.write_bytes",
       [](O& o, S&) {
         o.block_io.write_bytes = {{"/dev/sda", -1}};
       }},
      {"cap_add", [](O& o, S&) { o.cap_add = {"NET ADMIN"}; }},
      {"cap_drop", [](O& o, S&) { o.cap_drop = Strings(200, "MKNOD"); }},
      {"cgroup", [](O& o, S&) { o.cgroup = "own"; }},
      {"cpu_period", [](O& o, S&) { o.cpu_period = 10; }},
      {"cpu_quota", [](O& o, S&) { o.cpu_quota = -2; }},
      {"cpu_quota", [](O& o, S& s) { o.cpu_quota = 5'000, s.limits.nano_cpus = 1'000'000'000; }},
      {"cpu_shares", [](O& o, S&) { o.cpu_shares = 1; }},
      {"cpuset", [](O& o, S&) { o.cpuset = "0;1"; }},
      {"device_cgroup_rules", [](O& o, S&) { o.device_cgroup_rules = {"c 1:3"}; }},
      {"devices",
       [](O& o, S&) {
         o.devices = {{"dev/fuse", "/dev/fuse", "rwm"}};
       }},
      {"devices",
       [](O& o, S&) {
         o.devices = {{"/dev/fuse", "/dev/fuse", "rwx"}};
       }},
      {"device_requests", [](O& o, S&) { o.device_requests = {{.count = -2}}; }},
      {"device_requests", [](O& o, S&) { o.device_requests = {{.count = 1, .device_ids = {"a"}}}; }},
      {"dns", [](O& o, S&) { o.dns = {"fe80::1"}; }},
      {"dns_search", [](O& o, S&) { o.dns_search = {"a\nnameserver 192.0.2.1"}; }},
      {"dns_options", [](O& o, S&) { o.dns_options = {"a b"}; }},
      {"domainname", [=](O& o, S&) { o.domainname = newline; }},
      {"exposed_ports", [](O& o, S&) { o.exposed_ports = {"80"}; }},
      {"extra_hosts", [](O& o, S&) { o.extra_hosts = {"db"}; }},
      {"extra_hosts", [](O& o, S&) { o.extra_hosts = {"db:10.0.0.1\n10.0.0.2 web"}; }},
      {"log_options",
       [](O& o, S&) {
         o.log_options = {{"", "x"}};
       }},
      {"mac_address", [](O& o, S&) { o.mac_address = "02:42:ac:11:65"; }},
      {"mac_address",
       [](O& o, S& s) { o.mac_address = "02:42:ac:11:65:43", s.networks[0].mac_address = "02:42:ac:11:65:44"; }},
      {"memory_swap_bytes", [](O& o, S&) { o.memory_swap_bytes = 1 << 30; }},
      {"memory_swap_bytes", [](O& o, S& s) { s.limits.memory_bytes = 64 << 20, o.memory_swap_bytes = 32 << 20; }},
      {"memory_swappiness", [](O& o, S&) { o.memory_swappiness = 101; }},
      {"oom_score_adj", [](O& o, S&) { o.oom_score_adj = -1'001; }},
      {"security_opt", [](O& o, S&) { o.security_opt = {"apparmor"}; }},
      {"shm_bytes", [](O& o, S&) { o.shm_bytes = -1; }},
      {"sysctls",
       [](O& o, S&) {
         o.sysctls = {{"net core", "1"}};
       }},
      {"tmpfs",
       [](O& o, S&) {
         o.tmpfs = {{"run", ""}};
       }},
      {"tmpfs",
       [](O& o, S& s) {
         o.tmpfs = {{"/run", ""}}, s.mounts = {{MountKind::bind, "/x", "/run"}};
       }},
      {"ulimits.files",
       [](O& o, S&) {
         o.ulimits = {{"files", 1, 1}};
       }},
      {"ulimits.nofile",
       [](O& o, S&) {
         o.ulimits = {{"nofile", 2, 1}};
       }},
      {"ulimits.core",
       [](O& o, S&) {
         o.ulimits = {{"core", -1, 1}};
       }},
      {"userns", [](O& o, S&) { o.userns = "private"; }},
      {"uts", [](O& o, S&) { o.uts = "service:db"; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    const std::string text = wrong(row.set);
    CHECK_MESSAGE(text.find(std::string("services.web.options.") + row.field) != std::string::npos, text);
  }
  CHECK(wrong([](O& o, S& s) {
          s.limits.memory_bytes = 64 << 20;
          o = {.cap_add = {"NET_ADMIN"}, .dns = {"192.0.2.53"}, .mac_address = "02:42:AC:11:65:43"};
          o.memory_swap_bytes = -1, o.cpu_quota = -1, o.memory_swappiness = 0;
          o.ulimits = {{"core", -1, -1}, {"nofile", 5, -1}};
          o.security_opt = {"no-new-privileges", "seccomp={}"};
        }) == "");
}

TEST_CASE("how a mount is made and a network attached has its bounds") {
  using S = ServiceSpec;
  const auto mount = [](const Mount& how) { return wrong([&](ContainerOptions&, S& s) { s.mounts = {how}; }); };
  const Mount bind{.kind = MountKind::bind, .source = "/a", .target = "/b"};
  const auto with = [&](const std::function<void(Mount&)>& set) {
    Mount changed = bind;
    set(changed);
    return mount(changed);
  };
  CHECK(mount(bind) == "");
  CHECK(with([](Mount& m) { m.propagation = "far"; }).find("not a propagation") != std::string::npos);
  CHECK(with([](Mount& m) { m.selinux = "q"; }).find("neither z nor Z") != std::string::npos);
  CHECK(with([](Mount& m) { m.selinux = "z", m.must_exist = true; }).find("no selinux") != std::string::npos);
  CHECK(with([](Mount& m) { m.recursive = "readonly"; }).find("is for what is read_only") != std::string::npos);
  CHECK(mount({.kind = MountKind::tmpfs, .target = "/t", .tmpfs_mode = 07777}) == "");
  CHECK(mount({.kind = MountKind::tmpfs, .target = "/t", .tmpfs_mode = 010000}).find("no mode") != std::string::npos);
  CHECK(mount({.kind = MountKind::volume, .target = "/own"}) == "");
  CHECK(mount({.kind = MountKind::volume, .target = "/own", .subpath = "a/../../b"}).find("inside") !=
        std::string::npos);
  CHECK(mount({.kind = MountKind::image, .source = "", .target = "/i"}) != "");
  const auto attached = [](const std::function<void(Attachment&)>& set) {
    return wrong([&](ContainerOptions&, S& s) { set(s.networks[0]); });
  };
  CHECK(attached([](Attachment& a) { a.mac_address = "x"; }).find("not a MAC address") != std::string::npos);
  CHECK(attached([](Attachment& a) { a.interface_name = "longer-than-a-name"; }).find("longer than 15") !=
        std::string::npos);
  CHECK(attached([](Attachment& a) { a.priority = std::int64_t{1} << 62; }).find("is beyond") != std::string::npos);
  const auto ports = [](std::vector<Port> list) {
    return wrong([&](ContainerOptions&, S& s) { s.ports = std::move(list); });
  };
  CHECK(ports({{.target = 80, .published = 8000, .published_last = 8009}, {.target = 81, .published = 8001}}) == "");
  CHECK(ports({{.target = 80, .published = 8009, .published_last = 8000}}).find("not a range") != std::string::npos);
  CHECK(ports({{.target = 80, .published_last = 8000}}).find("not a range") != std::string::npos);
}
