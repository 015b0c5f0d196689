#include "overlay.h"

#include <algorithm>

#include "ipv6.h"
#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/crypto/digest.h"

namespace kontena::agent {
namespace {

constexpr Duration network_patience{3'000};

}  // namespace

OverlayNetwork::OverlayNetwork(Context context, Uplink& uplink, MeshOptions options)
    : context_(context),
      options_(options),
      receive_(context, uplink, state_, options.state_dir, [this] { mesh_.wake(); }),
      mesh_(context, state_, options),
      names_(context, state_),
      probe_(context, state_, options.port),
      pool_(context, state_) {
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
  return {.mtu = [this] { return mtu(); },
          .before = [](const model::AssignedNetwork& network) { return network.subnet6.empty() ? Status(Done{}) : forward_ipv6(); },
          .prepare = [this](const model::Assignment& wanted) { return prepare(wanted); }};
}

// Of the networks of containers: what the mesh has, once that is known.
int OverlayNetwork::mtu() {
  return state_.wait_then(network_patience, [](const MeshState& s) { return s.mtu > 0 || s.stopping; },
                          [](const MeshState& s) { return s.mtu > 0 ? s.mtu : usual_mtu; });
}

Result<std::string> OverlayNetwork::prepare(const model::Assignment& wanted) {
  for (const auto& [key, network] : wanted.networks) {
    if (network.bridge.empty() || network.address.empty())
      return Error{Code::failed_precondition, "network '" + network.path + "' has no address for this instance", "deploy the stack again"};
    KTN_OK(prepare_bridge(network.bridge));
    if (!network.subnet6.empty()) KTN_OK(prepare_bridge6(network.bridge));
  }
  const model::Strings dns = wanted.spec.options ? wanted.spec.options->dns : model::Strings{};
  if (!dns.empty()) state_.change([](MeshState& s) { s.resolvers_wanted = true; });
  const auto is_let_through = [&](const MeshState& s) {
    const auto resolvers = s.resolvers.find(*wanted.id);
    if (!dns.empty() && (resolvers == s.resolvers.end() || resolvers->second != dns)) return false;
    if (s.applied != s.version || s.answered != s.version) return false;
    return std::ranges::all_of(wanted.networks, [&](const auto& network) {
      return s.wanted->members.contains(overlay::member_id(*wanted.id, network.second.path));
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
  facts.ipv6 = host_has_ipv6();
  model::Strings addresses;
  state_.with([&](const MeshState& s) {
    addresses = s.addresses;
    facts.mesh_mtu = s.mtu;
    facts.mesh_rotation = s.rotation;
    facts.mesh_key = s.key;
    facts.mesh_way = s.way;
    facts.mesh_problem = s.problem.empty() || s.pool_problem.empty() ? s.problem + s.pool_problem : s.problem + "; " + s.pool_problem;
  });
  // Those that people gave come first; the others may be nearer, or still right when those are not.
  facts.mesh_endpoints = options_.endpoints;
  const auto add = [&](const std::string& address) {
    const std::string endpoint = (address.find(':') == std::string::npos ? address : '[' + address + ']') + ':' + std::to_string(options_.port);
    if (!address.empty() && std::ranges::find(facts.mesh_endpoints, endpoint) == facts.mesh_endpoints.end() &&
        facts.mesh_endpoints.size() < api::most_endpoints)
      facts.mesh_endpoints.push_back(endpoint);
  };
  add(facts.address);
  for (const std::string& address : addresses) add(address);
}

void OverlayNetwork::told(const model::NodeFacts& facts) {
  const bool news = state_.with([&](MeshState& s) { return std::exchange(s.key_told, facts.mesh_key) != facts.mesh_key; });
  if (news) mesh_.wake();
}

}  // namespace kontena::agent
