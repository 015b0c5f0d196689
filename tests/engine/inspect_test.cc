#include "../../src/engine/docker/inspect.h"

#include <doctest/doctest.h>

using namespace kontena;
using namespace kontena::engine;
using namespace kontena::engine::docker;
using model::Health;

namespace {

Container inspected(std::string_view json) {
  const auto document = codec::Document::parse(json);
  REQUIRE(document);
  return read_inspected(document->root());
}

std::vector<Container> listed(std::string_view json) {
  const auto document = codec::Document::parse(json);
  REQUIRE(document);
  return read_list(document->root());
}

}  // namespace

TEST_CASE("health and exit code are read out of the words of the list") {
  CHECK(health_in("Up 3 minutes (healthy)") == Health::healthy);
  CHECK(health_in("Up Less than a second (health: starting)") == Health::starting);
  CHECK(health_in("Up 2 hours (unhealthy)") == Health::unhealthy);
  CHECK(health_in("Up 2 hours") == Health::none);
  CHECK(health_in("Up 2 hours (Paused)") == Health::none);
  CHECK(health_in("Exited (0) 2 hours ago (healthy)") == Health::none);
  CHECK(exit_code_in("Exited (137) 3 days ago") == 137);
  CHECK(exit_code_in("Exited (0) 3 days ago") == 0);
  CHECK(exit_code_in("Up 3 days") == 0);
  CHECK(exit_code_in("Exited (") == 0);
}

TEST_CASE("Docker's zero time is never") {
  CHECK(time_ms("0001-01-01T00:00:00Z") == 0);
  CHECK(time_ms("") == 0);
  CHECK(time_ms("1970-01-01T00:00:01.519057732Z") == 1519);
  CHECK(time_ms("1970-01-01T01:00:01.5+01:00") == 1500);
}

TEST_CASE("a list of Docker 20.10 is read") {
  const auto list = listed(R"x([
    {"Id":"31a0","Names":["/other/alias","/t2"],"Created":1795342501,"Ports":[],"Labels":{"io.kontena.node":"x"},
     "State":"exited","Status":"Exited (7) 2 seconds ago"},
    {"Id":"e588","Names":["/t1"],"Created":1795342501,"Labels":null,"State":"running","Status":"Up 2 seconds (healthy)",
     "Ports":[{"IP":"::","PrivatePort":80,"PublicPort":32768,"Type":"tcp"},
              {"IP":"0.0.0.0","PrivatePort":80,"PublicPort":32768,"Type":"tcp"},
              {"PrivatePort":9000,"Type":"tcp"},
              {"IP":"127.0.0.1","PrivatePort":81,"PublicPort":8081,"Type":"udp"}]}])x");
  REQUIRE(list.size() == 2);
  CHECK(list[0].id == "31a0");
  CHECK(list[0].name == "t2");
  CHECK(list[0].labels == model::StringMap{{"io.kontena.node", "x"}});
  CHECK(list[0].state == ContainerState::exited);
  CHECK(list[0].exit_code == 7);
  CHECK(list[0].created_ms == 1795342501000);
  CHECK(list[1].state == ContainerState::running);
  CHECK(list[1].health == Health::healthy);
  CHECK(list[1].labels.empty());
  CHECK(list[1].ports == std::vector<model::PublishedPort>{{80, 32768, "tcp", ""}, {81, 8081, "udp", "127.0.0.1"}});
}

TEST_CASE("the health of a list of API 1.52 is read from its own member") {
  const auto list = listed(R"([{"Id":"1","State":"running","Status":"Up 2 s","Health":{"Status":"unhealthy"}}])");
  CHECK(list.at(0).health == Health::unhealthy);
}

