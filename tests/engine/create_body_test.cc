#include "../../src/engine/docker/create_body.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <set>

#include "engine/engine_data.h"
#include "kontena/base/files.h"
#include "kontena/codec/fields.h"
#include "kontena/engine/lacking.h"

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::docker;
using model::MountKind;
using model::ServiceSpec;

namespace {

// What changes in the body when a field is set; "" where the field is not the engine's.
struct Row {
  std::string field;
  std::function<void(ServiceSpec&)> set;
  std::string body;  // the members that differ from those of the plain spec
};

ContainerSpec plain() {
  ContainerSpec spec;
  spec.name = "shop.web-1";
  spec.service.image = "busybox:latest";
  spec.networks = {{"front", "shop_front"}, {"back", "shop_back"}};
  spec.volumes = {{"data", "shop_data"}};
  spec.beside = {{"db", "c9"}};
  return spec;
}

const std::vector<Row>& rows() {
  using S = ServiceSpec;
  static const std::vector<Row> table{
      {"name", [](S& s) { s.name = "web"; }, ""},
      {"image", [](S& s) { s.image = "nginx:1"; }, R"({"Image":"nginx:1"})"},
      {"pull_policy", [](S& s) { s.pull_policy = model::PullPolicy::always; }, ""},
      {"command",
       [](S& s) {
         s.command = {"a", "b c"};
       },
       R"({"Cmd":["a","b c"]})"},
      {"command", [](S& s) { s.command.emplace(); }, R"({"Cmd":[]})"},
      {"entrypoint",
       [](S& s) {
         s.entrypoint = {"/run", "-x"};
       },
       R"({"Entrypoint":["/run","-x"]})"},
      {"entrypoint", [](S& s) { s.entrypoint.emplace(); }, R"({"Entrypoint":[""]})"},
      {"environment",
       [](S& s) {
         s.environment = {{"A", "1"}, {"B", ""}, {"C", "x=y"}};
       },
       R"({"Env":["A=1","B=","C=x=y"]})"},
      {"env_secrets", [](S& s) { s.env_secrets = {{"A", "a", "sha256:0"}}; }, ""},
      {"labels",
       [](S& s) {
         s.labels = {{"team", "shop"}};
       },
       R"({"Labels":{"team":"shop"}})"},
      {"user", [](S& s) { s.user = "1000:1000"; }, R"({"User":"1000:1000"})"},
      {"working_dir", [](S& s) { s.working_dir = "/srv"; }, R"({"WorkingDir":"/srv"})"},
      {"hostname", [](S& s) { s.hostname = "web"; }, R"({"Hostname":"web"})"},
      {"stop_signal", [](S& s) { s.stop_signal = "SIGQUIT"; }, R"({"StopSignal":"SIGQUIT"})"},
      {"stop_grace_period_ms", [](S& s) { s.stop_grace_period_ms = 1001; }, R"({"StopTimeout":2})"},
      {"stop_grace_period_ms", [](S& s) { s.stop_grace_period_ms = 0; }, R"({"StopTimeout":0})"},
      {"ports",
       [](S& s) {
         s.ports = {{80, 8080, "tcp", ""}, {80, 8081, "tcp", "127.0.0.1"}, {53, 0, "udp", ""}};
       },
       R"({"ExposedPorts":{"53/udp":{},"80/tcp":{}},"HostConfig":{"PortBindings":{
          "53/udp":[{"HostIp":"","HostPort":""}],
          "80/tcp":[{"HostIp":"","HostPort":"8080"},{"HostIp":"127.0.0.1","HostPort":"8081"}]},
          "RestartPolicy":{"Name":"no"}}})"},
      {"mounts",
       [](S& s) {
         s.mounts = {{MountKind::bind, "/etc/x", "/x", true}, {MountKind::bind, "/srv", "/srv"}};
       },
       R"({"HostConfig":{"Binds":["/etc/x:/x:ro","/srv:/srv:rw"],"RestartPolicy":{"Name":"no"}}})"},
      {"mounts",
       [](S& s) {
         s.mounts = {{MountKind::bind, "/a:b", "/x", true}};
       },
       R"({"HostConfig":{"Mounts":[{"ReadOnly":true,"Source":"/a:b","Target":"/x","Type":"bind"}],
          "RestartPolicy":{"Name":"no"}}})"},
      {"mounts",
       [](S& s) {
         s.mounts = {{MountKind::volume, "data", "/data", false, true}, {MountKind::volume, "", "/cache", true}};
       },
       R"({"HostConfig":{"Mounts":[
          {"ReadOnly":false,"Source":"shop_data","Target":"/data","Type":"volume","VolumeOptions":{"NoCopy":true}},
          {"ReadOnly":true,"Target":"/cache","Type":"volume","VolumeOptions":{"NoCopy":false}}],
          "RestartPolicy":{"Name":"no"}}})"},
      {"networks",
       [](S& s) {
         s.networks = {{"front", {"www"}}};
       },
       R"({"HostConfig":{"NetworkMode":"shop_front","RestartPolicy":{"Name":"no"}},
          "NetworkingConfig":{"EndpointsConfig":{"shop_front":{}}}})"},
      {"links", [](S& s) { s.links = {{"database", "db"}}; }, ""},
      {"container_name", [](S& s) { s.container_name = "the-web"; }, ""},
      {"network_mode", [](S& s) { s.network_mode = "host"; }, R"({"HostConfig":{"NetworkMode":"host","RestartPolicy":{"Name":"no"}}})"},
      {"health_check",
       [](S& s) {
         s.health_check = {{"CMD", "true"}, 1500, 2000, 3000, 500, 4};
       },
       R"({"Healthcheck":{"Interval":1500000000,"Retries":4,"StartInterval":500000000,"StartPeriod":3000000000,
          "Test":["CMD","true"],"Timeout":2000000000}})"},
      {"health_check", [](S& s) { s.health_check.emplace().retries = 2; }, R"({"Healthcheck":{"Retries":2}})"},
      {"health_check", [](S& s) { s.health_check.emplace().test = {"NONE"}; }, R"({"Healthcheck":{"Test":["NONE"]}})"},
      {"restart",
       [](S& s) {
         s.restart = {model::RestartWhen::always, 3};
       },
       ""},
      {"limits",
       [](S& s) {
         s.limits = {1'500'000'000, 64 << 20, 100};
       },
       R"({"HostConfig":{"Memory":67108864,"NanoCpus":1500000000,"PidsLimit":100,"RestartPolicy":{"Name":"no"}}})"},
      {"reservations",
       [](S& s) {
         s.reservations = {500'000'000, 32 << 20, 0};
       },
       R"({"HostConfig":{"MemoryReservation":33554432,"RestartPolicy":{"Name":"no"}}})"},
      {"depends_on", [](S& s) { s.depends_on["db"]; }, ""},
      {"mode", [](S& s) { s.mode = model::Mode::global; }, ""},
      {"replicas", [](S& s) { s.replicas = 7; }, ""},
      {"pinned", [](S& s) { s.pinned = true; }, ""},
      {"update", [](S& s) { s.update.parallelism = 3; }, ""},
      {"image_digest", [](S& s) { s.image_digest = "sha256:1"; }, ""},
      {"pull_every_ms", [](S& s) { s.pull_every_ms = 1; }, ""},
      {"platform", [](S& s) { s.platform = "linux/arm64"; }, ""},  // of the query
      {"volumes_from", [](S& s) { s.volumes_from = {"db:ro"}; },
       R"({"HostConfig":{"RestartPolicy":{"Name":"no"},"VolumesFrom":["c9:ro"]}})"},
      {"files", [](S& s) { s.files.emplace_back(); }, ""},  // a mount, once it is on the node
      {"options", [](S& s) { s.options.emplace().tty = true; }, R"({"Tty":true})"},
      {"options", [](S& s) { s.options.emplace(); }, ""},
      {"pre_start", [](S& s) { s.pre_start.emplace_back(); }, ""},
      {"post_start", [](S& s) { s.post_start.emplace_back(); }, ""},
      {"pre_stop", [](S& s) { s.pre_stop.emplace_back(); }, ""},
      {"own_labels", [](S& s) { s.own_labels = {{"a", "b"}}; }, ""},
      {"job", [](S& s) { s.job = true; }, ""},
      {"placing", [](S& s) { s.placing.max_replicas_per_node = 1; }, ""},
  };
  return table;
}

