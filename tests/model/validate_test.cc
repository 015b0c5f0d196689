#include "kontena/model/validate.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "problems.h"

using namespace kontena;
using namespace kontena::model;

namespace {

// The problems of the sample's `web` once it is changed so.
std::string with(auto&& change) { return with_service("web", change); }

}  // namespace

TEST_CASE("a sound spec has no problems") {
  CHECK(text(samples::stack_spec()) == "");
  CHECK(text({.name = "empty"}) == "");
}

TEST_CASE("all problems are told at once, each with its path") {
  CHECK(with([](ServiceSpec& s) {
          s.image = "";
          s.replicas = -1;
          s.ports[0].target = 65536;
        }) ==
        "services.web.image: is empty: a service needs an image\n"
        "services.web.ports[0]: 65536 is not a port (1 to 65535)\n"
        "services.web.replicas: -1 is not between 0 and 10000\n");
}

TEST_CASE("a stack's name is a label, the names in it are Compose's") {
  for (const char* name : {"", "Shop", "-shop", "shop_1", "a/b"})
    CHECK(with_stack([&](StackSpec& s) { s.name = name; }).starts_with("name: '"));
  for (const std::string name : {"", ".", "..", "a/b", "a b", "caf\xc3\xa9"}) {
    CAPTURE(name);
    CHECK(with_stack([&](StackSpec& s) { s.services[name] = {.name = name, .image = "a"}; }) != "");
    CHECK(with_stack([&](StackSpec& s) { s.volumes[name]; }) != "");
    CHECK(with_stack([&](StackSpec& s) { s.networks[name]; }) != "");
  }
  for (const std::string name : {"a", "Web_1.x-y", "_x", "1"})
    CHECK(with_stack([&](StackSpec& s) { s.services[name] = {.name = name, .image = "a"}; }) == "");
  CHECK(with([](ServiceSpec& s) { s.name = "other"; }) == "services.web.name: is 'other'\n");
}

TEST_CASE("an image that comes with its deploy has a name that is nobody else's") {
  const auto said = [](const std::string& image, const std::string& digest, PullPolicy policy = PullPolicy::missing) {
    return with([&](ServiceSpec& s) { s.image = image, s.image_digest = digest, s.pull_policy = policy; });
  };
  const std::string digest = "sha256:0123456789abcdef" + std::string(48, '0');
  CHECK(said("shop-web:0123456789abcdef", digest) == "");
  CHECK(said("example.org/web:1.0-0123456789abcdef", digest) == "");
  for (const char* image : {"nginx", "nginx:latest", "shop-web:0123456789abcdee", "shop-web0123456789abcdef"}) {
    CAPTURE(image);
    CHECK(said(image, digest).find("services.web.image: ") == 0);
  }
  CHECK(said("web:0123456789abcdef", digest, PullPolicy::always).find("services.web.pull_policy: ") == 0);
  for (const char* wrong : {"x", "sha256:0123456789abcdef", "sha512:0123456789abcdef"}) {
    CAPTURE(wrong);
    CHECK(said("web:0123456789abcdef", wrong).find("services.web.image_digest: ") == 0);
  }
}

TEST_CASE("image names are read as the engine reads them") {
  for (const char* image : {"nginx", "nginx:1.27-alpine", "library/nginx", "ghcr.io/a/b_c/d__e-f--g:V1",
                            "localhost:5000/x", "localhost/x", "[::1]:5000/x", "REGISTRY.example/x",
                            "a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                            "a:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}) {
    CAPTURE(image);
    CHECK(with([&](ServiceSpec& s) { s.image = image; }) == "");
  }
  for (const char* image : {"Nginx", "nginx:", "nginx:-1", "a b", "/a", "a/", "a//b", "a@sha256", "a@sha256:xyz", ":1",
                            "http://a/b", "a..b", "a._b", "-a", "a\nb", "x:99999/a", "${IMAGE}"}) {
    CAPTURE(image);
    CHECK(with([&](ServiceSpec& s) { s.image = image; }).starts_with("services.web.image: '"));
  }
  CHECK(with([](ServiceSpec& s) { s.image = "Nginx"; }) ==
        "services.web.image: 'Nginx' has upper case letters in its name\n");
}

