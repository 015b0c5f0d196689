#include "overlay.h"

#include <algorithm>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/crypto/digest.h"

namespace kontena::agent {
namespace {

constexpr Duration network_patience{3'000};
constexpr std::size_t most_endpoints = 16;  // that the server takes

// Those that a host behind NAT or with several networks may be reached at besides.
model::Strings more_endpoints(int port, const std::string& first) {
  model::Strings found;
  auto links = netlink::Links::open();
  if (!links) return found;
  const auto all = links->list();
  if (!all) return found;
  for (const netlink::Link& link : *all) {
    // Hardware, and what carries the host's own addresses in machines that are virtual themselves.
    if (!link.up || link.name == "lo" || link.kind == "bridge" || link.kind == "tun" || link.kind == "wireguard" || link.master != 0) continue;
    const auto addresses = links->addresses(link.index);
    if (!addresses) continue;
    for (const netlink::Address& address : *addresses) {
      const std::string text = to_text(address.address) + ':' + std::to_string(port);
      if (text != first && !text.starts_with("169.254.")) found.push_back(text);
    }
  }
  return found;
}

}  // namespace

OverlayNetwork::OverlayNetwork(Context context, Uplink& uplink, MeshOptions options)
    : context_(context),
      options_(options),
      receive_(context, uplink, state_, options.state_dir, [this] { mesh_.wake(); }),
      mesh_(context, state_, options),
      names_(context, state_),
      probe_(context, state_, options.port) {
  overlay::Snapshot kept = load_snapshot(options_.state_dir);
  state_.change([&](MeshState& s) {
    if (kept.revision == 0) return;
    s.wanted = std::make_shared<const overlay::Snapshot>(std::move(kept));
    s.version = 1;
  });
}

void OverlayNetwork::wind_up() {
  state_.change([](MeshState& s) { s.stopping = true; });
  mesh_.wake();
}

Overlay OverlayNetwork::for_containers() {
  return {.mtu = mesh_mtu, .prepare = [this](const model::Assignment& wanted) { return prepare(wanted); }};
}

Result<std::string> OverlayNetwork::prepare(const model::Assignment& wanted) {
  for (const auto& [key, network] : wanted.networks) {
    if (network.bridge.empty() || network.address.empty())
      return Error{Code::failed_precondition, "network '" + network.path + "' has no address for this instance", "deploy the stack again"};
    KTN_OK(prepare_bridge(network.bridge));
  }
  const auto is_let_through = [&](const MeshState& s) {
    if (s.applied != s.version || s.answered != s.version) return false;
    return std::ranges::all_of(wanted.networks, [&](const auto& network) {
      return s.wanted->members.contains(*wanted.id + '@' + network.second.path);
    });
  };
  // Its packets would be dropped until then. With the server away, or a mesh that has
  // its own trouble, it runs all the same, as far as it can.
  if (!state_.wait(network_patience, is_let_through))
    log::warn("an instance is started before its network is ready", {{"instance", *wanted.id}});
  return resolver_file(wanted);
}

// One for all who are on the same networks: named by what is in it, so that it is
// there already when the disk is full, and never written under a container.
Result<std::string> OverlayNetwork::resolver_file(const model::Assignment& wanted) {
  const auto host = files::read("/etc/resolv.conf", 1u << 20);
  const std::string text = resolver_text(wanted, dns::parse_resolv(host ? *host : "", {}));
  const std::string folder = options_.state_dir + "/resolv";
  const std::string path = folder + '/' + crypto::sha256_hex(text).substr(0, 16) + ".conf";
  if (files::exists(path)) return path;
  KTN_OK(files::make_folder(folder, 0755));
  KTN_OK(files::write(path, text, 0644));
  return path;
}

void OverlayNetwork::complete(model::NodeFacts& facts) {
  state_.with([&](const MeshState& s) {
    facts.mesh_key = s.key;
    facts.mesh_way = s.way;
    facts.mesh_problem = s.problem;
  });
  facts.mesh_endpoints = options_.endpoints;
  if (!facts.mesh_endpoints.empty() || facts.address.empty()) return;
  const std::string first = facts.address + ':' + std::to_string(options_.port);
  facts.mesh_endpoints = {first};
  for (std::string& more : more_endpoints(options_.port, first)) facts.mesh_endpoints.push_back(std::move(more));
  if (facts.mesh_endpoints.size() > most_endpoints) facts.mesh_endpoints.resize(most_endpoints);
}

}  // namespace kontena::agent