codec::Document body_of(const ContainerSpec& spec, Dialect dialect = Dialect::v1_44) {
  auto body = create_body(spec, dialect);
  REQUIRE(body);
  return std::move(*body);
}

// The members of `is` that `was` has not, or has otherwise.
std::string difference(const codec::Document& was, const codec::Document& is) {
  codec::Document changed;
  codec::make_object(changed.root());
  std::map<std::string, std::string> before;
  for (const auto& [key, value] : codec::members(was.root())) {
    codec::Document copy;
    codec::copy(copy.root(), value);
    before[key] = copy.dump();
  }
  for (const auto& [key, value] : codec::members(is.root())) {
    codec::Document copy;
    codec::copy(copy.root(), value);
    if (before[key] != copy.dump()) codec::copy(codec::member(changed.root(), key), value);
    before.erase(key);
  }
  CHECK_MESSAGE(before.empty(), "a member went away");
  return changed.dump();
}

std::string text_of(codec::Element element) {
  codec::Document copy;
  codec::copy(copy.root(), element);
  return copy.dump();
}

std::string normal(const std::string& json) {
  const auto document = codec::Document::parse(json.empty() ? "{}" : json);
  REQUIRE(document);
  return document->dump();
}

}  // namespace

TEST_CASE("each field of a service changes what Docker is asked for, or nothing") {
  const auto before = body_of(plain());
  for (const Row& row : rows()) {
    CAPTURE(row.field);
    ContainerSpec spec = plain();
    row.set(spec.service);
    CHECK(difference(before, body_of(spec)) == normal(row.body));
  }
}

