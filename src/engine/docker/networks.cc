#include "engine.h"
#include "filters.h"

namespace kontena::engine::docker {
namespace {

using codec::member;
using codec::put;

// Ours go over the user's of equal name: they are how we know our own.
model::StringMap together(const model::StringMap& ours, const model::StringMap& theirs) {
  model::StringMap labels = ours;
  labels.insert(theirs.begin(), theirs.end());
  return labels;
}

bool is_of(const std::string& node, const codec::Document& found) {
  return codec::string_at(found.root(), {"Labels", node_label}) == node;
}

// The answer to the making of something that may be there already.
Status made(const http::Response& answer) {
  if (answer.status < 300 || answer.status == 409) return Done{};
  return refusal(answer);
}

// The answer to the removal of something that may be gone, or in use.
Status removed(const http::Response& answer) {
  const int status = answer.status;
  if (status < 300 || status == 403 || status == 404 || status == 409) return Done{};
  return refusal(answer);
}

// A name's place in a set, held for as long as this lives.
class Turn {
 public:
  Turn(Synced<std::set<std::string>>& taken, const std::string& name) : taken_(taken), name_(name) {
    const auto is_free = [&](const auto& names) { return !names.contains(name_); };
    bool has = false;
    while (!has) has = taken_.wait_then(quick, is_free, [&](auto& names) { return names.insert(name_).second; });
  }
  ~Turn() {
    taken_.change([&](auto& names) { names.erase(name_); });
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Synced<std::set<std::string>>& taken_;
  const std::string name_;
};

}  // namespace

// Docker also takes the beginning of an id for a name. Nothing: there is none.
Result<std::optional<std::string>> DockerEngine::subnet_of(const std::string& name) {
  auto found = wire_.read({.path = "/networks/" + segment(name)});
  if (!found && found.error().code == Code::not_found) return std::optional<std::string>();
  if (!found) return std::move(found).error();
  if (codec::string_at(found->root(), {"Name"}) != name) return std::optional<std::string>();
  std::string all;
  if (const auto ranges = codec::find_path(found->root(), {"IPAM", "Config"}))
    for (const codec::Element range : codec::elements(*ranges)) all += (all.empty() ? "" : " and ") + std::string(codec::string_at(range, {"Subnet"}));
  return std::optional(std::move(all));
}

// Packets between nodes are not to be masqueraded, and Docker's rule for a network's
// way out would: so the way out is the overlay's own rule.
codec::Document DockerEngine::network_body(const model::AssignedNetwork& network, const model::StringMap& labels, int mtu) {
  codec::Document body;
  put(member(body.root(), "Name"), network.name);
  put(member(body.root(), "Driver"), "bridge");
  put(member(body.root(), "Internal"), network.internal);
  put(member(body.root(), "CheckDuplicate"), true);  // which from 1.44 is always so
  put(member(body.root(), "Labels"), together(labels, network.labels));
  if (network.subnet.empty()) return body;
  const auto range = codec::append(member(member(body.root(), "IPAM"), "Config"));
  put(member(range, "Subnet"), network.subnet);
  put(member(range, "Gateway"), network.gateway);
  if (!network.subnet6.empty()) {
    put(member(body.root(), "EnableIPv6"), true);
    const auto range6 = codec::append(member(member(body.root(), "IPAM"), "Config"));
    put(member(range6, "Subnet"), network.subnet6);
    put(member(range6, "Gateway"), network.gateway6);
  }
  model::StringMap options{{"com.docker.network.bridge.enable_ip_masquerade", "false"}};
  if (!network.bridge.empty()) options["com.docker.network.bridge.name"] = network.bridge;
  if (mtu > 0) options["com.docker.network.driver.mtu"] = std::to_string(mtu);
  // From 28 on Docker drops what comes to a container's own address by another interface.
  options["com.docker.network.bridge.trusted_host_interfaces"] = "kontena0";
  put(member(body.root(), "Options"), options);
  return body;
}

Status DockerEngine::ensure_network(const model::AssignedNetwork& network, const model::StringMap& labels, int mtu) {
  const Turn turn(making_, network.name);
  KTN_TRY(auto there, subnet_of(network.name));
  const std::string wanted = network.subnet + (network.subnet6.empty() ? "" : " and " + network.subnet6);
  if (there && *there != wanted && !network.subnet.empty()) {
    // One that nobody uses any more may be of an older time.
    const auto node = labels.find(std::string(node_label));
    if (node != labels.end()) KTN_OK(remove_network(network.name, node->second));
    KTN_TRY(there, subnet_of(network.name));
    if (there)
      return Error{Code::failed_precondition, "network '" + network.name + "' of this node has the subnet " + *there + ", not " + wanted,
                   "remove it: docker network rm " + network.name};
  }
  if (there) return Done{};
  KTN_TRY(const auto answer,
          wire_.send({.method = http::Method::post, .path = "/networks/create", .body = network_body(network, labels, mtu).dump(), .timeout = slow}));
  return made(answer);
}

Status DockerEngine::ensure_volume(const std::string& name, const model::VolumeSpec& spec,
                                   const model::StringMap& labels) {
  auto found = wire_.read({.path = "/volumes/" + segment(name)});
  if (found) return Done{};
  if (found.error().code != Code::not_found) return std::move(found).error();
  if (spec.external)
    return Error{Code::not_found, "the external volume '" + name + "' is not on this node",
                 "make it there with 'docker volume create " + name + "', or leave out 'external'"};
  codec::Document body;
  put(member(body.root(), "Name"), name);
  put(member(body.root(), "Driver"), spec.driver);
  put(member(body.root(), "DriverOpts"), spec.driver_options);
  put(member(body.root(), "Labels"), together(labels, spec.labels));
  KTN_TRY(const auto answer,
          wire_.send({.method = http::Method::post, .path = "/volumes/create", .body = body.dump(), .timeout = slow}));
  return made(answer);
}

Result<std::string> DockerEngine::volume_path(const std::string& name) {
  KTN_TRY(const auto answer, wire_.read({.path = "/volumes/" + segment(name)}));
  const std::string path = codec::string_at(answer.root(), {"Mountpoint"});
  if (codec::string_at(answer.root(), {"Driver"}) == "local" && path.starts_with('/')) return path;
  return Error{Code::unsupported, "the volume '" + name + "' is not of the local driver: it cannot be filled"};
}

Result<model::Strings> DockerEngine::networks(const std::string& node) {
  http::Query query{{"filters", filters({{"label", {label_is(node)}}})}};
  KTN_TRY(const auto answer, wire_.read({.path = "/networks", .query = std::move(query)}));
  model::Strings names;
  for (const codec::Element at : codec::elements(answer.root())) names.push_back(codec::string_at(at, {"Name"}));
  return names;
}

Result<model::Strings> DockerEngine::volumes(const std::string& node) {
  http::Query query{{"filters", filters({{"label", {label_is(node)}}})}};
  KTN_TRY(const auto answer, wire_.read({.path = "/volumes", .query = std::move(query)}));
  model::Strings names;
  if (const auto all = codec::find_path(answer.root(), {"Volumes"}))
    for (const codec::Element at : codec::elements(*all)) names.push_back(codec::string_at(at, {"Name"}));
  return names;
}

Result<std::vector<EngineSubnet>> DockerEngine::subnets() {
  std::vector<EngineSubnet> subnets;
  const auto add = [&](const std::string& subnet, const std::string& by) {
    if (!subnet.empty() && subnet.find(':') == std::string::npos) subnets.push_back({subnet, by});
  };
  KTN_TRY(const auto networks, wire_.read({.path = "/networks"}));
  for (const codec::Element network : codec::elements(networks.root())) {
    if (!codec::string_at(network, {"Labels", node_label}).empty()) continue;
    if (const auto ranges = codec::find_path(network, {"IPAM", "Config"}))
      for (const codec::Element range : codec::elements(*ranges))
        add(codec::string_at(range, {"Subnet"}), "Docker's network '" + codec::string_at(network, {"Name"}) + '\'');
  }
  KTN_TRY(const auto info, wire_.read({.path = "/info"}));
  const auto pools = codec::find_path(info.root(), {"DefaultAddressPools"});
  const auto configured = pools ? codec::elements(*pools) : std::vector<codec::Element>();
  for (const codec::Element pool : configured) add(codec::string_at(pool, {"Base"}), "Docker's address pools");
  // What is built into it; said only where something else is configured.
  if (configured.empty())
    for (const char* pool : {"172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16", "172.20.0.0/14", "172.24.0.0/14", "172.28.0.0/14", "192.168.0.0/16"})
      add(pool, "Docker's address pools");
  return subnets;
}

Status DockerEngine::remove_network(const std::string& name, const std::string& node) {
  auto found = wire_.read({.path = "/networks/" + segment(name)});
  if (!found && found.error().code == Code::not_found) return Done{};
  if (!found) return std::move(found).error();
  if (codec::string_at(found->root(), {"Name"}) != name || !is_of(node, *found)) return Done{};
  // Docker would take it from under a container that is stopped and could then not start.
  http::Query query{{"all", "1"}, {"filters", filters({{"network", {name}}})}};
  KTN_TRY(const auto users, wire_.read({.path = "/containers/json", .query = std::move(query)}));
  if (!codec::elements(users.root()).empty()) return Done{};
  const std::string id = codec::string_at(found->root(), {"Id"});
  KTN_TRY(const auto answer,
          wire_.send({.method = http::Method::del, .path = "/networks/" + segment(id), .timeout = slow}));
  return removed(answer);
}

Status DockerEngine::remove_volume(const std::string& name, const std::string& node) {
  auto found = wire_.read({.path = "/volumes/" + segment(name)});
  if (!found && found.error().code == Code::not_found) return Done{};
  if (!found) return std::move(found).error();
  if (!is_of(node, *found)) return Done{};
  KTN_TRY(const auto answer,
          wire_.send({.method = http::Method::del, .path = "/volumes/" + segment(name), .timeout = slow}));
  return removed(answer);
}

}  // namespace kontena::engine::docker
