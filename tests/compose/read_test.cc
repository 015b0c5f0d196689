#include "kontena/compose/read.h"

#include <doctest/doctest.h>

#include "support.h"

namespace kontena::compose {
namespace {

std::string name_of(Input input) {
  const Reading reading = read(input);
  return reading.document ? reading.document->name() : lines_of(reading.problems);
}

}  // namespace

TEST_CASE("the project's name is that of the flag, the environment, the file, the folder, in this order") {
  Input input = input_of({"name: From-File_$HOME\nservices: {}"});
  input.folder = "/srv/__My App.x/";
  CHECK(name_of(input) == "from-file_homeuser");
  input.files[0].text = "services: {}";
  CHECK(name_of(input) == "myappx");
  input.env_files = {Source{".env", "COMPOSE_PROJECT_NAME=dot"}};
  CHECK(name_of(input) == "dot");
  input.environment["COMPOSE_PROJECT_NAME"] = "env";
  CHECK(name_of(input) == "env");
  input.project_name = "flag";
  CHECK(name_of(input) == "flag");
  input.project_name = "___";
  CHECK(name_of(input).find("leaves nothing for the name") != std::string::npos);
}

TEST_CASE("variables come from the client first, then from .env, then PWD and the project's name are ours") {
  Project project{service({"command: [$A, $B, $PWD, $COMPOSE_PROJECT_NAME]"})};
  project.environment = {{"A", "client"}};
  project.dot_env = "A=dot\nB=${A}-dot\n";
  const Reading reading = read_project(project);
  REQUIRE(reading.document);
  CHECK(reading.document->json().find(
            "\"client\",\n        \"client-dot\",\n        \"/project\",\n        \"project\"") != std::string::npos);
}

TEST_CASE("a file that is no project is refused with a hint") {
  struct Row {
    std::string_view text, problem;
  };
  for (const Row& row : {
           Row{"", "compose.yaml:1:1: the file is empty"},
           Row{"# x\n---\n", "compose.yaml:1:1: the file is empty"},
           Row{"- a", "compose.yaml:1:1: a Compose file is a mapping, this is a list"},
           Row{"text", "compose.yaml:1:1: a Compose file is a mapping, this is text"},
           Row{"web:\n  image: i\n", "compose.yaml:1:1: web: services stand under 'services:'"},
           Row{"%YAML 1.2\n---\nservices: {}\n", "compose.yaml:1:1: '%YAML 1.2' is not taken by Compose"},
           Row{"services: 5", "compose.yaml:1:11: services: must be a mapping of names, not '5'"},
           Row{"services: {a: }", "compose.yaml:1:12: services.a: must be a mapping, this is nothing"},
           Row{"services: {a: {command: x}}",
               "compose.yaml:1:12: services.a: the service has neither 'image' nor 'build'"},
           Row{"services: {'a b': {image: i}}", "compose.yaml:1:12: services.a b: 'a b' is not a name"},
           Row{"services: {a: {image: }}", "compose.yaml:1:16: services.a.image: must be text, this is nothing"},
           Row{"name: 5\nservices: {}",
               "compose.yaml:1:7: name: must be text, this is a number (put quotes around it: \"5\")"},
       }) {
    CAPTURE(row.text);
    const std::string problems = lines_of(read_project({std::string(row.text)}).problems);
    CHECK_MESSAGE(problems.find(row.problem) != std::string::npos, problems);
  }
}

TEST_CASE("without a file there is nothing to read") {
  Input input = input_of({"services: {}"});
  input.files.clear();
  CHECK(lines_of(read(input).problems) == "no Compose file is given (give one)\n");
}

TEST_CASE("values that are wrong are told all at once, in order of place") {
  struct Row {
    std::string_view line, problem;
  };
  for (const Row& row : {
           Row{"command: [a, 1, true]",
               "4:18: services.s.command[1]: must be text, this is a number (put quotes around it: \"1\")"},
           Row{"command: 'a \"b'", "a quote or a parenthesis in the command is not closed"},
           Row{"hostname: 1", "services.s.hostname: must be text, this is a number"},
           Row{"stop_grace_period: 30", "must be a duration, as in 1m30s, this is a number (write 30s for seconds)"},
           Row{"ports:", "services.s.ports: must be a list, this is nothing"},
           Row{"ports: [80.5]", "4:13: services.s.ports[0]: '80.5' is not a port"},
           Row{"ports: ['65536']", "services.s.ports[0]: '65536' is not a port"},
           Row{"ports: ['::1:6000:6000']", "services.s.ports[0]: '::1:6000:6000' is not a port"},
           Row{"ports: ['localhost:80:80']", "'localhost' is not an IP address"},
           Row{"ports: ['80:80/icmp']", "'icmp' is not a protocol"},
           Row{"ports: ['9090-9092:8080-8081']", "the ranges 9090-9092 and 8080-8081 are not of one size"},
           Row{"ports: ['1-65535', '1-65535:1-65535/udp']", "the file publishes more than 100000 ports"},
           Row{"ports: [{published: 80}]", "services.s.ports[0]: 'target' is missing"},
           Row{"tty: maybe", "must be true or false, not 'maybe'"},
           Row{"volumes: ['aa:/bb:ro:dd']", "it has too many ':'"},
           Row{"volumes: [{type: bind, target: /x}]", "services.s.volumes[0]: a bind wants a 'source'"},
           Row{"networks: [zz]",
               "services.s.networks.zz: there is no network 'zz' in this file (declare it under 'networks'"},
           Row{"volumes: ['zz:/x']", "services.s.volumes[0]: there is no volume 'zz' in this file"},
           Row{"depends_on: [zz]", "services.s.depends_on.zz: there is no service 'zz' in this file"},
           Row{"depends_on: {s: {condition: service_started}}", "services wait for each other: s → s"},
           Row{"depends_on: {s: {}}", "services.s.depends_on.s: 'condition' is missing"},
           Row{"healthcheck: {test: [foo]}", "services.s.healthcheck.test[0]: 'foo' is not a kind of test"},
           Row{"environment: [A: b]", "services.s.environment[0]: must be NAME=VALUE text"},
           Row{"environment: {A: 2020-01-01}",
               "services.s.environment.A: must be text, this is a date (put quotes around it: \"2020-01-01\")"},
           Row{"env_file: no.env", "services.s.env_file[0]: '/project/no.env': there is no such file"},
           Row{"env_file: [{path: a, formt: raw}]", "unknown key 'formt'"},
           Row{"command: ['x ${A B}']", "4:18: services.s.command[0]: '${A B}' is not a variable"},
           Row{"command: x ${A?for this}", "4:16: services.s.command: the variable 'A' is not set: for this"},
           Row{"pull_policy: often", "'often' is not a pull policy"},
       }) {
    CAPTURE(row.line);
    const std::string problems = lines_of(read_project({service({std::string(row.line)})}).problems);
    CHECK_MESSAGE(problems.find(row.problem) != std::string::npos, problems);
  }
}

TEST_CASE("services that wait for each other are named in a circle") {
  const Reading reading =
      read_project({"services:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, depends_on: [c]}\n  c: {image: i, "
                    "depends_on: [b]}\n"});
  CHECK(lines_of(reading.problems) ==
        "compose.yaml:4:30: services.c.depends_on.b: services wait for each other: b → c → b\n");
  std::string chain = "services:\n";
  for (int i = 0; i < 3000; ++i)
    chain += "  s" + std::to_string(i) + ": {image: i, depends_on: [s" + std::to_string(i + 1) + "]}\n";
  CHECK(lines_of(read_project({chain + "  s3000: {image: i}\n"}).problems).find("wait for each other in a row") !=
        std::string::npos);
}

TEST_CASE("what is odd but allowed is warned of, once") {
  struct Row {
    std::string_view line, warning;
  };
  for (const Row& row : {
           Row{"command: [$U, $U]", "4:15: services.s.command[0]: the variable 'U' is not set; it is taken as empty\n"},
           Row{"tty: yes",
               "4:10: services.s.tty: 'yes' is not a boolean of YAML 1.2; it is taken as true (write true)\n"},
           Row{"environment: {A: 0777}",
               "4:22: services.s.environment.A: 0777 was read as the number 511 (put quotes around it to keep it as it "
               "is)\n"},
           Row{"command: a && b", "4:14: services.s.command: the command is not run by a shell"},
           Row{"volumes: ['/a:/b:foo']",
               "4:15: services.s.volumes[0]: 'foo' is not an option of a volume; it is ignored\n"},
       }) {
    CAPTURE(row.line);
    const Reading reading = read_project({service({std::string(row.line)})});
    CHECK(lines_of(reading.problems) == "");
    REQUIRE(reading.warnings.size() == 1);
    CHECK(lines_of(reading.warnings).find(row.warning) != std::string::npos);
  }
  CHECK(lines_of(read_project({"version: '3.8'\nservices: {}"}).warnings) ==
        "compose.yaml:1:10: version: 'version' is obsolete and ignored (take it out)\n");
}

TEST_CASE("env files go below the environment, the last one first, and need not all be there") {
  Project project{
      service({"env_file: [a.env, {path: ./b.env}, {path: /c.env, required: false}, {path: raw.env, format: raw}]",
               "environment: {OWN: service}", "label_file: l.env", "labels: [own=service]"})};
  project.files = {{"/project/a.env", "EA=1\nEB=a\nOWN=a\nFROM=$HOME"},
                   {"/project/b.env", "EB=b"},
                   {"/project/raw.env", "R='$HOME'"},
                   {"/project/l.env", "la=1\nown=l\nHOME\nfrom=a$HOME$la"}};
  const Specified specified = specify_project(project);
  const auto& spec = specified.spec.services.at("s");
  CHECK(spec.environment ==
        model::StringMap{{"EA", "1"}, {"EB", "b"}, {"FROM", "/home/user"}, {"OWN", "service"}, {"R", "'$HOME'"}});
  CHECK(spec.labels == model::StringMap{{"from", "a1"}, {"la", "1"}, {"own", "service"}});  // of its own lines only
  CHECK(lines_of(read_project({service({"env_file: [{path: '', required: false}]"})}).problems).empty());
  CHECK(lines_of(read_project({service({"env_file: ''"})}).problems).find("the path of a file is empty") !=
        std::string::npos);
  project.files["/project/b.env"] = "A=\"x";
  CHECK(lines_of(read_project(project).problems) == "/project/b.env:1:3: the quote that opens here is never closed\n");
}

TEST_CASE("a path of the container is mounted once, but for what `volumes` itself replaces") {
  const auto problems = [](const std::vector<std::string>& lines) {
    return lines_of(read_project({service(lines)}).problems);
  };
  CHECK(problems({"tmpfs: ['/x:size=1m', '/y', '/x:ro']"}) ==
        "compose.yaml:4:33: services.s.tmpfs[2]: '/x' is mounted already by services.s.tmpfs[0] (take one out)\n");
  CHECK(problems({"tmpfs: /x", "volumes: ['/a:/y', '/a:/x']"})
            .find("services.s.volumes[1]: '/x' is mounted already by services.s.tmpfs[0]") != std::string::npos);
  CHECK(problems({"volumes: ['/a:/x', '/b:/x']", "tmpfs: [/y, /y]"}).empty());
}

TEST_CASE("an empty name is printed as none, and a deploy refuses it") {
  const Project project{
      "services: {s: {image: i, networks: [n], volumes: ['vol:/v']}}\n"
      "networks: {n: {name: '', external: true}}\nvolumes: {vol: {name: ''}}\n"};
  const Reading reading = read_project(project);
  REQUIRE(reading.document);
  CHECK(reading.document->yaml().find("name:") == reading.document->yaml().rfind("name:"));  // the project's
  CHECK(lines_of(specify_project(project).problems) ==
        "compose.yaml:2:22: networks.n.name: '' is no name; leave 'name' out to have the usual one\n"
        "compose.yaml:3:23: volumes.vol.name: '' is no name; leave 'name' out to have the usual one\n");
}

TEST_CASE("a secret that is not external has to say what it holds; of a config a deploy asks it") {
  const std::string uses = "services: {s: {image: i, secrets: [c]}}\n";
  CHECK(lines_of(read_project({uses + "secrets: {c: {external: false}}"}).problems).find("it has no content") !=
        std::string::npos);
  CHECK(lines_of(read_project({uses + "secrets: {c: {environment: ''}}"}).problems).find("it has no content") !=
        std::string::npos);
  CHECK(lines_of(read_project({"services: {}\nvolumes: {v: {driver_opts: {a: }}}"}).problems)
            .find("volumes.v.driver_opts.a: must be text or a number") != std::string::npos);
  const Project config{"services: {s: {image: i, configs: [c]}}\nconfigs: {c: {external: false}}"};
  CHECK(read_project(config).problems.empty());
  CHECK(lines_of(specify_project(config).problems).find("nothing says what it holds") != std::string::npos);
}

TEST_CASE("exposed ports are told apart by their whole text, and an infinite size is none") {
  const Reading reading = read_project({service({"expose: [a=b, 80, a=c, 80]"})});
  REQUIRE(reading.document);
  CHECK(reading.document->yaml().find("- a=b\n      - \"80\"\n      - a=c\n") != std::string::npos);
  CHECK(lines_of(read_project({service({"mem_reservation: .inf"})}).problems).find("must be a whole number of bytes") !=
        std::string::npos);
}

TEST_CASE("a finding's text is its place, key, words and hint, as far as there are any") {
  CHECK(Finding{{"f", 3, 7}, "a.b", "is odd", "mend it"}.text() == "f:3:7: a.b: is odd (mend it)");
  CHECK(Finding{{"f", 0, 0}, "", "is odd", ""}.text() == "f: is odd");
  CHECK(Finding{{"", 0, 0}, "", "is odd", ""}.text() == "is odd");
}

}  // namespace kontena::compose