TEST_CASE("no field of a service is without such a row, and each row sets its own field") {
  std::set<std::string> covered;
  for (const Row& row : rows()) {
    CAPTURE(row.field);
    covered.insert(row.field);
    ContainerSpec spec = plain();
    row.set(spec.service);
    const auto was = codec::Document::parse(codec::to_json(plain().service));
    const auto is = codec::Document::parse(codec::to_json(spec.service));
    for (const auto& [key, value] : codec::members(is->root())) {
      codec::Document one, other;
      codec::copy(one.root(), value);
      codec::copy(other.root(), *codec::find(was->root(), key));
      CHECK_MESSAGE((one.dump() != other.dump()) == (key == row.field), key);
    }
  }
  const ServiceSpec spec;
  const auto each = [&](std::string_view field, const auto&) {
    CHECK_MESSAGE(covered.contains(std::string(field)), field, " has no row here");
  };
  codec::Fields<ServiceSpec>::visit(each, spec);
}

// data/options.json has a service with everything, and what each dialect makes of it;
// KTN_ACCEPT=1 writes the bodies anew.
TEST_CASE("all that a container can be made with reaches the engine, as far as its dialect has it") {
  const std::string path = KTN_ENGINE_DATA "/options.json";
  const auto text = files::read(path, 1u << 20);
  REQUIRE(text);
  const auto golden = codec::Document::parse(*text);
  REQUIRE(golden);
  ContainerSpec spec = plain();
  const Status taken = codec::take(*codec::find(golden->root(), "service"), spec.service);
  REQUIRE_MESSAGE(taken, taken.error().message);
  const bool accept = std::getenv("KTN_ACCEPT") != nullptr;
  for (const auto& [name, dialect] : {std::pair("1.41", Dialect::v1_41), {"1.49", Dialect::v1_49}}) {
    CAPTURE(name);
    ContainerSpec asked = spec;
    if (dialect == Dialect::v1_41) asked.service.options->devices.pop_back();  // CDI is refused there
    const auto body = create_body(asked, dialect);
    REQUIRE_MESSAGE(body, body.error().message);
    if (accept) codec::copy(codec::member(golden->root(), name), body->root());
    const auto wanted = codec::find(golden->root(), name);
    REQUIRE(wanted);
    CHECK(text_of(*wanted) == body->dump());
  }
  if (accept) REQUIRE(files::write(path, golden->pretty() + "\n", 0644));
}

