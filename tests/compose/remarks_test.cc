// What is said of keys that are honoured, and are not what they are on one machine.
#include <doctest/doctest.h>

#include <algorithm>

#include "kontena/compose/spec.h"
#include "support.h"

namespace kontena::compose {
namespace {

std::string warnings(const std::vector<std::string>& lines, const std::string& more = "") {
  const Specified specified = specify_project({service(lines) + more});
  INFO(lines_of(specified.problems));
  CHECK(specified.problems.empty());
  return lines_of(specified.warnings);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string on_one = "deploy: {placement: {constraints: [node.hostname == n1]}}";

}  // namespace

TEST_CASE("host-gateway is each node's own, unless the service is held on one") {
  const std::string hosts = "extra_hosts: ['a:host-gateway', 'b:192.0.2.1']";
  CHECK(warnings({hosts}) ==
        "compose.yaml:4:19: services.s.extra_hosts: 'host-gateway' is the node that an instance runs on, each its own "
        "(deploy.placement.constraints hold a service on one node)\n");
  CHECK(warnings({hosts, on_one}).empty());
  CHECK(warnings({"extra_hosts: ['b:192.0.2.1']"}).empty());
}

TEST_CASE("a folder of a node that may be made is told, and so is whose engine a socket is") {
  CHECK(has(warnings({"volumes: ['/srv/x:/x']"}),
            "the service runs where '/srv/x' is; where no node has it, it is made"));
  CHECK(has(warnings({"volumes: ['/srv/x:/x']", on_one}), "'/srv/x' is made where it is not there"));
  CHECK(has(warnings({"volumes: ['/srv/x:/x']", "deploy: {mode: global}"}), "'/srv/x' is made where it is not there"));
  const std::string must = "volumes: [{type: bind, source: /srv/x, target: /x, bind: {create_host_path: false}}]";
  CHECK(warnings({must}).empty());
  CHECK(warnings({"volumes: ['/etc/localtime:/etc/localtime:ro', '/proc:/host/proc', '/:/host:ro', '/dev/shm:/s']"})
            .empty());
  CHECK(has(warnings({"volumes: ['/devices:/s']"}), "/devices"));
  const std::string socket = "volumes: ['/var/run/docker.sock:/var/run/docker.sock']";
  CHECK(has(warnings({socket}), "services.s.volumes[0]: the engine of the node that the instance runs on"));
  CHECK(warnings({socket, "deploy: {mode: global}"}).empty());
}

TEST_CASE("paths of the project that lie in each other are separate copies, which is told where one may be written") {
  const std::string told = "services.s.volumes[1]: './a/b' lies in another path that comes along";
  CHECK(has(warnings({"volumes: ['./a:/a', './a/b:/b:ro']"}), told));
  CHECK(has(warnings({"volumes: ['./a:/a:ro', './a/b:/b']"}), told));
  CHECK(warnings({"volumes: ['./a:/a:ro', './a/b:/b:ro']"}).empty());
  CHECK(warnings({"volumes: ['./a:/a', './ab:/b']"}).empty());
  CHECK(has(warnings({"volumes: ['./c/d:/d']"}, "  t: {image: i, volumes: ['.:/all']}\n"),
            "services.s.volumes[0]: './c/d' lies in another path"));
}

TEST_CASE("start-first is not to be had by what two must not have at once") {
  const std::string deploy = "deploy: {update_config: {order: start-first}}";
  CHECK(warnings({deploy}).empty());
  CHECK(has(warnings({deploy, "volumes: ['vol:/v']"}, "volumes: {vol: }\n"),
            "services.s.deploy.update_config.order: two of an instance must not have the data of 'vol'; it is stopped "
            "before"));
  CHECK(warnings({deploy, "volumes: ['vol:/v']"}, "volumes: {vol: {driver_opts: {type: nfs}}}\n").empty());
  CHECK(warnings({deploy, "ports: ['80:80']"}).empty());
  CHECK(has(warnings({"deploy: {mode: global, update_config: {order: start-first}}", "ports: ['80:80']"}),
            "two of an instance cannot publish one port of a node"));
}

TEST_CASE("a MAC address is one container's") {
  const auto problems = [](const std::vector<std::string>& lines) {
    return lines_of(specify_project({service(lines)}).problems);
  };
  const std::string mac = "mac_address: 02:42:ac:11:65:43";
  CHECK(problems({mac}).empty());
  CHECK(has(problems({mac, "scale: 2"}),
            "services.s.mac_address: is that of one container, and of 2 two may be on one node"));
  CHECK(problems({mac, "deploy: {replicas: 2, placement: {max_replicas_per_node: 1}}"}).empty());
  CHECK(problems({mac, "deploy: {mode: global}"}).empty());
  CHECK(
      has(problems({"networks: {default: {mac_address: 02:42:ac:11:65:43}}", "scale: 2"}), "is that of one container"));
}

TEST_CASE("what has no effect is told, wherever it stands") {
  CHECK(has(warnings({"deploy: {rollback_config: {parallelism: 2}}"}),
            "services.s.deploy.rollback_config: 'rollback_config' is ignored: nothing is rolled back by itself"));
  const auto read = [](const std::string& text) { return lines_of(read_project({text}).warnings); };
  CHECK(has(read(service({"volumes: ['/a:/b:cached']"})), "'cached' is ignored: it has no effect on Linux"));
  CHECK(has(read(service({}) + "models: {m: {model: x}}\n"),
            "models: 'models' is ignored: it is for Docker Model Runner"));
  CHECK(has(read("services:\n  s: {image: i, depends_on: {t: {condition: service_started, required: false}}}\n"
                 "  t: {image: i, profiles: [off]}\n"),
            "the service 't' is in none of the active profiles, and is not waited for"));
}

TEST_CASE("a key of which a list was written has its verdict, though a mapping is made of it") {
  const Specified specified = specify_project(
      {service({"environment: [A=b]", "build: .", "depends_on: [t]", "dns: 192.0.2.1"}) + "  t: {image: i}\n"});
  for (const std::string key : {"environment", "build", "depends_on", "dns"}) {
    CAPTURE(key);
    const auto found = std::ranges::find(specified.keys, "services.s." + key, &Verdict::key);
    REQUIRE(found != specified.keys.end());
    CHECK_FALSE(found->made);
  }
}

}  // namespace kontena::compose
