#include "kontena/rollout/diff.h"

#include <doctest/doctest.h>

#include "kontena/codec/fields.h"

using namespace kontena;
using namespace kontena::rollout;

namespace {

// Another value of whatever kind.
void alter(std::string& v) { v += "x"; }
void alter(std::int64_t& v) { ++v; }
template <model::Named E>
void alter(E& v) {
  v = static_cast<E>(1);
}
template <class T>
void alter(std::optional<T>& v) {
  v.emplace();
}
template <class T>
void alter(std::vector<T>& v) {
  v.emplace_back();
}
template <class T>
void alter(std::map<std::string, T>& v) {
  v["x"];
}
void alter(model::Restart& v) { v.max_attempts = 3; }
void alter(model::Resources& v) { v.pids = 3; }
void alter(model::Update& v) { v.parallelism = 3; }
void alter(bool& v) { v = !v; }
void alter(model::Placing& v) { v.max_replicas_per_node = 3; }

}  // namespace

TEST_CASE("every field that a container shows asks for new instances") {
  const model::ServiceSpec was{.name = "web", .image = "web:1"};
  model::ServiceSpec is = was;
  CHECK(diff(was, is) == Difference::nothing);
  auto each = [&](std::string_view name, auto& field) {
    CAPTURE(name);
    const auto before = field;
    alter(field);
    REQUIRE_FALSE(was == is);
    const bool in_place = name == "replicas" || name == "depends_on" || name == "placing" || name == "update" ||
                          name == "pinned" || name == "links" || name == "own_labels" || name == "container_name";
    CHECK(diff(was, is) == (in_place ? Difference::in_place : Difference::recreate));
    field = before;
  };
  codec::Fields<model::ServiceSpec>::visit(each, is);
}

TEST_CASE("a dependent that asks for it is restarted along, and its own dependents too") {
  std::map<std::string, model::ServiceSpec> services;
  services["db"];
  services["api"].depends_on["db"].restart = true;
  services["web"].depends_on["api"].restart = true;
  services["job"].depends_on["db"];
  CHECK(restarted_along(services, {"db"}) == std::set<std::string>{"api", "web"});
  CHECK(restarted_along(services, {"db", "api"}) == std::set<std::string>{"web"});
  CHECK(restarted_along(services, {"job"}).empty());
}