TEST_CASE("ports are in range, of a known protocol, and published once") {
  CHECK(with([](ServiceSpec& s) { s.ports = {{80, 8080}, {81, 8080, "udp"}, {82, 0}, {82, 0}}; }) == "");
  CHECK(with([](ServiceSpec& s) { s.ports = {{80, 1, "tcp", "10.0.0.1"}, {80, 1, "tcp", "::1"}}; }) == "");
  CHECK(with([](ServiceSpec& s) { s.ports = {{0, 8080}}; }) == "services.web.ports[0]: 0 is not a port (1 to 65535)\n");
  CHECK(with([](ServiceSpec& s) {
          s.ports = {{80, 65536}};
        }) == "services.web.ports[0]: 65536 is not a port (1 to 65535, or 0 for any)\n");
  CHECK(with([](ServiceSpec& s) {
          s.ports = {{80, 8080}, {81, 8080}};
        }) == "services.web.ports[1]: port 8080/tcp is published twice\n");
  CHECK(with([](ServiceSpec& s) {
          s.ports = {{80, 1, "tcp", "10.0.0.1"}, {80, 1, "tcp", "0.0.0.0"}};
        }) == "services.web.ports[1]: port 1/tcp is published twice\n");
  CHECK(with([](ServiceSpec& s) {
          s.ports = {{80, 0, "icmp"}};
        }) == "services.web.ports[0]: 'icmp' is none of tcp, udp, sctp\n");
  CHECK(with([](ServiceSpec& s) {
          s.ports = {{80, 0, "tcp", "localhost"}};
        }) == "services.web.ports[0]: 'localhost' is not an IP address\n");
}

TEST_CASE("mounts have absolute targets, each once, and sources that there are") {
  using K = MountKind;
  CHECK(with([](ServiceSpec& s) {
          s.mounts = {{K::volume, "uploads", "data"}};
        }) == "services.web.mounts[0]: 'data' is not an absolute path in the container\n");
  CHECK(with([](ServiceSpec& s) {
          s.mounts = {{K::volume, "uploads", "/"}};
        }) == "services.web.mounts[0]: '/' is not an absolute path in the container\n");
  CHECK(with([](ServiceSpec& s) {
          s.mounts = {{K::volume, "uploads", "/a"}, {K::bind, "/b", "/a/"}};
        }) == "services.web.mounts[1]: '/a/' is mounted twice\n");
  CHECK(with([](ServiceSpec& s) {
          s.mounts = {{K::volume, "other", "/a"}};
        }) == "services.web.mounts[0]: the stack has no volume 'other'\n");
  CHECK(with([](ServiceSpec& s) {
          s.mounts = {{K::bind, "./a", "/a"}};
        }) == "services.web.mounts[0]: './a' is not an absolute path of the node\n");
}

TEST_CASE("networks and dependencies are those of the stack") {
  CHECK(with([](ServiceSpec& s) {
          s.networks = {{"back", {}}};
        }) == "services.web.networks[0]: the stack has no network 'back'\n");
  CHECK(with([](ServiceSpec& s) {
          s.networks = {{"front", {}}, {"front", {}}};
        }) == "services.web.networks[1]: 'front' is there twice\n");
  CHECK(with([](ServiceSpec& s) {
          s.depends_on = {{"cache", {}}};
        }) == "services.web.depends_on: the stack has no service 'cache'\n");
  CHECK(with([](ServiceSpec& s) { s.depends_on = {{"cache", {.required = false}}}; }) == "");
}

