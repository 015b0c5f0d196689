#include <malloc.h>
#include <nss.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "client/client.h"
#include "kontena/pki/authority.h"
#include "server/server.h"

namespace {

constexpr const char* usage =
    "usage: kontena server [OPTIONS]     keep a cluster's state and decide\n"
    "       kontena agent [OPTIONS]      run a node's containers, one agent a host\n"
    "       kontena client COMMAND …     the command line; a symlink named ktn is the same\n"
    "       kontena --version | --help\n"
    "\n"
    "Each role says more with --help.\n";

// A static C library would load the modules that the host's nsswitch.conf names,
// of another version than its own, and crash on the first look-up of a name. These
// two are inside it. Before anything else looks up anything.
void use_built_in_name_services() {
  __nss_configure_lookup("hosts", "files dns");
  for (const char* database : {"networks", "services", "protocols", "passwd", "group", "shadow"})
    __nss_configure_lookup(database, "files");
}

int run(std::vector<std::string> arguments) {
  const std::string self = arguments[0].substr(arguments[0].rfind('/') + 1);
  arguments.erase(arguments.begin());
  if (self == "ktn") return kontena::client::run(arguments);
  const std::string role = arguments.empty() ? "" : arguments[0];
  const std::span<const std::string> rest = std::span(arguments).subspan(arguments.empty() ? 0 : 1);
  if (role == "server") return kontena::server::run(rest);
  if (role == "agent") return kontena::agent::run(rest);
  if (role == "client") return kontena::client::run(rest);
  if (role == "--version" || role == "version") {
    std::puts("kontena " KONTENA_VERSION);
    return 0;
  }
  if (role == "--help" || role == "-h" || role == "help") {
    std::fputs(usage, stdout);
    return 0;
  }
  if (!role.empty()) std::fprintf(stderr, "kontena: '%s' is no role\n", role.c_str());
  std::fputs(usage, stderr);
  return 2;
}

}  // namespace

int main(int count, char** values) {
  use_built_in_name_services();
  // A heap for each of a server's many threads would hold far more than they use.
  mallopt(M_ARENA_MAX, 4);
  kontena::pki::init();
  try {
    return run({values, values + count});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "kontena: unexpected: %s\n", e.what());
    return 1;
  }
}
