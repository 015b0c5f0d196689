#include <map>
#include <sstream>

#include "harness.h"
#include "support/golden.h"

namespace kontena::server {
namespace {

// Every route, asked by everybody about what is theirs and what is not, and compared with
// tests/roles/server/data/matrix.txt: a new route does not pass before its row is there.
constexpr std::string_view askers[] = {"viewer", "operator", "deployer", "project-admin", "grid-admin", "server-admin", "stack-deployer"};

std::string filled(std::string_view pattern, const std::string& project, const std::string& stack) {
  std::string path(pattern);
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    const std::string name = path.substr(open + 1, path.find('}') - open - 1);
    path.replace(open, name.size() + 2, name == "project" ? project : name == "stack" ? stack : name == "grid" ? "default" : "none");
  }
  return path;
}

// What the dispatcher lets through is answered by the handler, with whatever it finds wrong.
char letter(const http::Response& response) {
  if (response.status == 401) return 'L';  // log in
  if (response.status == 403) return '-';
  // Said before anything was looked up.
  if (response.status == 404 && (response.body.find("project 'bank' not found") != std::string::npos ||
                                 response.body.find("grid 'default' not found") != std::string::npos ||
                                 response.body.find("stack 'mail' not found") != std::string::npos))
    return '.';
  return 'y';
}

}  // namespace

TEST_CASE("who may call which route, about what is theirs and what is not") {
  World world;
  // Two projects, of which they have one; in it a stack that the last of them has a pattern for.
  store::Commit given;
  const auto scope_of = [](std::string_view asker) -> std::string {
    if (asker == "server-admin") return "";
    if (asker == "grid-admin") return "default";
    return asker == "stack-deployer" ? "default/shop/web*" : "default/shop";
  };
  std::map<std::string_view, std::string> tokens;
  for (const std::string_view asker : askers) {
    const model::Binding binding{.subject = std::string(asker), .scope = scope_of(asker), .role = asker == "stack-deployer" ? "deployer" : std::string(asker)};
    given.puts.push_back(store::bindings.put(model::binding_key(binding), binding));
    tokens[asker] = world.make_user(binding.subject, binding.role, binding.scope);
  }
  // Some of what is asked removes a project, and what was given in it.
  const auto need_projects = [&] {
    bool made = false;
    for (const char* project : {"shop", "bank"})
      made |= world.as_admin(http::Method::put, std::string("/v1/grids/default/projects/") + project).status == 201;
    if (made) world.commit(given);
  };
  const World::Node node = world.join("n1");
  std::ostringstream table;
  table << "# y = the handler decides, - = refused, . = looks absent, L = must log in; for /shop/web, /shop/mail, /bank/web.\n# ";
  for (const std::string_view asker : askers) table << asker << ' ';
  table << "node nobody\n";
  for (const Route& route : routes()) {
    const bool of_agent = route.permission == access::agent;
    table << name(route.method) << ' ' << route.path << "  ";
    const auto ask = [&](auto&& send) {
      for (const auto& [project, stack] : {std::pair("shop", "web"), std::pair("shop", "mail"), std::pair("bank", "web")}) {
        need_projects();
        table << send(filled(route.path, project, stack));
      }
      table << ' ';
    };
    for (const std::string_view asker : askers)
      ask([&](const std::string& path) { return letter(world.with_token(tokens[asker], route.method, path)); });
    // Its own are tried elsewhere: some of them wait.
    ask([&](const std::string& path) { return of_agent ? 'y' : letter(world.as_node(node, route.method, path)); });
    ask([&](const std::string& path) { return letter(world.as_nobody(route.method, path)); });
    table << '\n';
  }
  check_golden("matrix.txt", table.str());
}

}  // namespace kontena::server