TEST_CASE("dependencies in a circle are named") {
  CHECK(with([](ServiceSpec& s) {
          s.depends_on = {{"web", {}}};
        }) == "services: depend on each other in a circle: web → web\n");
  CHECK(with_stack([](StackSpec& s) {
          s.services["db"].depends_on["cache"];
          s.services["cache"] = {.name = "cache", .image = "a"};
          s.services["cache"].depends_on["web"];
        }) == "services: depend on each other in a circle: cache → web → db → cache\n");
  CHECK(with_stack([](StackSpec& s) {
          for (int i = 0; i < 1'900; ++i) {
            auto& service = s.services["s" + std::to_string(i)];
            service = {.name = "s" + std::to_string(i), .image = "a"};
            service.depends_on["s" + std::to_string(i + 1)].required = false;
            service.depends_on["s" + std::to_string(std::min(i + 2, 1'900))].required = false;
          }
        }) == "");
}

TEST_CASE("environment and labels have names, and those of ours are refused") {
  CHECK(with([](ServiceSpec& s) {
          s.environment = {{"A=B", ""}};
        }) == "services.web.environment: 'A=B' has a '=' in its name\n");
  CHECK(with([](ServiceSpec& s) {
          s.environment = {{"", "x"}};
        }) == "services.web.environment: has an entry without a name\n");
  CHECK(with([](ServiceSpec& s) {
          s.environment = {{"A", std::string("x\0y", 3)}};
        }) == "services.web.environment.A: has a NUL character\n");
  CHECK(with([](ServiceSpec& s) {
          s.environment = {{"A\nB", "x"}};
        }) == "services.web.environment: 'A?B' has control characters\n");
  CHECK(with([](ServiceSpec& s) { s.environment = {{"A", "two\nlines"}}; }) == "");
  CHECK(with([](ServiceSpec& s) {
          s.labels = {{"io.kontena.service", "x"}};
        }) == "services.web.labels: 'io.kontena.service': names that begin with io.kontena. are reserved\n");
}

TEST_CASE("resources are what the engine takes, and no more is reserved than allowed") {
  CHECK(with([](ServiceSpec& s) { s.limits = s.reservations = {}; }) == "");
  CHECK(with([](ServiceSpec& s) {
          s.limits = {1, 6 << 20, -1}, s.reservations = {};
        }) ==
        "services.web.limits.nano_cpus: is below 0.01 cores\n"
        "services.web.limits.pids: is below 0\n");
  CHECK(with([](ServiceSpec& s) { s.limits = {.memory_bytes = (6 << 20) - 1}, s.reservations = {}; }) ==
        "services.web.limits.memory_bytes: is below 6 MB, the least that the engine takes\n");
  CHECK(with([](ServiceSpec& s) {
          s.limits = {1'000'000'000, 64 << 20};
          s.reservations = {2'000'000'000, 65 << 20};
        }) ==
        "services.web.reservations.nano_cpus: is above the limit\n"
        "services.web.reservations.memory_bytes: is above the limit\n");
}

TEST_CASE("a health check has one of three forms") {
  for (const Strings& test : {Strings{}, {"NONE"}, {"CMD", "a"}, {"CMD", "a", "b"}, {"CMD-SHELL", "a b"}})
    CHECK(with([&](ServiceSpec& s) { s.health_check = HealthCheck{.test = test}; }) == "");
  for (const Strings& test : {Strings{"NONE", "a"}, {"CMD"}, {"CMD-SHELL"}, {"CMD-SHELL", "a", "b"}, {"curl"}})
    CHECK(with([&](ServiceSpec& s) { s.health_check = HealthCheck{.test = test}; }) ==
          "services.web.health_check.test: is none of [NONE], [CMD, program, …] and [CMD-SHELL, line]\n");
  CHECK(with([](ServiceSpec& s) { s.health_check->retries = -1; }) ==
        "services.web.health_check.retries: is below 0\n");
}

TEST_CASE("volumes and networks have names that the engine takes") {
  CHECK(with_stack([](StackSpec& s) { s.volumes["uploads"].name = "a b"; }) ==
        "volumes.uploads.name: 'a b' is not a name of a volume: letters, digits, '.', '_', '-'\n");
  CHECK(with_stack([](StackSpec& s) { s.networks["front"].name = "/x"; }) ==
        "networks.front.name: '/x' is not a name of a network: letters, digits, '.', '_', '-'\n");
  CHECK(with_stack([](StackSpec& s) { s.volumes["uploads"].driver = ""; }) == "volumes.uploads.driver: is empty\n");
}

TEST_CASE("size and count have limits") {
  CHECK(with_stack([](StackSpec& s) {
          for (int i = 0; i < 2'000; ++i)
            s.services["s" + std::to_string(i)] = {.name = "s" + std::to_string(i), .image = "a"};
        }) == "services: are more than 2000\n");
  CHECK(with([](ServiceSpec& s) { s.replicas = 10'001; }) ==
        "services.web.replicas: 10001 is not between 0 and 10000\n");
  CHECK(with([](ServiceSpec& s) {
          for (int i = 0; i < 1'001; ++i) s.environment[std::to_string(i)];
        }) == "services.web.environment: has more than 1000 entries\n");
  CHECK(with([](ServiceSpec& s) { s.labels["x"] = std::string(64 * 1024 + 1, 'x'); }) ==
        "services.web.labels.x: is longer than 64 KB\n");
  CHECK(with([](ServiceSpec& s) {
          for (int i = 0; i < 20; ++i) s.environment[std::to_string(i)] = std::string(60 * 1024, 'x');
        }) == "services.web: is larger than 1 MB in all\n");
  CHECK(with([](ServiceSpec& s) { s.command = Strings(1'001); }) == "services.web.command: has more than 1000 words\n");
}
