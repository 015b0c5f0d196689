#include <doctest/doctest.h>

#include "problems.h"

using namespace kontena;
using namespace kontena::model;

namespace {

std::string with_links(const StringMap& links) {
  return with_service("web", [&](ServiceSpec& s) { s.links = links; });
}

// Of `db`, which has one instance.
std::string with_container_name(const std::string& name, auto&& change) {
  return with_service("db", [&](ServiceSpec& s) {
    s.container_name = name;
    change(s);
  });
}

void as_it_is(ServiceSpec&) {}

}  // namespace

TEST_CASE("a link is a name for another service of the stack, on a network that both are on") {
  CHECK(with_links({{"db", "db"}, {"Data_base.example", "db"}}) == "");
  CHECK(with_links({{"d", "nobody"}}) == "services.web.links.'d': the stack has no service 'nobody'\n");
  CHECK(with_links({{"d", "web"}}) == "services.web.links.'d': the service is linked to itself\n");
  CHECK(with_links({{"D", "db"}, {"d", "db"}}) == "services.web.links.'d': 'd' is there twice: case does not count\n");
  for (const std::string& alias : {std::string(), std::string("a b"), std::string("a..b"), std::string("a."),
                                  std::string(64, 'a'), std::string("caf\xc3\xa9")}) {
    CAPTURE(alias);
    CHECK(with_links({{alias, "db"}}).find("cannot be asked for") != std::string::npos);
  }
  CHECK(with_stack([](StackSpec& s) {
          s.networks["back"];
          s.services["db"].networks = {{"back", {}}};
          s.services["web"].links = {{"database", "db"}};
        }) == "services.web.links.'database': the service shares no network with 'db'\n");
  CHECK(with_service("web", [](ServiceSpec& s) {
          s.networks = {};
          s.ports = {};
          s.network_mode = "host";
          s.links = {{"database", "db"}};
        }).starts_with("services.web.links.'database': with network_mode host the service is not told names"));
}

TEST_CASE("a container's name is that of one container") {
  CHECK(with_container_name("the-db", as_it_is) == "");
  CHECK(with_container_name("the-db", [](ServiceSpec& s) { s.replicas = 0; }) == "");
  CHECK(with_container_name("the-db", [](ServiceSpec& s) { s.replicas = 2; }) ==
        "services.db.container_name: the service has 2 containers, and a container's name is that of one\n");
  CHECK(with_container_name("the-db", [](ServiceSpec& s) { s.mode = Mode::global; }) ==
        "services.db.container_name: a global service has a container on every node, and a container's name is that of "
        "one\n");
  CHECK(with_container_name("a..b", as_it_is).starts_with("services.db.container_name: 'a..b' cannot be asked for"));
  CHECK(with_stack([](StackSpec& s) {
          s.services["db"].container_name = "Store";
          s.services["second"] = {
              .name = "second", .image = "a", .networks = {{"front", {}, ""}}, .container_name = "store"};
        }) == "services.second.container_name: 'store' is that of service 'db' too\n");
}

TEST_CASE("the exposed service is one of the stack, and the stack's name is no other's") {
  CHECK(with_stack([](StackSpec& s) { s.exposed = ""; }) == "");
  CHECK(with_stack([](StackSpec& s) { s.exposed = "nobody"; }) == "exposed: the stack has no service 'nobody'\n");
  const ServiceSpec shop{.name = "shop", .image = "a", .networks = {{"front", {}, ""}}};
  CHECK(with_stack([&](StackSpec& s) { s.services["shop"] = shop; }) ==
        "exposed: it would be known by the stack's name, which is that of service 'shop'\n");
  CHECK(with_stack([&](StackSpec& s) { s.services["shop"] = shop, s.exposed = "shop"; }) == "");
  CHECK(with_stack([](StackSpec& s) {
          s.services["db"].networks = {}, s.services["db"].network_mode = "host",
          s.exposed = "db";
        }) == "exposed: service 'db' has network_mode host, and so no names in the cluster\n");
}
