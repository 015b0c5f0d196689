#include "uninstall.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <vector>

#include "content.h"
#include "exits.h"
#include "identity.h"
#include "kontena/base/log.h"
#include "kontena/base/text.h"
#include "kontena/engine/open.h"
#include "kontena/netlink/userspace.h"
#include "leave.h"
#include "mesh.h"
#include "settings.h"

namespace kontena::agent {
namespace {

struct Asked {
  bool yes = false, volumes = false, help = false;
  std::vector<std::string> others;
};

Asked read(std::span<const std::string> arguments) {
  Asked asked;
  for (const std::string& argument : arguments) {
    if (argument == "-y" || argument == "--yes")
      asked.yes = true;
    else if (argument == "--volumes")
      asked.volumes = true;
    else if (argument == "--help" || argument == "-h")
      asked.help = true;
    else
      asked.others.push_back(argument);
  }
  return asked;
}

int complain(const Error& error, int status) {
  std::fprintf(stderr, "kontena agent uninstall: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return status;
}

std::string count(std::size_t n, const std::string& what) { return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s"); }

bool is_sure(const std::string& question) {
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
}

// What the node has in Docker, gone. The volumes too, where that was asked for.
Status empty_engine(engine::Engine& engine, const std::string& node, const Asked& asked) {
  KTN_TRY(const auto containers, engine.list(node));
  KTN_TRY(const auto networks, engine.networks(node));
  KTN_TRY(const auto volumes, engine.volumes(node));
  std::string question = "remove " + count(containers.size(), "container") + ", " + count(networks.size(), "network");
  if (asked.volumes) question += ", " + count(volumes.size(), "volume") + " WITH THEIR DATA";
  question += " and the mesh from this host?";
  if (!asked.yes && !is_sure(question)) return Error{Code::invalid_argument, "nothing was removed"};
  KTN_TRY(const bool all, remove_all(engine, node));
  if (!all) return Error{Code::failed_precondition, "some containers could not be removed", "see above; then do it again"};
  KTN_TRY(const auto left, engine.networks(node));
  if (!left.empty())
    return Error{Code::failed_precondition, "the network '" + left.front() + "' is in use by a container that is not ours",
                 "docker network inspect " + left.front() + " names it; then do it again"};
  if (!asked.volumes) {
    if (!volumes.empty())
      std::fprintf(stderr, "%s left: docker volume ls --filter label=io.kontena.node=%s\n", count(volumes.size(), "volume").c_str(), node.c_str());
    return Done{};
  }
  for (const std::string& volume : volumes) KTN_OK(engine.remove_volume(volume, node));
  KTN_TRY(const auto kept, engine.volumes(node));
  if (kept.empty()) return Done{};
  return Error{Code::failed_precondition, "the volume '" + kept.front() + "' is in use by a container that is not ours",
               "docker ps -a --filter volume=" + kept.front() + "; then do it again"};
}

// The state folder, with all that agents write into it; what else somebody put there stays.
Status remove_state(const std::string& folder) {
  KTN_OK(forget_identity(folder));
  std::error_code failed;
  for (const char* name : {"/logs", "/forwards", "/metrics", "/resolv", "/events.json", "/join.token", "/lock"}) {
    std::filesystem::remove_all(folder + name, failed);
    if (failed) return Error{Code::unavailable, "cannot remove '" + folder + name + "': " + failed.message()};
  }
  std::filesystem::remove(folder, failed);  // where it is empty
  ::rmdir(netlink::wireguard_sockets);      // likewise
  return Done{};
}

}  // namespace

int run_uninstall(std::span<const std::string> arguments, const std::string& host_name) {
  const Asked asked = read(arguments);
  if (asked.help) {
    std::puts("usage: kontena agent uninstall [-y] [--volumes] [--state-dir DIR] [--docker-socket PATH]\n\n"
              "Removes from this host what its agent has made: containers and networks, the mesh with its rules and\n"
              "keys, the state folder. Volumes stay, but for --volumes. The agent has to be stopped; the server needs\n"
              "not be reached: it goes on listing the node until `kontena client node rm`. What broke off is done again.");
    return exit_ok;
  }
  const auto settings = read_settings(asked.others, settings::process_environment(), host_name);
  if (!settings) return complain(settings.error(), exit_usage);
  if (::geteuid() != 0) return complain({Code::permission_denied, "this wants root", ""}, exit_failure);

  std::string node;
  // It makes the folder where there is none; at the end that goes.
  const auto lock = StateLock::take(settings->state_dir);
  if (!lock && lock.error().code == Code::conflict)
    return complain({Code::conflict, "an agent runs on the state folder '" + settings->state_dir + "'",
                     "stop it first: systemctl stop kontena-agent"}, exit_conflict);
  if (!lock) return complain(lock.error(), exit_failure);
  const auto identity = load_identity(settings->state_dir);
  if (!identity) return complain(identity.error(), exit_misconfigured);
  if (*identity) node = (*identity)->node;

  const auto engine = engine::open_docker(settings->docker_socket);
  if (node.empty()) {
    std::fprintf(stderr, "no identity is in '%s': containers that a node left here are not looked for\n"
                         "hint: docker ps -a --filter label=io.kontena.node\n", settings->state_dir.c_str());
    if (!asked.yes && !is_sure("remove the mesh from this host?")) return complain({Code::invalid_argument, "nothing was removed"}, exit_usage);
  } else {
    if (const auto facts = engine->facts(); !facts)
      return complain({facts.error().code, facts.error().message, "start Docker: what it holds cannot be removed without it"}, exit_unreachable);
    if (const Status gone = empty_engine(*engine, node, asked); !gone)
      return complain(gone.error(), gone.error().code == Code::invalid_argument ? exit_usage : exit_failure);
  }
  if (const Status gone = remove_mesh(settings->state_dir); !gone) return complain(gone.error(), exit_failure);
  if (const Status gone = forget_content(settings->state_dir, node); !gone) return complain(gone.error(), exit_failure);
  if (const Status gone = remove_state(settings->state_dir); !gone) return complain(gone.error(), exit_failure);
  std::fprintf(stderr, "nothing of this node is left on the host%s\n",
               node.empty() ? "" : "; where the server still lists it: kontena client node rm");
  return exit_ok;
}

}  // namespace kontena::agent
