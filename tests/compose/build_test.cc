// What `build` asks of the client's engine.
#include <doctest/doctest.h>

#include "kontena/compose/spec.h"
#include "support.h"

namespace kontena::compose {
namespace {

Specified specified(const std::vector<std::string>& service) {
  std::string text = "services:\n  s:\n";
  for (const std::string& line : service) text += "    " + line + "\n";
  return specify_project({text});
}

}  // namespace

TEST_CASE("a service that is built has the name that Compose gives its image") {
  const Specified plain = specified({"build: ./app"});
  INFO(lines_of(plain.problems));
  REQUIRE(plain.problems.empty());
  const Build& build = plain.builds.at("s");
  CHECK(build.context == "/project/app");
  CHECK_FALSE(build.remote);
  CHECK(build.image.ends_with("-s"));
  CHECK(plain.spec.services.at("s").image == build.image);
  const Specified named = specified({"build: .", "image: example.org/app:1", "pull_policy: build"});
  CHECK(named.problems.empty());
  CHECK(named.builds.at("s").image == "example.org/app:1");
  CHECK(named.builds.at("s").pull_policy == "build");
  CHECK(named.spec.services.at("s").pull_policy == model::PullPolicy::missing);
  CHECK(specified({"image: busybox"}).builds.empty());
}

TEST_CASE("each key of a build comes to the engine, or is refused with its reason") {
  const Specified all = specified(
      {"build:", "  context: https://example.org/app.git#main:web", "  dockerfile: web.Dockerfile",
       "  args: {A: 1, B: , C: three}", "  target: t", "  labels: {l: v}",
       "  cache_from: [one, 'type=gha', "
       "'type=registry,ref=two,x=y']",
       "  network: host", "  shm_size: 64m", "  extra_hosts: ['a:10.0.0.1']", "  no_cache: true", "  pull: true",
       "  tags: ['other:1']", "  platforms: [linux/arm64]", "  ulimits: {nofile: 100, nproc: {soft: 1, hard: 2}}"});
  INFO(lines_of(all.problems));
  REQUIRE(all.problems.empty());
  CHECK(all.warnings.size() == 1);
  const Build& build = all.builds.at("s");
  CHECK(build.context == "https://example.org/app.git#main:web");
  CHECK(build.remote);
  CHECK(build.dockerfile == "web.Dockerfile");
  CHECK(build.args == model::StringMap{{"A", "1"}, {"C", "three"}});
  CHECK(build.target == "t");
  CHECK(build.labels == model::StringMap{{"l", "v"}});
  CHECK(build.cache_from == model::Strings{"one", "two"});
  CHECK(build.network == "host");
  CHECK(build.shm_bytes == 64 << 20);
  CHECK(build.extra_hosts == model::Strings{"a:10.0.0.1"});
  CHECK(build.no_cache);
  CHECK(build.pull);
  CHECK(build.tags == model::Strings{"other:1"});
  CHECK(build.platform == "linux/arm64");
  CHECK(build.ulimits == std::vector<model::Ulimit>{{"nofile", 100, 100}, {"nproc", 1, 2}});

  for (const std::string key : {"additional_contexts: {a: /b}", "ssh: [default]", "secrets: [x]", "privileged: true",
                                "entitlements: [security.insecure]", "platforms: [linux/amd64, linux/arm64]"}) {
    CAPTURE(key);
    std::string text = "services:\n  s:\n    build: {context: ., " + key + "}\nsecrets: {x: {environment: X}}\n";
    const Specified refused = specify_project({text});
    REQUIRE_FALSE(refused.problems.empty());
    CHECK(refused.problems[0].key.starts_with("services.s.build."));
  }
  for (const std::string key : {"cache_to: [x]", "isolation: hyperv", "provenance: true", "sbom: true"}) {
    CAPTURE(key);
    const Specified ignored = specified({"build: {context: ., " + key + "}"});
    CHECK(ignored.problems.empty());
    CHECK(ignored.warnings.size() == 1);
  }
}

}  // namespace kontena::compose
