// What would help against what the scheduler and the agents complain of.
#include <algorithm>
#include <array>

#include "kontena/base/text.h"
#include "why.h"

namespace kontena::server {
namespace {

using api::Look;

struct Remedy {
  std::string_view says;  // a part of the complaint
  std::string_view helps;
  Look look;
};

// The first that fits a complaint counts. The words are those of src/schedule/filters.cc
// and src/rollout.
constexpr std::array of_places{
    Remedy{"not ready for new work", "nodes that are paused, drained, silent or lost take nothing: activate them, or bring them back", Look::node_ls},
    Remedy{"not matching the constraints", "give a node the label that the constraint asks for (node label), or change the constraint", Look::node_ls},
    Remedy{"not of the platform", "no node of that platform has room: add one, or give the image another `platform`", Look::node_ls},
    Remedy{"without the runtime", "install that runtime in the engine of a node, or take it out of the file", Look::node_ls},
    Remedy{"without the volume driver", "install that driver in the engine of a node, or use another", Look::node_ls},
    Remedy{"without IPv6", "turn IPv6 on in a node's kernel, or make the network without it", Look::node_ls},
    Remedy{"without enough free CPU", "reserve fewer cores, free some by scaling others down, or add a node", Look::node_ls},
    Remedy{"without enough free memory", "reserve less memory, free some by scaling others down, or add a node", Look::node_ls},
    Remedy{"with max_replicas_per_node reached", "add a node, scale down, or raise max_replicas_per_node", Look::node_ls},
    Remedy{"with port ", "a host port is there once on each node: publish another, or have fewer replicas than nodes", Look::node_ls},
    Remedy{"not known yet to have", "the nodes are being asked what they have: this passes, unless an agent is too old", Look::node_ls},
    Remedy{"where it is to go away from", "it is to leave that node, and the others do not take it", Look::node_ls},
    Remedy{"not the node ", "its data is on one node: bring that back, or give the volume up with the node", Look::node_ls},
    Remedy{"live on different nodes", "what is to be together has its data apart: move one of the volumes' data by hand", Look::node_ls},
    Remedy{"waits until", "this passes once the node has said what it has", Look::node_ls},
    Remedy{"without ", "what the file mounts or uses must be there on the node: make it, or constrain the service to where it is", Look::node_ls},
};

constexpr std::array of_failures{
    Remedy{"out of memory", "it needs more memory than its limit: raise deploy.resources.limits.memory, or find what takes it", Look::service_show},
    Remedy{"unhealthy", "its health check fails: the check's own output is above; see that it fits the image and its start_period is long enough", Look::service_show},
    Remedy{"unauthorized", "the registry wants a login, or that of the project is wrong: registry login", Look::registry_ls},
    Remedy{"denied", "the registry does not give the image out, or there is none of that name: registry login", Look::registry_ls},
    Remedy{"manifest", "the registry has no image of that name and tag: mend it in the file and deploy again", Look::service_show},
    Remedy{"not found", "the image, or the command in it, is not there: mend it in the file and deploy again", Look::service_show},
    Remedy{"no such image", "the image is not there: mend its name in the file and deploy again", Look::service_show},
    Remedy{"no such host", "the node does not find the registry's name: see its DNS", Look::registry_ls},
    Remedy{"timeout", "what it waits for does not answer from that node in time: see the node's network", Look::node_ls},
    Remedy{"port is already allocated", "something else on the node has that port: publish another", Look::service_show},
    Remedy{"no space left", "the disk of the node is full: free some", Look::node_ls},
    Remedy{"taken off the network", "somebody did that by hand: it is made anew", Look::ps},
};

template <std::size_t N>
void add(const std::array<Remedy, N>& table, const std::string& complaint, Help& help) {
  for (const Remedy& remedy : table) {
    if (complaint.find(remedy.says) == std::string::npos) continue;
    const std::string line(remedy.helps);
    if (std::find(help.lines.begin(), help.lines.end(), line) == help.lines.end()) help.lines.push_back(line);
    if (std::find(help.next.begin(), help.next.end(), remedy.look) == help.next.end()) help.next.push_back(remedy.look);
    return;
  }
}

}  // namespace

Help help_with(const std::string& why_not) {
  Help help;
  for (const std::string& complaint : text::split(why_not, ';')) add(of_places, complaint, help);
  return help;
}

Help help_with_failure(const std::string& message, std::int64_t exit_code, bool out_of_memory) {
  Help help;
  add(of_failures, out_of_memory ? "out of memory" : text::lower(message), help);
  if (!help.lines.empty()) return help;
  if (exit_code == 126) help.lines.emplace_back("126: its command is there and cannot be executed: see its mode, and the image's platform");
  if (exit_code == 127) help.lines.emplace_back("127: its command is not in the image: see `command` and `entrypoint`");
  if (exit_code == 137) help.lines.emplace_back("137: it was killed (SIGKILL), not by this cluster: by hand, or by the host's memory running out");
  if (exit_code == 139) help.lines.emplace_back("139: it crashed (a segmentation fault)");
  if (exit_code == 143) help.lines.emplace_back("143: somebody asked it to end (SIGTERM)");
  return help;
}

}  // namespace kontena::server
