// The keys and names of model/view.h and model/ids.h, and the names of enumerators.
#include "kontena/model/view.h"

#include <doctest/doctest.h>

#include "kontena/model/names.h"
#include "kontena/model/validate.h"
#include "support/samples.h"

namespace kontena::model {

TEST_CASE("paths are their parts with slashes between") {
  CHECK(ProjectPath{"main", "demo"}.text() == "main/demo");
  CHECK(StackPath{"main", "demo", "shop"}.text() == "main/demo/shop");
  CHECK(samples::service_path().text() == "main/demo/shop/web");
  CHECK(samples::service_path().stack_path() == StackPath{"main", "demo", "shop"});
  CHECK(samples::instance().service_path() == samples::service_path());
}

TEST_CASE("the engine's names have the project, but for the default one") {
  CHECK(scoped_name("demo", "shop", "web") == "demo.shop.web");
  CHECK(scoped_name("default", "shop", "web") == "shop.web");
}

TEST_CASE("the keys of the view are those that its tables are said to have") {
  CHECK(instance_key(samples::instance()) == "main/demo/shop/web/00112233aabb");
  CHECK(by_node_key(samples::instance()) == "main/a1b2c3d4e5f6/00112233aabb");
  CHECK(revision_key(samples::service_path(), 7) == "main/demo/shop/web/00000007");
}

TEST_CASE("revisions sort as text as they do as numbers") {
  const auto path = samples::service_path();
  std::string last;
  for (const std::int64_t revision : {0, 1, 9, 10, 99, 100, 12'345, 99'999'999}) {
    CAPTURE(revision);
    const auto key = revision_key(path, revision);
    CHECK(last < key);
    CHECK(key.starts_with(path.text() + '/'));
    last = key;
  }
}

TEST_CASE("a service's keys are not under those of one whose name begins like its") {
  auto longer = samples::service_path();
  longer.service = "web-2";
  CHECK(!longer.text().starts_with(samples::service_path().text() + '/'));
}

TEST_CASE("enumerators have the names that Compose files and people use") {
  CHECK(name(Condition::completed) == "service_completed_successfully");
  CHECK(name(RestartWhen::unless_stopped) == "unless-stopped");
  CHECK(named<RestartWhen>("on-failure") == RestartWhen::on_failure);
  CHECK(name(InstanceState::removed) == "removed");
  CHECK(name(Health::healthy) == "healthy");
  CHECK(name(DeploymentState::superseded) == "superseded");
  CHECK(name(Availability::drain) == "drain");
  CHECK(name(NodeState::lost) == "lost");
  CHECK(name(TokenKind::access) == "access");
  CHECK(name(StackWanted::removed) == "removed");
  CHECK(name(PullPolicy::never) == "never");
  CHECK(name(MountKind::bind) == "bind");
  CHECK(name(Mode::global) == "global");
  CHECK(name(Desired::removed) == "removed");
  CHECK(!named<Mode>("Global"));
  CHECK(!named<Mode>(""));
}

TEST_CASE("the samples are a valid stack") { CHECK(validate(samples::stack_spec()).empty()); }

}  // namespace kontena::model
