// Several files, `extends`, `include` and profiles: what becomes of two values for one key.
#include <doctest/doctest.h>

#include "support.h"

namespace kontena::compose {
namespace {

struct Files {
  std::string base, over;
  std::map<std::string, std::string> others = {};
  std::vector<std::string> profiles = {"*"};
};

Reading read_files(const Files& files) {
  Project project{files.base};
  project.files = files.others;
  Input input = input_of(project);
  if (!files.over.empty()) input.files.push_back({"override.yaml", files.over});
  input.profiles = files.profiles;
  return read(input);
}

// The members of service `s` of both files, merged, as JSON without blanks.
std::string merged(const std::string& base, const std::string& over) {
  const Reading reading = read_files({"services: {s: {image: i, " + base + "}}", "services: {s: {" + over + "}}"});
  if (!reading.document) return lines_of(reading.problems);
  std::string json;
  for (const char c : reading.document->json())
    if (c != ' ' && c != '\n') json += c;
  return json;
}

}  // namespace

TEST_CASE("a later file changes each key by the key's own rule") {
  struct Row {
    std::string base, over, found;
  };
  for (const Row& row : {
           Row{"hostname: a", "hostname: b", R"("hostname":"b")"},
           Row{"hostname: a", "hostname: ", R"("hostname":"a")"},
           Row{"command: a", "command: ", R"("command":null)"},
           Row{"command: [a, b]", "command: [c]", R"("command":["c"])"},
           Row{"environment: [A=1, B=2]", "environment: {B: 3}", R"("environment":{"A":"1","B":"3"})"},
           Row{"environment: {A: 1, B: 2}", "environment: {A: !reset null}", R"("environment":{"B":"2"})"},
           Row{"labels: [a=1]", "labels: {b: 2}", R"("labels":{"a":"1","b":"2"})"},
           Row{"dns: 1.1.1.1", "dns: [2.2.2.2]", R"("dns":["1.1.1.1","2.2.2.2"])"},
           Row{"volumes: ['/a:/x', '/b:/y']", "volumes: ['/c:/x']", R"("source":"/c","target":"/x")"},
           Row{"devices: ['/dev/a:/dev/x']", "devices: ['/dev/b:/dev/x']", R"("source":"/dev/b")"},
           Row{"ports: ['80:80']", "ports: !override ['81:81']",
               R"("ports":[{"mode":"ingress","target":81,"published":"81")"},
           Row{"ports: ['80:80']", "ports: !reset []", R"("networks":{"default":null}})"},
           Row{"logging: {driver: a, options: {x: 1}}", "logging: {options: {y: 2}}", R"("options":{"x":"1","y":"2"})"},
           Row{"logging: {driver: a, options: {x: 1}}", "logging: {driver: b}", R"("logging":{"driver":"b"})"},
           Row{"build: ./a", "build: {target: t}",
               R"("build":{"context":"/project/a","dockerfile":"Dockerfile","target":"t"})"},
           Row{"security_opt: [a:b]", "security_opt: [a:b]", "security_opt[1]: 'a:b' is here twice"},
           Row{"ports: ['80:80']", "ports: {a: b}",
               "override.yaml:1:23: services.s.ports: this is a mapping, and cannot change a list"},
       }) {
    CAPTURE(row.over);
    const std::string got = merged(row.base, row.over);
    CHECK_MESSAGE(got.find(row.found) != std::string::npos, got);
  }
}

TEST_CASE("a service takes from the one that it extends, of its file or of another") {
  const Reading reading = read_files(
      {"services:\n  a: {extends: b, image: x}\n  b: {image: y, user: u, extends: {file: sub/c.yaml, service: c}}\n",
       "",
       {{"/project/sub/c.yaml", "services: {c: {image: z, volumes: ['./d:/d'], hostname: h}}"}}});
  REQUIRE_MESSAGE(reading.document, lines_of(reading.problems));
  const std::string json = reading.document->json();
  CHECK(json.find("\"source\": \"/project/sub/d\"") != std::string::npos);
  CHECK(json.find("\"image\": \"z\"") == std::string::npos);
  CHECK(json.find("\"hostname\": \"h\"") != std::string::npos);
}

TEST_CASE("circles and missing services of extends and include are refused with their places") {
  struct Row {
    std::string text, problem;
  };
  const std::map<std::string, std::string> others{{"/project/b.yaml", "include: [a.yaml]\nservices: {b: {image: i}}"},
                                                  {"/project/a.yaml", "include: [b.yaml]"},
                                                  {"/project/s.yaml", "services: {s: {image: other}}"}};
  for (const Row& row : {
           Row{"services: {a: {extends: b}, b: {extends: a}}", "services extend each other in a circle"},
           Row{"services: {a: {image: i, extends: bb}, b: {image: i}}",
               "compose.yaml:1:35: services.a.extends: there is no service 'bb' to extend"},
           Row{"services: {a: {extends: {file: no.yaml, service: x}}}", "compose.yaml:1:32: services.a.extends.file"},
           Row{"include: [a.yaml]", "files include each other in a circle"},
           Row{"include: [no.yaml]", "compose.yaml:1:11: include[0]"},
       }) {
    CAPTURE(row.text);
    const std::string problems = lines_of(read_files({row.text, "", others}).problems);
    CHECK_MESSAGE(problems.find(row.problem) != std::string::npos, problems);
  }
}

TEST_CASE("an included project has its own folder and variables") {
  const Reading reading =
      read_files({"include: [{path: sub/a.yaml, env_file: sub/v.env}]\nservices: {s: {image: i}}",
                  "",
                  {{"/project/sub/a.yaml", "services: {t: {image: 'x:${TAG}', volumes: ['./d:/d']}}"},
                   {"/project/sub/v.env", "TAG=7"}}});
  REQUIRE_MESSAGE(reading.document, lines_of(reading.problems));
  const std::string json = reading.document->json();
  CHECK(json.find("\"image\": \"x:7\"") != std::string::npos);
  CHECK(json.find("\"/project/sub/d\"") != std::string::npos);
}

TEST_CASE("services of profiles take part where one is active") {
  const std::string text = "services: {s: {image: i}, t: {image: j, profiles: [p]}}";
  const auto has_t = [&](std::vector<std::string> profiles) {
    const Reading reading = read_files({text, "", {}, std::move(profiles)});
    REQUIRE(reading.document);
    return reading.document->json().find("\"t\"") != std::string::npos;
  };
  CHECK(!has_t({}));
  CHECK(!has_t({"q"}));
  CHECK(has_t({"p"}));
  CHECK(has_t({"*"}));
  const Reading reading =
      read_files({"services: {s: {image: i, depends_on: [t]}, t: {image: j, profiles: [p]}}", "", {}, {}});
  CHECK(lines_of(reading.problems).find("is in none of the active profiles") != std::string::npos);
}

TEST_CASE("other keys imply what must be there first") {
  const std::string got = merged("links: [t:x]", "volumes_from: ['u:ro']");
  CHECK(got.find("services.s.links[0]: there is no service 't'") != std::string::npos);
  CHECK(got.find("services.s.volumes_from[0]: there is no service 'u'") != std::string::npos);
}

}  // namespace kontena::compose
