#include "kontena/compose/spec.h"

#include <doctest/doctest.h>

#include "support.h"

namespace kontena::compose {
namespace {

model::ServiceSpec spec_of(const std::vector<std::string>& lines) {
  const Specified specified = specify_project({service(lines)});
  INFO(lines_of(specified.problems));
  CHECK(specified.problems.empty());
  return specified.spec.services.at("s");
}

}  // namespace

TEST_CASE("a restart policy is that of `restart`, and `deploy.restart_policy` wins") {
  using model::Restart;
  using model::RestartWhen;
  CHECK(spec_of({}).restart == Restart{RestartWhen::no, 0});
  CHECK(spec_of({"restart: no"}).restart == Restart{RestartWhen::no, 0});
  CHECK(spec_of({"restart: always"}).restart == Restart{RestartWhen::always, 0});
  CHECK(spec_of({"restart: unless-stopped"}).restart == Restart{RestartWhen::unless_stopped, 0});
  CHECK(spec_of({"restart: on-failure:5"}).restart == Restart{RestartWhen::on_failure, 5});
  CHECK(spec_of({"deploy: {restart_policy: {condition: none}}", "restart: always"}).restart ==
        Restart{RestartWhen::no, 0});
  CHECK(spec_of({"restart: always", "deploy: {restart_policy: {max_attempts: 3, condition: on-failure}}"}).restart ==
        Restart{RestartWhen::on_failure, 3});
  CHECK(spec_of({"deploy: {restart_policy: {}}"}).restart == Restart{RestartWhen::always, 0});
}

TEST_CASE("a restart policy has its delay and its window, and a delay of zero is one that was given") {
  const auto restart = spec_of({"deploy: {restart_policy: {delay: 5s, window: 1m30s}}"}).restart;
  CHECK(restart.delay_ms == 5'000);
  CHECK(restart.window_ms == 90'000);
  CHECK(spec_of({"deploy: {restart_policy: {delay: 0s}}"}).restart.delay_ms == 1);
}

TEST_CASE("an update is as `deploy.update_config` says, and else one at a time, stop-first, pausing on a failure") {
  CHECK(spec_of({}).update == model::Update{});
  CHECK(spec_of({"deploy: {update_config: {}}"}).update == model::Update{});
  CHECK(spec_of({"deploy: {update_config: {parallelism: 0, delay: 10s, monitor: 0s, order: start-first, "
                 "failure_action: continue, max_failure_ratio: 0.25}}"})
            .update == model::Update{.parallelism = 0,
                                     .delay_ms = 10'000,
                                     .monitor_ms = 0,
                                     .order = model::Order::start_first,
                                     .failure_action = model::OnFailure::go_on,
                                     .max_failure_ppm = 250'000});
}

TEST_CASE("x-kontena of a service is ours: its keys are held to, and it stands nowhere else") {
  CHECK_FALSE(spec_of({}).pinned);
  CHECK(spec_of({"x-kontena: {pinned: true}"}).pinned);
  CHECK_FALSE(spec_of({"x-other: {pinned: true}", "x-kontena: {pinned: false}"}).pinned);
  const auto problems = [](const std::string& text) { return lines_of(read_project({text}).problems); };
  CHECK(problems(service({"x-kontena: {pined: true}"})).find("unknown key 'pined' (did you mean 'pinned'?)") !=
        std::string::npos);
  CHECK(problems(service({"deploy: {x-kontena: {pinned: true}}"}))
            .find("unknown key 'x-kontena' ('x-kontena' belongs at the top of the file or to one of the services)") !=
        std::string::npos);
  CHECK(problems(service({"pinned: true"})).find("'pinned' belongs under 'x-kontena'") != std::string::npos);
}

TEST_CASE("x-kontena at the top exposes a service under the stack's name") {
  const std::string both = "services: {s: {image: i}, t: {image: i}}\n";
  CHECK(specify_project({both}).spec.exposed == "");
  CHECK(specify_project({both + "x-kontena: {expose: t}\n"}).spec.exposed == "t");
  const auto problems = [&](const std::string& more) { return lines_of(specify_project({both + more}).problems); };
  CHECK(problems("x-kontena:\n  expose: u\n") ==
        "compose.yaml:3:11: x-kontena.expose: the stack has no service 'u'\n");
  CHECK(problems("name: s\nx-kontena: {expose: t}\n")
            .find("it would be known by the stack's name, which is that of service 's'") != std::string::npos);
  CHECK(lines_of(read_project({both + "x-kontena: {pinned: true}\n"}).problems).find("unknown key 'pinned'") !=
        std::string::npos);
}

TEST_CASE("a link is an alias for a service of the file, which is waited for") {
  const auto with = [](const std::string& lines) {
    return "services:\n  db: {image: i}\n  far: {image: i, networks: [other]}\n  web:\n    image: i\n" + lines +
           "networks: {other: }\n";
  };
  const Specified good = specify_project({with("    links: [db, \"db:database\"]\n")});
  CHECK(lines_of(good.problems) == "");
  CHECK(good.spec.services.at("web").links == model::StringMap{{"database", "db"}, {"db", "db"}});
  CHECK(good.spec.services.at("web").depends_on.at("db") == model::Dependency{model::Condition::started, true, true});
  const auto read = [&](const std::string& lines) { return lines_of(read_project({with(lines)}).problems); };
  CHECK(read("    links: [dc]\n") ==
        "compose.yaml:6:13: services.web.links[0]: there is no service 'dc' in this file (did you mean "
        "'db'?)\n");
  CHECK(read("    links: [\"db:a:b\"]\n").find("links[0]: 'db:a:b' is not a link (SERVICE or SERVICE:ALIAS)") !=
        std::string::npos);
  CHECK(read("    links: [web]\n").find("services wait for each other: web → web") != std::string::npos);
  const auto refused = [&](const std::string& lines) { return lines_of(specify_project({with(lines)}).problems); };
  CHECK(refused("    links: [far]\n") ==
        "compose.yaml:6:13: services.web.links[0]: the service shares no network with 'far'\n");
  CHECK(refused("    links: [\"db:x\", \"far:x\"]\n    networks: [other, default]\n") ==
        "compose.yaml:6:21: services.web.links[1]: 'x' is a link to 'db' already\n");
  CHECK(refused("    links: [db]\n    network_mode: host\n").find("is not told names of the cluster") !=
        std::string::npos);
}

TEST_CASE("a container's name is one more name of a service that has one instance") {
  CHECK(spec_of({"container_name: the-one"}).container_name == "the-one");
  CHECK(spec_of({"container_name: the-one", "scale: 0"}).container_name == "the-one");
  CHECK(spec_of({"container_name: the-one", "network_mode: host"}).container_name == "");
  const auto refused = [](const std::vector<std::string>& lines) {
    const Project project{service(lines)};
    const std::string read = lines_of(read_project(project).problems);
    return read.empty() ? lines_of(specify_project(project).problems) : read;
  };
  CHECK(refused({"container_name: the-one", "scale: 2"}) ==
        "compose.yaml:4:21: services.s.container_name: a name is that of one container, and there are 2 (take out "
        "the name, or 'scale')\n");
  CHECK(refused({"container_name: the-one", "deploy: {replicas: 3}"}).find("there are 3") != std::string::npos);
  CHECK(refused({"container_name: the-one", "deploy: {mode: global}"}).find("a container on every node") !=
        std::string::npos);
}

TEST_CASE("an absent command is the image's, an empty one is none") {
  CHECK_FALSE(spec_of({}).command.has_value());
  CHECK_FALSE(spec_of({"command:"}).command.has_value());
  CHECK(spec_of({"command: []"}).command == model::Strings{});
  CHECK(spec_of({"entrypoint: ''"}).entrypoint == model::Strings{});
  CHECK(spec_of({R"(command: a "b c" 'd e' f\ g)"}).command == model::Strings{"a", "b c", "d e", "f g"});
  CHECK(spec_of({R"(command: 'a\\b "c\"d"')"}).command == model::Strings{"a\\b", "c\"d"});
}

TEST_CASE("ports and their ranges become one port each") {
  using model::Port;
  const auto ports = spec_of({"ports: ['80', '8080:80/udp', '127.0.0.1::81', '[::1]:82:82', '3000-3001:4000-4001', "
                              "0808:9, {target: 5, published: 0}]"})
                         .ports;
  CHECK(ports == std::vector<Port>{{80, 0, "tcp", ""},
                                   {80, 8080, "udp", ""},
                                   {81, 0, "tcp", "127.0.0.1"},
                                   {82, 82, "tcp", "::1"},
                                   {4000, 3000, "tcp", ""},
                                   {4001, 3001, "tcp", ""},
                                   {9, 808, "tcp", ""},
                                   {5, 0, "tcp", ""}});
  CHECK(spec_of({"ports: ['80:80', '80:80/tcp']"}).ports.size() == 1);
}

TEST_CASE("the name of a stack is adapted to a label, and names that we make are left to us") {
  const Specified specified =
      specify_project({"name: my_shop-\nservices: {s: {image: i, networks: [a, b], volumes: ['vv:/v', 'ww:/w']}}\n"
                       "networks: {a: , b: {name: given}}\nvolumes: {vv: , ww: {external: true}}"});
  CHECK(specified.spec.name == "my-shop");
  CHECK(specified.spec.networks.at("a").name == "");
  CHECK(specified.spec.networks.at("b").name == "given");
  CHECK(specified.spec.volumes.at("vv").name == "");
  CHECK(specified.spec.volumes.at("ww").name == "ww");
  const std::string name(70, 'x');
  CHECK(lines_of(specify_project({"name: " + name + "\nservices: {s: {image: i}}"}).problems)
            .find("cannot be the name of a stack") != std::string::npos);
}

TEST_CASE("what we do not run is refused with its place and reason") {
  struct Row {
    std::string_view line, problem;
  };
  for (const Row& row : {
           Row{"volumes: [{type: cluster, source: v, target: /x}]",
               "services.s.volumes[0].type: 'cluster' is not supported: it is for volumes of Docker Swarm"},
           Row{"volumes: [{type: tmpfs, source: v, target: /x}]", "services.s.volumes[0].source: a tmpfs has none"},
           Row{"volumes: [{type: image, target: /x}]", "services.s.volumes[0]: 'source' is missing: the image"},
           Row{"volumes: [{type: bind, source: /x, target: /y, bind: {create_host_path: false, selinux: z}}]",
               "the engine has no selinux together with create_host_path: false"},
           Row{"volumes: [{type: bind, source: /x, target: /y, bind: {propagation: far}}]",
               "'far' is not a propagation of a bind"},
           Row{"tmpfs: run", "4:12: services.s.tmpfs[0]: 'run' is not an absolute path (as in /run:size=64m)"},
           Row{"dns: [fe80::1]", "4:11: services.s.dns[0]: 'fe80::1' is not an IPv4 address"},
           Row{"dns: 127.0.0.1", "services.s.dns[0]: '127.0.0.1' is the container itself, and it is the node that asks"},
           Row{"dns_search: ['a b']", "services.s.dns_search: 'a b' is no word"},
           Row{"expose: [80/icmp]", "4:14: services.s.expose[0]: '80/icmp' is not a port"},
           Row{"security_opt: [apparmor]", "4:20: services.s.security_opt[0]: 'apparmor' is not an option of security"},
           Row{"security_opt: ['seccomp=no.json']", "4:20: services.s.security_opt[0]: 'no.json': "},
           Row{"userns_mode: private", "4:18: services.s.userns_mode: 'private' is not known here (host, or leave it out)"},
           Row{"ulimits: {files: 1}", "services.s.ulimits.files: 'files' is not the name of a limit, as nofile"},
           Row{"ulimits: {nofile: {soft: 9, hard: 3}}",
               "4:23: services.s.ulimits.nofile: the soft limit is above the hard one"},
           Row{"sysctls: {'net core': 1}", "'net core' is not the name of a setting of the kernel"},
           Row{"cap_add: [NET ADMIN]", "services.s.cap_add: 'NET ADMIN' is not a capability, as NET_ADMIN"},
           Row{"mac_address: 02-42-ac-11-65-43", "'02-42-ac-11-65-43' is not a MAC address"},
           Row{"networks: {default: {mac_address: 02:42}}", "'02:42' is not a MAC address"},
           Row{"memswap_limit: 1g", "there is no limit of memory, to which it adds"},
           Row{"stop_signal: '-1'", "services.s.stop_signal: '-1' is not a signal, such as SIGTERM"},
           Row{"volumes: ['v:/y']",
               "the target 'v:/y' must be an absolute path (a name of one letter is taken for a drive"},
           Row{"volumes: ['/x:y']", "services.s.volumes[0]: the target 'y' must be an absolute path"},
           Row{"restart: sometimes", "4:14: services.s.restart: 'sometimes' is not a restart policy"},
           Row{"restart: always:5", "'always:5' is not a restart policy"},
           Row{"deploy: {mode: foo}", "services.s.deploy.mode: 'foo' is not a mode"},
           Row{"deploy: {mode: global, replicas: 2}",
               "services.s.deploy.replicas: a global service runs once on every node"},
           Row{"deploy: {placement: {constraints: [node.zone == manager]}}",
               "services.s.deploy.placement.constraints[0]: 'node.zone' is not an attribute"},
           Row{"deploy: {placement: {preferences: [{spread: x}]}}", "services.s.deploy.placement.preferences[0]: "},
           Row{"deploy: {placement: {preferences: [{}]}}", "a preference is 'spread: ATTRIBUTE'"},
           Row{"deploy: {update_config: {failure_action: rollback}}",
               "services.s.deploy.update_config.failure_action: nothing is rolled back: a roll-out that fails leaves what serves "
               "as it is (pause or continue)"},
           Row{"deploy: {update_config: {max_failure_ratio: 1.5}}", "1.5 is not between 0 and 1"},
           Row{"deploy: {endpoint_mode: lvs}", "services.s.deploy.endpoint_mode: 'lvs' is not an endpoint mode (vip or dnsrr)"},
           Row{"deploy: {mode: foo}", "services.s.deploy.mode: 'foo' is not a mode"},
           Row{"deploy: {mode: global-job, replicas: 2}", "a global service runs once on every node"},
           Row{"deploy: {resources: {limits: {cpus: -1}}}", "-1 is not a number of cores"},
           Row{"networks: {default: {ipv4_address: 10.0.0.1}}",
               "4:40: services.s.networks.default.ipv4_address: network 'default' has no subnet of its own"},
           Row{"network_mode: container:t",
               "services.s.network_mode: 'container:t' names a container outside the stack, which may be on any node or "
               "on none (name a service of the stack: service:NAME)"},
           Row{"network_mode: front", "services.s.network_mode: 'front' is no network mode (host, none, bridge, or "},
           Row{"ipc: container:t", "services.s.ipc: 'container:t' names a container outside the stack"},
           Row{"pid: shareable", "services.s.pid: 'shareable' is no pid mode (host, or service:NAME)"},
           Row{"volumes_from: ['container:t:ro']",
               "services.s.volumes_from[0]: 'container:t:ro' names a container outside the stack"},
       }) {
    CAPTURE(row.line);
    const std::string problems = lines_of(specify_project({service({std::string(row.line)})}).problems);
    CHECK_MESSAGE(problems.find(row.problem) != std::string::npos, problems);
  }
  CHECK(lines_of(specify_project({"services: {}"}).problems).find("services: there are no services to run") !=
        std::string::npos);
}

TEST_CASE("the label that Prometheus finds a service by is held to, where it stands in the file") {
  CHECK(spec_of({"labels: {io.kontena.scrape: 9090/metrics}"}).labels.at("io.kontena.scrape") == "9090/metrics");
  CHECK(spec_of({"deploy: {labels: [io.kontena.scrape=9090]}"}).own_labels.at("io.kontena.scrape") == "9090");
  const auto problems = [](const std::string& line) { return lines_of(specify_project({service({line})}).problems); };
  const std::string own = problems("deploy: {labels: {io.kontena.scrape: web}}");
  CHECK(own.find("services.s.deploy.labels: 'io.kontena.scrape': 'web' is not PORT or PORT/PATH") != std::string::npos);
  CHECK(problems("labels: {io.kontena.scrape: \"9090?x\"}").find("services.s.labels: 'io.kontena.scrape': '9090?x' is not") != std::string::npos);
}

TEST_CASE("a job is started again where it failed, and its end can be waited for") {
  const auto spec = [](const std::string& line) { return spec_of({line}); };
  CHECK(spec("deploy: {mode: replicated-job, replicas: 3}").job);
  CHECK(spec("deploy: {mode: replicated-job, replicas: 3}").replicas == 3);
  CHECK(spec("deploy: {mode: global-job}").mode == model::Mode::global);
  CHECK(spec("deploy: {mode: global-job}").restart.when == model::RestartWhen::on_failure);
  const auto any = spec("deploy: {mode: replicated-job, restart_policy: {condition: any, max_attempts: 2}}");
  CHECK(any.restart.when == model::RestartWhen::on_failure);
  CHECK(any.restart.max_attempts == 2);
  CHECK(spec("deploy: {mode: replicated-job, restart_policy: {condition: none}}").restart.when ==
        model::RestartWhen::no);
  const auto waits = [](const std::string& restart) {
    return lines_of(specify_project({"services: {x: {image: x, restart: " + restart +
                                     "}, s: {image: s, depends_on: {x: {condition: service_completed_successfully}}}}"})
                        .problems);
  };
  CHECK(waits("on-failure") == "");
  CHECK(waits("always").find("services.s.depends_on.x: this waits until 'x' has ended well, and its restart policy "
                             "'always' starts it again each time") != std::string::npos);
  const auto labelled = spec("deploy: {labels: {a: b}, endpoint_mode: dnsrr}");
  CHECK(labelled.own_labels == model::StringMap{{"a", "b"}});
  CHECK(labelled.labels.empty());
  CHECK(spec("platform: linux/arm64").platform == "linux/arm64");
}

TEST_CASE("a service shares namespaces and volumes with another of its stack") {
  const auto with = [](const std::string& first, const std::string& second) {
    return specify_project(
        {"services: {x: {image: x, " + first + "}, s: {image: s, " + second + "}}"});
  };
  const Specified all = with("", "network_mode: 'service:x', ipc: 'service:x', pid: 'service:x', volumes_from: ['x:ro']");
  CHECK(lines_of(all.problems) == "");
  const model::ServiceSpec& s = all.spec.services.at("s");
  CHECK(s.network_mode == "service:x");
  CHECK(s.networks.empty());
  CHECK(s.options->ipc == "service:x");
  CHECK(s.options->pid == "service:x");
  CHECK(s.volumes_from == model::Strings{"x:ro"});
  CHECK(s.depends_on.at("x").restart);
  CHECK(all.spec.services.at("x").options->ipc == "shareable");
  const auto problems = [&](const std::string& first, const std::string& second) {
    return lines_of(with(first, second).problems);
  };
  CHECK(problems("deploy: {replicas: 2}", "network_mode: 'service:x', deploy: {replicas: 3}")
            .find("services.s.network_mode: 's' has 3 instances and 'x' has 2 instances: each is to be beside one of "
                  "'x', or all beside its only one") != std::string::npos);
  CHECK(problems("deploy: {replicas: 2}", "volumes_from: [x], deploy: {mode: global}")
            .find("services.s.volumes_from[0]: 's' is global and 'x' is not") != std::string::npos);
  CHECK(problems("ipc: private", "ipc: 'service:x'").find("is to have 'ipc: shareable'") != std::string::npos);
  CHECK(problems("", "network_mode: 'service:x', ports: ['80:80']")
            .find("services.s.ports: with network_mode service:x the ports are those of 'x'") != std::string::npos);
}

TEST_CASE("waiting for health needs a health check") {
  const auto with = [](const std::string& check) {
    return specify_project(
        {"services:\n  s: {image: i, depends_on: {t: {condition: service_healthy}}}\n  t: {image: i" + check + "}\n"});
  };
  CHECK(with(", healthcheck: {test: x}").warnings.empty());
  CHECK(lines_of(with("").warnings).find("its image must have one") != std::string::npos);
  CHECK(with("").problems.empty());
  CHECK(lines_of(with(", healthcheck: {disable: true}").problems).find("its health check is off") != std::string::npos);
}

TEST_CASE("a health check is the file's words in milliseconds") {
  const auto check = spec_of({"healthcheck: {test: exit 0, interval: 1m30s, timeout: 1.5s, start_period: 1d, "
                              "start_interval: 20ms, retries: 3}"})
                         .health_check;
  CHECK(check == model::HealthCheck{{"CMD-SHELL", "exit 0"}, 90'000, 1'500, 86'400'000, 20, 3});
  CHECK(spec_of({"healthcheck: {disable: true, test: x}"}).health_check->test == model::Strings{"NONE"});
  CHECK_FALSE(spec_of({"healthcheck: {disable: false}"}).health_check.has_value());
}

}  // namespace kontena::compose