TEST_CASE("what a container would be wrong without is refused where the engine has no word for it") {
  const auto refusal = [](Dialect dialect, const std::function<void(ServiceSpec&)>& set) {
    ContainerSpec spec = plain();
    set(spec.service);
    const auto body = create_body(spec, dialect);
    return body ? std::string() : body.error().message;
  };
  const auto subpath = [](ServiceSpec& s) {
    s.mounts = {{.kind = MountKind::volume, .source = "data", .target = "/data", .subpath = "a/b"}};
  };
  const auto image = [](ServiceSpec& s) {
    s.mounts = {{.kind = MountKind::image, .source = "nginx", .target = "/i", .subpath = "usr"}};
  };
  CHECK(refusal(Dialect::v1_44, subpath) ==
        "volume.subpath needs Docker 26 (API 1.45), and this node's engine speaks API 1.44");
  CHECK(refusal(Dialect::v1_45, subpath) == "");
  CHECK(refusal(Dialect::v1_45, image).starts_with("a volume of type image needs Docker 28 (API 1.48)"));
  CHECK(refusal(Dialect::v1_48, image) == "");
  CHECK(refusal(Dialect::v1_41, [](ServiceSpec& s) { s.options.emplace().devices = {{"v.com/c=n", "", ""}}; })
            .starts_with("devices of CDI needs Docker 25"));
}

TEST_CASE("what an engine passes over is told") {
  ServiceSpec service;
  CHECK(passed_over(service, "1.41") == "");
  service.options.emplace().annotations = {{"a", "b"}};
  service.networks = {{.network = "a", .gateway_priority = 3}};
  CHECK(passed_over(service, "1.41") ==
        "without effect on this node's engine: annotations (kept as labels) needs Docker 24; gw_priority needs Docker 28");
  CHECK(passed_over(service, "1.45") == "without effect on this node's engine: gw_priority needs Docker 28");
  CHECK(passed_over(service, "1.49") == "");
}

TEST_CASE("the plain body asks for no more than it must") {
  CHECK(body_of(plain()).dump() ==
        normal(R"({"Env":[],"HostConfig":{"RestartPolicy":{"Name":"no"}},"Image":"busybox:latest","Labels":{}})"));
}

TEST_CASE("our labels go over the user's, and the service's hostname over ours") {
  ContainerSpec spec = plain();
  spec.labels = {{std::string(node_label), "n1"}};
  spec.service.labels = {{std::string(node_label), "forged"}, {"a", "b"}};
  spec.hostname = "web-1";
  auto body = body_of(spec);
  CHECK(codec::string_at(body.root(), {"Labels", node_label}) == "n1");
  CHECK(codec::string_at(body.root(), {"Labels", "a"}) == "b");
  CHECK(codec::string_at(body.root(), {"Hostname"}) == "web-1");
  spec.service.hostname = "own";
  CHECK(codec::string_at(body_of(spec).root(), {"Hostname"}) == "own");
}

