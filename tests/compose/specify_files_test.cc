// Configs, secrets and binds of a project's own files.
#include <doctest/doctest.h>

#include "kontena/compose/spec.h"
#include "support.h"

namespace kontena::compose {
namespace {

std::string problems_of(const std::string& text) { return lines_of(specify_project({text}).problems); }

}  // namespace

TEST_CASE("configs and secrets say where their content is, and services where they want them") {
  const Specified specified = specify_project({R"(
services:
  s:
    image: i
    configs: [plain, {source: said, target: etc/said, uid: "12", gid: "34", mode: 0640}]
    secrets: [key, {source: key, target: /etc/key}, {source: key, target: other, mode: "0400"}]
configs:
  plain: {file: ./plain, labels: {a: b}}
  said: {content: "hello"}
secrets:
  key: {environment: KEY}
)"});
  INFO(lines_of(specified.problems));
  REQUIRE(specified.problems.empty());
  const auto& files = specified.spec.services.at("s").files;
  CHECK(files == std::vector<model::FileUse>{
                     {.source = "plain", .target = "/plain"},
                     {.source = "said", .target = "/etc/said", .uid = "12", .gid = "34", .mode = 0640},
                     {.secret = true, .source = "key", .target = "/run/secrets/key"},
                     {.secret = true, .source = "key", .target = "/etc/key"},
                     {.secret = true, .source = "key", .target = "/run/secrets/other", .mode = 0400},
                 });
  CHECK(specified.spec.configs.at("plain").labels == model::StringMap{{"a", "b"}});
  CHECK(specified.spec.configs.at("plain").name.empty());
  REQUIRE(specified.files.size() == 3);
  for (const FileSource& file : specified.files) {
    CAPTURE(file.key);
    CHECK(file.secret == (file.key == "key"));
    CHECK(file.from == (file.key == "plain"  ? FileSource::From::file
                        : file.key == "said" ? FileSource::From::content
                                             : FileSource::From::environment));
    CHECK(file.value.ends_with(file.key == "plain" ? "/plain" : file.key == "said" ? "hello" : "KEY"));
  }
}

TEST_CASE("an external secret is one of the project's, and nothing of it comes along") {
  const Specified specified = specify_project({R"(
services:
  s:
    image: i
    secrets: [{source: key, target: db, uid: "1", gid: "2", mode: 0400}, own, not]
    x-kontena: {env_secrets: {B: b_secret, A: a_secret}}
secrets:
  key: {external: true, name: db_password}
  own: {external: true}
  not: {environment: KEY, external: false}
)"});
  INFO(lines_of(specified.problems));
  REQUIRE(specified.problems.empty());
  CHECK(specified.spec.secrets.at("key") == model::FileSpec{.name = "db_password", .external = true});
  CHECK(specified.spec.secrets.at("own") == model::FileSpec{.name = "own", .external = true});
  CHECK_FALSE(specified.spec.secrets.at("not").external);
  REQUIRE(specified.files.size() == 1);
  CHECK(specified.files.front().key == "not");
  const auto& service = specified.spec.services.at("s");
  CHECK(service.files.front() ==
        model::FileUse{.secret = true, .source = "key", .target = "/run/secrets/db", .uid = "1", .gid = "2", .mode = 0400});
  CHECK(service.env_secrets == std::vector<model::SecretVariable>{{"A", "a_secret", ""}, {"B", "b_secret", ""}});
  CHECK(service.environment.empty());
  CHECK(problems_of("services: {s: {image: i, x-kontena: {env_secrets: [A=a, B]}}}").find("names no secret") != std::string::npos);
}

TEST_CASE("what there is no store for is refused, and so are names of users") {
  const std::string uses = "services: {s: {image: i, configs: [c]}}\n";
  CHECK(problems_of(uses + "configs: {c: {external: true}}").find("configs are not kept by name") != std::string::npos);
  CHECK(problems_of(uses + "configs: {c: {file: ./x, template_driver: golang}}").find("drivers are of Docker Swarm") !=
        std::string::npos);
  CHECK(problems_of("services: {s: {image: i, configs: [{source: c, uid: www}]}}\nconfigs: {c: {file: ./x}}")
            .find("'www' is not the number of a user") != std::string::npos);
}

TEST_CASE("a bind that is written relative is of the project, one that is not is of the node") {
  const Specified specified = specify_project({R"(
services:
  s:
    image: i
    volumes:
      - ./conf:/conf:ro
      - ~/mine:/mine
      - /srv/x:/x
      - {type: bind, source: ../up, target: /up, bind: {create_host_path: false}}
)"});
  INFO(lines_of(specified.problems));
  REQUIRE(specified.problems.empty());
  const auto& mounts = specified.spec.services.at("s").mounts;
  REQUIRE(mounts.size() == 4);
  CHECK(mounts[0].kind == model::MountKind::content);
  CHECK(mounts[0].source == "./conf");
  CHECK(mounts[0].read_only);
  CHECK(mounts[1].kind == model::MountKind::content);
  CHECK(mounts[2].kind == model::MountKind::bind);
  CHECK(mounts[3].kind == model::MountKind::content);
  REQUIRE(specified.own_paths.size() == 3);
  CHECK(specified.own_paths[0].path.ends_with("/conf"));
  CHECK(specified.own_paths[0].path.starts_with("/"));
  CHECK(specified.own_paths[0].key == "services.s.volumes[0]");
  CHECK_FALSE(specified.own_paths[0].must_exist);
  CHECK(specified.own_paths[2].must_exist);
}

TEST_CASE("a volume that is a folder of the project by its options is as a bind of that folder") {
  const Specified specified = specify_project({R"(
services:
  s: {image: i, volumes: ["data:/data", {type: volume, source: data, target: /sub, volume: {subpath: sub}}, "far:/far"]}
volumes:
  data: {driver: local, labels: {a: b}, driver_opts: {type: none, o: bind, device: ./data}}
  far: {driver: local, driver_opts: {type: none, o: bind, device: /srv/far}}
)"});
  INFO(lines_of(specified.problems));
  REQUIRE(specified.problems.empty());
  CHECK(lines_of(specified.warnings).find("volumes.data.labels: 'labels' is ignored") != std::string::npos);
  const auto& mounts = specified.spec.services.at("s").mounts;
  CHECK(mounts.at(0).kind == model::MountKind::content);
  CHECK(mounts.at(2).kind == model::MountKind::volume);
  REQUIRE(specified.own_paths.size() == 2);
  CHECK(specified.own_paths[0].path == "/project/data");
  CHECK(specified.own_paths[0].written == "./data");
  CHECK(specified.own_paths[0].must_exist);
  CHECK(specified.own_paths[1].path == "/project/data/sub");
  CHECK_FALSE(specified.spec.volumes.contains("data"));
  CHECK(specified.spec.volumes.at("far").driver_options.at("device") == "/srv/far");
}

}  // namespace kontena::compose