TEST_CASE("a container's description is read") {
  const auto c = inspected(R"({"Id":"e588","Created":"2026-11-22T10:15:01.082365718Z","Name":"/t1",
    "State":{"Status":"running","Running":true,"OOMKilled":false,"ExitCode":0,"Error":"",
      "StartedAt":"2026-11-22T10:15:01.507574896Z","FinishedAt":"0001-01-01T00:00:00Z",
      "Health":{"Status":"unhealthy","FailingStreak":3,"Log":[{"Output":"old\n"},{"ExitCode":1,"Output":"refused\n"}]}},
    "Config":{"Labels":{"a":"b"}},
    "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"32768"},{"HostIp":"::","HostPort":"32769"}],
      "81/udp":[{"HostIp":"127.0.0.1","HostPort":"8081"}],"90/tcp":null}}})");
  CHECK(c.id == "e588");
  CHECK(c.name == "t1");
  CHECK(c.state == ContainerState::running);
  CHECK(c.health == Health::unhealthy);
  CHECK(c.health_output == "refused");
  CHECK(c.created_ms == 1795342501082);
  CHECK(c.started_ms == 1795342501507);
  CHECK(c.finished_ms == 0);
  CHECK(c.labels == model::StringMap{{"a", "b"}});
  CHECK(c.ports == std::vector<model::PublishedPort>{{80, 32768, "tcp", ""}, {81, 8081, "udp", "127.0.0.1"}});
}

TEST_CASE("a container that was killed for its memory says so") {
  const auto c = inspected(R"({"Id":"1","State":{"Status":"exited","OOMKilled":true,"ExitCode":137,
    "FinishedAt":"2026-11-22T10:15:01Z","Health":{"Status":"healthy"}}})");
  CHECK(c.out_of_memory);
  CHECK(c.exit_code == 137);
  CHECK(c.finished_ms == 1795342501000);
  CHECK_MESSAGE(c.health == Health::none, "what has ended is neither healthy nor unhealthy");
}

TEST_CASE("what ended as it started did not end before") {
  CHECK(inspected(R"({"State":{"Status":"exited","StartedAt":"2026-11-22T10:15:01.002Z",
                     "FinishedAt":"2026-11-22T10:15:01.001Z"}})")
            .finished_ms == 1795342501002);
  CHECK_MESSAGE(inspected(R"({"State":{"Status":"running","StartedAt":"2026-11-22T10:15:02Z",
                             "FinishedAt":"2026-11-22T10:15:01Z"}})")
                        .finished_ms == 1795342501000,
                "of the run before");
}

TEST_CASE("a container whose start failed has the engine's words") {
  const auto c = inspected(R"({"Id":"1","State":{"Status":"created","ExitCode":127,"Error":"no such file"}})");
  CHECK(c.state == ContainerState::created);
  CHECK(c.exit_code == 127);
  CHECK(c.error == "no such file");
}

TEST_CASE("the output of a probe is cut between characters at 4 KiB") {
  std::string output;
  for (int i = 0; i < 3000; ++i) output += "é";
  const auto c = inspected(R"({"State":{"Status":"running","Health":{"Log":[{"Output":"x)" + output + R"("}]}}})");
  CHECK(c.health_output.size() == 4095);
  CHECK(c.health_output.ends_with("é"));
}

TEST_CASE("an answer of another shape gives an empty container, not a crash") {
  CHECK(inspected("[]").id.empty());
  CHECK(inspected(R"({"State":[],"Config":1,"NetworkSettings":{"Ports":{"x":[{}],"80/tcp":[{"HostPort":80}]}}})")
            .ports.empty());
  CHECK(listed("{}").empty());
  CHECK(listed(R"([1,{"State":"odd"}])").at(1).state == ContainerState::dead);
}

TEST_CASE("a port published on IPv6 alone is kept") {
  CHECK(tidy({{80, 8080, "tcp", "::"}}) == std::vector<model::PublishedPort>{{80, 8080, "tcp", ""}});
  CHECK(tidy({{80, 8080, "tcp", "::1"}, {80, 8080, "tcp", "0.0.0.0"}}) ==
        std::vector<model::PublishedPort>{{80, 8080, "tcp", ""}, {80, 8080, "tcp", "::1"}});
}
