// What somebody who has one project finds out about another by the API: nothing.
#include "crowd.h"
#include "kontena/api/network.h"
#include "kontena/api/policies.h"
#include "kontena/api/probe.h"
#include "two_projects.h"

namespace kontena::server {

TEST_CASE("every route tells of another's project what it tells of none") {
  Two world;
  const model::Instance& db = world.instance("blue");
  std::string deployment;
  world.views_.now()->deployments.each("default/blue/", [&](const auto& item) { deployment = *item.value.id; });
  const Names there{{"grid", "default"}, {"project", "blue"}, {"stack", "db"}, {"service", "db"}, {"network", "db.default"},
                    {"deployment", deployment}, {"revision", "1"}, {"digest", image::digest_of("blue's file")}};
  int asked = 0;
  for (const Route& route : routes()) {
    if (!has(std::string(route.path), "{project}")) continue;
    ++asked;
    Names absent = there;
    absent["project"] = "grey";
    for (const std::string query : {"", "?stack=db", "?stack=db&service=db", "?after=0", "?follow=true&tail=1"}) {
      CAPTURE(route.path);
      CAPTURE(query);
      const std::string of_blue = world.told(route.method, filled(route.path, there) + query, {"blue"});
      CHECK(of_blue == world.told(route.method, filled(route.path, absent) + query, {"grey"}));
      CHECK((of_blue.starts_with("404") || of_blue.starts_with("403")));
      CHECK_FALSE(has(of_blue, *db.id));
    }
  }
  CHECK(asked > 25);
  CHECK(world.views_.now()->stacks.get("default/blue/db"));
}

TEST_CASE("a grid that one has nothing in is as absent as one that is not there") {
  Two world;
  for (const Route& route : routes()) {
    if (!has(std::string(route.path), "{grid}")) continue;
    CAPTURE(route.path);
    CHECK(world.told(route.method, filled(route.path, {{"grid", "green"}}), {"green"}) ==
          world.told(route.method, filled(route.path, {{"grid", "grey"}}), {"grey"}));
  }
}

TEST_CASE("no list has anything of another's project") {
  Two world;
  const auto db = world.instance("blue");
  const std::vector<std::string> theirs{"blue", *db.id, db.addresses.begin()->second};
  for (const Route& route : routes()) {
    if (route.method != get || route.permission == access::agent || route.path == api::paths::logs) continue;
    CAPTURE(route.path);
    const auto response = world.as_ann(get, filled(route.path, {{"grid", "default"}, {"project", "red"}, {"stack", "web"}, {"service", "db"},
                                                                {"network", "web.default"}, {"node", "n1"}}));
    for (const std::string& word : theirs) CHECK_MESSAGE(!has(response.body, word), response.body);
  }
  CHECK(has(world.as_ann(get, projects + "red/instances").body, *world.instance("red").id));
}

TEST_CASE("a name that would be two parts of a path is nobody's") {
  Two world;
  const std::string bob = world.make_user("bob", "project-admin", "default/red/web");
  for (const char* path : {"/v1/grids/default%2Fred/nodes", "/v1/grids/default%2Fred/projects", "/v1/grids/default/projects/red%2Fweb/stacks",
                           "/v1/grids/default/projects/red%2Fweb/policy", "/v1/grids/default%23x/policy"}) {
    CHECK_MESSAGE(world.with_token(bob, get, path).status == 404, path);
    CHECK_MESSAGE(world.as_ann(get, path).status == 404, path);
  }
}

TEST_CASE("whether another project has a file or a secret its digest does not tell") {
  Two world;
  const std::string theirs = image::digest_of("blue's file"), none = image::digest_of("nobody's");
  const auto ask = [&](const std::string& digest) { return world.told(head, projects + "red/blobs/" + digest, {digest}); };
  CHECK(ask(theirs) == ask(none));
  CHECK(ask(theirs).starts_with("404"));
  CHECK(world.put_blob(world.ann, "red", "a guess", theirs) == world.put_blob(world.ann, "red", "a guess", none));
  CHECK(world.put_blob(world.ann, "blue", "blue's file") == 404);
  CHECK(world.put_blob(world.ann, "grey", "blue's file") == 404);
  const auto with = [&](const std::string& blob, const std::string& secret) {
    api::DeployRequest request{{.name = "thief", .networks = {{"default", {}}}}, -1};
    model::ServiceSpec web = service("web");
    if (!blob.empty()) request.spec.configs["c"] = {.digest = blob}, web.files.push_back({.source = "c", .target = "/c"});
    if (!secret.empty()) request.spec.secrets["s"] = {.digest = secret}, web.files.push_back({.secret = true, .source = "s", .target = "/s"});
    request.spec.services["web"] = web;
    return world.told(put, projects + "red/stacks/thief", {blob.empty() ? "-" : blob, secret.empty() ? "-" : secret}, codec::to_json(request));
  };
  CHECK(with(theirs, "") == with(none, ""));
  CHECK(with("", world.sealed) == with("", none));
  CHECK_FALSE(with(theirs, "").starts_with("200"));
  CHECK_FALSE(with("", world.sealed).starts_with("200"));
  // The same secret has another digest there.
  CHECK(world.read<api::SecretAnswer>(world.as_ann(post, projects + "red/secrets", "blue's secret")).digest != world.sealed);
}

TEST_CASE("no container is joined by its name on the node, whatever the policy") {
  Two world;
  const std::string name = "container:blue.db.db-1";
  using Change = void (*)(model::ServiceSpec&, const std::string&);
  const Change changes[] = {
      [](auto& s, const auto& to) { s.options.emplace().ipc = to; },
      [](auto& s, const auto& to) { s.options.emplace().pid = to; },
      [](auto& s, const auto& to) { s.options.emplace().uts = to; },
      [](auto& s, const auto& to) { s.options.emplace().userns = to; },
      [](auto& s, const auto& to) { s.networks.clear(), s.network_mode = to; },
      [](auto& s, const auto& to) { s.volumes_from = {to}; },
      [](auto& s, const auto&) { s.labels = {{"io.kontena.instance", "i1"}}; },
      [](auto& s, const auto&) { s.mounts = {{.source = "x", .target = "/x"}}; },
      [](auto& s, const auto&) { s.mounts = {{.target = "/x", .labels = {{"io.kontena.node", "n1"}}}}; },
      [](auto& s, const auto&) { s.networks = {{"blue.db.default", {}}}; },
      [](auto& s, const auto&) { s.links = {{"x", "db"}}; },
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    CAPTURE(i);
    auto web = service("web");
    changes[i](web, name);
    CHECK(world.as_admin(put, stack_url("thief"), deploy_body({web})).status == 400);
    CHECK(world.as_ann(put, projects + "red/stacks/thief", deploy_body({web})).status == 400);
  }
}

TEST_CASE("names of volumes try out neither projects nor volumes") {
  Two world;
  world.deploy("default", "usual");
  const auto with = [&](const std::string& name) {
    api::DeployRequest request;
    model::ServiceSpec web = service("web");
    web.networks.clear();
    web.mounts = {{.kind = model::MountKind::volume, .source = "data", .target = "/in"}};
    request.spec.services["web"] = web;
    request.spec.volumes["data"] = {.name = name, .external = true};
    return world.told(put, projects + "red/stacks/thief", {name}, codec::to_json(request));
  };
  CHECK(with("blue.db.data").starts_with("403"));
  CHECK(with("blue.db.data") == with("grey.db.data"));
  CHECK(with("usual.data") == with("other.data"));
}

TEST_CASE("what is said of a subnet names nobody else's network, and projects declare none unless they may") {
  Two world;
  const std::string subnet = world.views_.now()->networks.get("default/blue/db.default")->subnet;
  const auto make = [&](const std::string& of, const std::string& name) {
    return world.as_ann(post, projects + "red/networks", codec::to_json(api::NetworkRequest{.name = name, .subnet = of}));
  };
  const auto denied = make(subnet, "front");
  CHECK(denied.status == 403);
  CHECK(has(denied.body, "(subnets)"));
  CHECK(make("192.168.77.0/24", "front").status == 403);
  CHECK(make("", "front").status == 200);
  REQUIRE(world.as_admin(post, projects + "red/policy", codec::to_json(api::PolicyChange{.allow = {{"subnets", true}}})).status == 200);
  const auto refused = make(subnet, "back");
  CHECK(refused.status == 409);
  CHECK_FALSE(has(refused.body, "db.default"));
  CHECK(has(refused.body, "taken in the grid"));
  CHECK(make("192.168.77.0/24", "back").status == 200);
  const auto own = make("192.168.77.0/25", "third");
  CHECK(has(own.body, "network 'back'"));
}

TEST_CASE("no network of the project 'default' has the name of a project's on the nodes, nor a project all there are") {
  Two world;
  const auto make = [&](const std::string& project, const std::string& name) {
    return world.as_admin(post, projects + project + "/networks", codec::to_json(api::NetworkRequest{.name = name})).status;
  };
  CHECK(make("default", "blue.db.default") == 403);
  CHECK(make("default", "other.net") == 200);
  CHECK(world.as_admin(put, projects + "other").status == 409);
  api::DeployRequest request;
  request.spec.networks["x"] = {.name = "blue.db.default"};
  model::ServiceSpec web = service("web");
  web.networks = {{"x", {}}};
  request.spec.services["web"] = web;
  CHECK(world.as_admin(put, stack_url("thief"), codec::to_json(request)).status == 403);
  for (int i = 0; i < 199; ++i) REQUIRE(make("red", "n" + std::to_string(i)) == 200);  // and its stack's
  CHECK(make("red", "more") == 409);
  api::DeployRequest many;
  for (int i = 0; i < 250; ++i) many.spec.networks["n" + std::to_string(i)] = {};
  many.spec.services["web"] = service("web");
  many.spec.networks["default"] = {};
  CHECK(world.as_admin(put, projects + "blue/stacks/many", codec::to_json(many)).status == 409);
  CHECK(make("blue", "one") == 200);
}

TEST_CASE("a network test tells of addresses of another's project what it tells of nobody's") {
  Two world;
  const std::string theirs = world.instance("blue").addresses.begin()->second;
  const auto subnet = *parse_subnet(world.views_.now()->networks.get("default/blue/db.default")->subnet);
  const std::string gateway = to_text(subnet.at(1)), free = to_text(subnet.at(77)), nobody = "10.95.200.9";
  const auto test = [&](const std::string& to) {
    return world.told(post, projects + "red/network-test", {to}, codec::to_json(api::NetworkTestRequest{"web/db", to, 0}));
  };
  REQUIRE(test(nobody).starts_with("200"));
  for (const std::string& to : {theirs, gateway, free}) CHECK(test(to) == test(nobody));
  const auto by_name = [&](const std::string& stack) {
    return world.told(post, projects + "red/network-test", {stack + "/db", "ps " + stack}, codec::to_json(api::NetworkTestRequest{"web/db", stack + "/db", 0}));
  };
  CHECK(by_name("db") == by_name("zz"));
}

TEST_CASE("an image that others log in for is got anew by who has no login there") {
  Two world;
  const auto deploy = [&](const std::string& project) {
    auto web = service("web");
    web.image = "registry.example:5000/blue/app:1";
    web.pull_every_ms = 60'000;
    REQUIRE(world.as_admin(put, projects + project + "/stacks/app", deploy_body({web})).status == 200);
    world.settle();
  };
  const auto policy = [&](const std::string& project) {
    const auto told = world.read<api::AssignmentsAnswer>(world.as_node(world.node, get, "/v1/agent/assignments"));
    for (const model::Assignment& a : told.instances)
      if (a.project == project && a.stack == "app") return std::pair(a.spec.pull_policy, a.spec.pull_every_ms);
    FAIL("it is not assigned");
    return std::pair(model::PullPolicy::never, std::int64_t{0});
  };
  deploy("red"), deploy("blue");
  CHECK(policy("red").first == model::PullPolicy::missing);
  REQUIRE(world.as_admin(put, projects + "blue/registries/registry.example:5000", R"({"user":"b","password":"p"})").status == 201);
  CHECK(policy("red") == std::pair(model::PullPolicy::always, std::int64_t{0}));
  CHECK(policy("blue") == std::pair(model::PullPolicy::missing, std::int64_t{60'000}));
  REQUIRE(world.as_admin(put, "/v1/grids/default/registries/registry.example:5000", R"({"user":"b","password":"p"})").status == 201);
  CHECK(policy("red").first == model::PullPolicy::missing);
}

TEST_CASE("one user has so many requests at once, and no more") {
  Crowd crowd;
  std::vector<Crowd::Seat> seats;
  for (int i = 0; i < Crowd::most; ++i) seats.push_back(*crowd.enter("ann"));
  const auto refused = crowd.enter("ann");
  REQUIRE_FALSE(refused);
  CHECK(http_status(refused.error().code) == 429);
  CHECK(crowd.enter("bob"));
  seats.pop_back();
  CHECK(crowd.enter("ann"));
}

TEST_CASE("a node that shows another's mesh key is not in the mesh") {
  Two world;
  const auto second = world.join("n2");
  const auto tell = [&](const World::Node& node) {
    const model::NodeFacts facts{.nano_cpus = 1, .memory_bytes = 1, .mesh_key = "key-of-n1", .mesh_endpoints = {"10.0.0.9:51820"}};
    REQUIRE(world.as_node(node, post, "/v1/agent/facts", codec::to_json(facts)).status == 200);
    return *world.views_.now()->facts.get("default/" + node.id);
  };
  CHECK(tell(world.node).mesh_key == "key-of-n1");
  const model::NodeFacts thief = tell(second);
  CHECK(thief.mesh_key.empty());
  CHECK(thief.mesh_endpoints.empty());
  CHECK(has(thief.mesh_problem, "another node"));
  CHECK(tell(world.node).mesh_key == "key-of-n1");
}

TEST_CASE("who administers a project takes no more rights than that") {
  Two world;
  world.make_user("bob", "viewer", "default/blue");
  const auto bind = [&](const std::string& user, const std::string& role, const std::string& scope) {
    return world.as_ann(post, "/v1/bindings", R"({"kind":"user","subject":")" + user + R"(","role":")" + role + R"(","scope":")" + scope + "\"}").status;
  };
  for (const std::string role : {"viewer", "deployer", "project-admin", "grid-admin", "server-admin"})
    for (const std::string scope : {"/", "/default", "/green", "/default/blue", "/default/blue/db", "/default/blue/*"})
      CHECK_MESSAGE(bind("ann", role, scope) >= 403, (role + scope));
  CHECK(bind("ann", "grid-admin", "/default/red") == 403);
  CHECK(bind("bob", "deployer", "/default/red") == 201);
  CHECK(world.told(post, "/v1/bindings", {"blue"}, R"({"kind":"user","subject":"ann","role":"viewer","scope":"/default/blue"})") ==
        world.told(post, "/v1/bindings", {"grey"}, R"({"kind":"user","subject":"ann","role":"viewer","scope":"/default/grey"})"));
  CHECK(world.as_ann(put, "/v1/roles/mine", R"({"verbs":["backup"]})").status == 403);
  CHECK(world.as_ann(put, "/v1/users/eve", "{}").status == 403);
  CHECK(world.as_ann(post, "/v1/users/ann", R"({"join":["admins"]})").status == 403);
  CHECK(world.as_ann(post, projects + "red/policy", R"({"allow":{"binds":true}})").status == 403);
  for (const std::string path : {"/v1/tokens/aaaaaaaaaaaa", "/v1/tokens/bbbbbbbbbbbb"}) {
    CHECK(world.as_ann(del, path).status == 404);
    CHECK(world.as_ann(post, path + "/rotate").status == 404);
  }
  CHECK(world.told(del, "/v1/tokens/aaaaaaaaaaaa", {"aaaaaaaaaaaa"}) == world.told(del, "/v1/tokens/cccccccccccc", {"cccccccccccc"}));
  CHECK(world.as_ann(get, "/v1/can-i?verb=deploy&at=/default/blue&user=bob").status == 404);
  CHECK(world.as_ann(get, "/v1/backup").status == 403);
}

}  // namespace kontena::server