TEST_CASE("before 1.44 a container is created in its first network and joins the others") {
  ContainerSpec spec = plain();
  spec.addresses = {{"front", "10.81.4.7"}, {"back", "10.81.8.7"}};
  spec.service.networks = {{"front", {"www", "web"}}, {"back", {}}};
  const auto old = body_of(spec, Dialect::v1_41);
  CHECK(codec::string_at(old.root(), {"HostConfig", "NetworkMode"}) == "shop_front");
  codec::Document endpoints;
  codec::copy(endpoints.root(), *codec::find_path(old.root(), {"NetworkingConfig", "EndpointsConfig"}));
  CHECK(endpoints.dump() == R"({"shop_front":{"IPAMConfig":{"IPv4Address":"10.81.4.7"}}})");
  const auto further = joins(spec, "c1", Dialect::v1_41);
  REQUIRE(further);
  REQUIRE(further->size() == 1);
  CHECK(further->at(0).network == "shop_back");
  CHECK(further->at(0).body.dump() == R"({"Container":"c1","EndpointConfig":{"IPAMConfig":{"IPv4Address":"10.81.8.7"}}})");

  codec::Document both;
  codec::copy(both.root(),
              *codec::find_path(body_of(spec, Dialect::v1_44).root(), {"NetworkingConfig", "EndpointsConfig"}));
  CHECK(both.dump() ==
        R"({"shop_back":{"IPAMConfig":{"IPv4Address":"10.81.8.7"}},"shop_front":{"IPAMConfig":{"IPv4Address":"10.81.4.7"}}})");
  CHECK(joins(spec, "c1", Dialect::v1_44)->empty());
  spec.addresses6 = {{"back", "fd00:7::a51:807"}};
  CHECK(joins(spec, "c1", Dialect::v1_41)->at(0).body.dump() ==
        R"({"Container":"c1","EndpointConfig":{"IPAMConfig":{"IPv4Address":"10.81.8.7","IPv6Address":"fd00:7::a51:807"}}})");
}

TEST_CASE("the interval during the start is left to engines that know it") {
  ContainerSpec spec = plain();
  spec.service.health_check.emplace().start_interval_ms = 100;
  CHECK(codec::find_path(body_of(spec, Dialect::v1_44).root(), {"Healthcheck", "StartInterval"}));
  CHECK_FALSE(codec::find_path(body_of(spec, Dialect::v1_41).root(), {"Healthcheck", "StartInterval"}));
}

TEST_CASE("the engine is told no aliases: names are the cluster's, and its own resolver would answer local ones only") {
  ContainerSpec spec = plain();
  spec.service.networks = {{"front", {"www"}}};
  CHECK(body_of(spec).dump().find("Aliases") == std::string::npos);
}

TEST_CASE("a network mode is the engine's own") {
  ContainerSpec spec = plain();
  spec.service.networks.clear();
  spec.service.network_mode = "host";
  CHECK(codec::string_at(body_of(spec).root(), {"HostConfig", "NetworkMode"}) == "host");
}

TEST_CASE("the node answers for names, unless the service brings a file of its own") {
  ContainerSpec spec = plain();
  spec.resolv_conf = "/var/lib/kontena/resolv/1.conf";
  CHECK(body_of(spec).dump().find(R"({"ReadOnly":true,"Source":"/var/lib/kontena/resolv/1.conf","Target":"/etc/resolv.conf","Type":"bind"})") != std::string::npos);
  spec.service.mounts = {{MountKind::bind, "/own.conf", "/etc/resolv.conf"}};
  CHECK(body_of(spec).dump().find("resolv/1.conf") == std::string::npos);
}

TEST_CASE("a volume or network without an engine's name is refused") {
  ContainerSpec spec = plain();
  spec.service.mounts = {{MountKind::volume, "other", "/x"}};
  auto body = create_body(spec, Dialect::v1_41);
  REQUIRE_FALSE(body);
  CHECK(body.error().message == "the volume 'other' has no name on this node");
  spec = plain();
  spec.service.networks = {{"other", {}}};
  body = create_body(spec, Dialect::v1_41);
  REQUIRE_FALSE(body);
  CHECK(body.error().message == "the network 'other' has no name on this node");
  CHECK_FALSE(joins(spec, "c1", Dialect::v1_41));
}
