// The keys of a network, and what becomes of them. Whether addresses are right is
// the model's to say; here they get their places in the file.
#include <algorithm>
#include <utility>

#include "kontena/base/text.h"
#include "kontena/model/validate.h"
#include "service_forms.h"
#include "specify.h"
#include "stack_forms.h"
#include "tables.h"
#include "values.h"

namespace kontena::compose {
namespace {

using model::NetworkSpec;

void given_name(Specifier&, const Node& value, const std::string&, NetworkSpec& network) {
  if (!value.made) network.name = value.text;
}

void driver(Specifier& to, const Node& value, const std::string& path, NetworkSpec&) {
  if (value.text == "bridge" || value.text == "overlay" || value.text == "default") return;
  const bool engines_own = value.text == "host" || value.text == "none";
  to.notes.problem(value.at, path,
                   "the driver '" + value.text + "' is not supported: networks are those of the cluster",
                   engines_own ? "a service has the node's own with 'network_mode: " + value.text + "'"
                               : "leave it out, or write bridge or overlay");
}

void enable_ipv4(Specifier& to, const Node& value, const std::string& path, NetworkSpec&) {
  if (value.text == "false")
    to.notes.problem(value.at, path,
                     "a network without IPv4 is not supported: instances have their IPv6 addresses by their IPv4 ones",
                     "leave it out");
}

void ipam_driver(Specifier& to, const Node& value, const std::string& path, NetworkSpec&) {
  if (!value.text.empty() && value.text != "default")
    to.notes.problem(value.at, path,
                     "the driver '" + value.text + "' is not supported: addresses are given by the cluster",
                     "leave it out");
}

void ipam_options(Reader& reader, Node& value, const std::string& path) {
  if (value.kind != Kind::map) return wrong_kind(reader, value, path, "a mapping");
  for (const Member& member : value.members)
    if (member.value.kind != Kind::text) wrong_kind(reader, member.value, under(path, member.key), "text");
}

void reserved(Specifier&, const Node& value, const std::string&, NetworkSpec& network) {
  for (const Member& member : value.members) network.reserved.push_back(member.value.text);
}

// Where the file has what the model calls `field`: "subnet", …, "reserved[1]".
const Node& place_of(const Node& config, std::string_view field, std::string& path) {
  const bool is_reserved = field.starts_with("reserved");
  if (field.ends_with('6')) field.remove_suffix(1);
  const std::string_view key = is_reserved ? "aux_addresses" : field;
  const Node* found = config.find(key);
  if (!found) return config;
  path = under(path, key);
  if (!is_reserved) return *found;
  std::string_view number = field.substr(field.find('[') + 1);
  number.remove_suffix(1);
  const Member& member = found->members[static_cast<std::size_t>(text::integer(number).value_or(0))];
  path = under(path, member.key);
  return member.value;
}

bool is_ipv6(const Node& config) {
  const Node* subnet = config.find("subnet");
  return subnet && subnet->text.find(':') != std::string::npos;
}

// One subnet, for itself: of IPv4, or of IPv6.
NetworkSpec ipam_config_of(Specifier& to, const Node& config, const std::string& at) {
  NetworkSpec part;
  specify_map<NetworkSpec>(to, config, at, ipam_config_keys(), part);
  if (is_ipv6(config)) {
    part.ipv6 = true;
    part.subnet6 = std::exchange(part.subnet, "");
    part.gateway6 = std::exchange(part.gateway, "");
    part.ip_range6 = std::exchange(part.ip_range, "");
  }
  for (const model::Problem& problem : model::wrong_addresses(part)) {
    std::string where = at;
    const Node& place = place_of(config, problem.path, where);
    to.notes.problem(place.at, where, problem.what);
  }
  return part;
}

void ipam_configs_of(Specifier& to, const Node& value, const std::string& path, NetworkSpec& network) {
  std::size_t of_ipv4 = 0, of_ipv6 = 0;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& config = value.items[i];
    const std::string at = under(path, i);
    if (++(is_ipv6(config) ? of_ipv6 : of_ipv4) > 1) {
      to.notes.problem(config.at, at, "more than one subnet of a kind is not supported: a network has one of IPv4, and one of IPv6");
      continue;
    }
    NetworkSpec part = ipam_config_of(to, config, at);
    if (part.ipv6) {
      network.subnet6 = std::move(part.subnet6);
      network.gateway6 = std::move(part.gateway6);
      network.ip_range6 = std::move(part.ip_range6);
    } else {
      network.subnet = std::move(part.subnet);
      network.gateway = std::move(part.gateway);
      network.ip_range = std::move(part.ip_range);
    }
    network.reserved.insert(network.reserved.end(), part.reserved.begin(), part.reserved.end());
    std::ranges::sort(network.reserved);
  }
}

void ipam(Specifier& to, const Node& value, const std::string& path, NetworkSpec& network) {
  specify_map<NetworkSpec>(to, value, path, ipam_keys(), network);
}

constexpr auto network_rows = std::to_array<Key<NetworkSpec>>({
    ignored<NetworkSpec>("attachable", boolean, "it has a meaning for Swarm only"),
    mapped<NetworkSpec>("driver", text_value, driver, "bridge and overlay both mean a network of the cluster"),
    ignored<NetworkSpec>("driver_opts", driver_options, "the cluster sets up its networks, the same on every node"),
    runs<NetworkSpec>("enable_ipv4", boolean, enable_ipv4),
    mapped<NetworkSpec>("enable_ipv6", boolean, into<&NetworkSpec::ipv6>,
                        "each instance has an IPv6 address besides, by its IPv4 one, on nodes that have IPv6"),
    mapped<NetworkSpec>("external", boolean, into<&NetworkSpec::external>,
                        "one of the project, made by 'network create' or by another stack"),
    runs<NetworkSpec>("internal", boolean, into<&NetworkSpec::internal>),
    runs<NetworkSpec>("ipam", object<ipam_table>, ipam),
    runs<NetworkSpec>("labels", labels, into<&NetworkSpec::labels>),
    runs<NetworkSpec>("name", text_value, given_name),
});
static_assert(well_formed(network_rows));

constexpr auto ipam_rows = std::to_array<Key<NetworkSpec>>({
    mapped<NetworkSpec>("config", ipam_configs, ipam_configs_of, "one subnet of IPv4 and one of IPv6, the same on every node"),
    runs<NetworkSpec>("driver", text_value, ipam_driver),
    ignored<NetworkSpec>("options", ipam_options,
                         "it has no effect in Compose either; addresses are given by the cluster"),
});
static_assert(well_formed(ipam_rows));

constexpr auto ipam_config_rows = std::to_array<Key<NetworkSpec>>({
    runs<NetworkSpec>("aux_addresses", reserved_addresses, reserved),
    runs<NetworkSpec>("gateway", text_value, into<&NetworkSpec::gateway>),
    runs<NetworkSpec>("ip_range", text_value, into<&NetworkSpec::ip_range>),
    runs<NetworkSpec>("subnet", text_value, into<&NetworkSpec::subnet>),
});
static_assert(well_formed(ipam_config_rows));

// Compose takes other keys beside `external`, and makes nothing of them.
void specify_external(Specifier& to, const Member& member, const std::string& path, NetworkSpec& network) {
  network.external = true;
  network.name = member.value.find("name")->text;
  for (const Member& other : member.value.members)
    if (other.key != "external" && other.key != "name" && !other.key.starts_with("x-") && !says_nothing(other.value))
      to.ignored(other.at, under(path, other.key), "the network is external, and stays as it was made");
    else
      to.reached.insert(under(path, other.key));
}

}  // namespace

void specify_networks(Specifier& to, const Node& value, const std::string& path, model::StackSpec& stack) {
  for (const Member& member : value.members) {
    const std::string at = under(path, member.key);
    NetworkSpec& network = stack.networks[member.key];
    const Node* external = member.value.find("external");
    if (external && external->text == "true")
      specify_external(to, member, at, network);
    else
      specify_map<NetworkSpec>(to, member.value, at, network_keys(), network);
    if (!network.subnet6.empty() && !network.ipv6)
      to.notes.problem(member.value.find("ipam")->at, under(at, "ipam"),
                       "'" + network.subnet6 + "' is an IPv6 subnet, and the network has no IPv6", "say enable_ipv6: true");
    if (network.name.empty()) continue;
    if (const Status named = model::check_network_name(network.name); !named)
      to.notes.problem(member.value.find("name")->at, under(at, "name"), named.error().message, named.error().hint);
  }
}

void check_static_addresses(Specifier& to) {
  for (const model::WrongAddress& wrong : model::wrong_static_addresses(to.spec)) {
    const Node& networks = *to.root.find("services")->find(wrong.service)->find("networks");
    const std::string at = under(under(under("services", wrong.service), "networks"), wrong.network);
    to.notes.problem(networks.find(wrong.network)->find(wrong.field)->at, under(at, wrong.field), wrong.what);
  }
}

constinit const Table network_table = table_of<network_rows>("networks.*");
constinit const Table ipam_table = table_of<ipam_rows>("networks.*.ipam");
constinit const Table ipam_config_table = table_of<ipam_config_rows>("networks.*.ipam.config[]");

std::span<const Key<NetworkSpec>> network_keys() { return network_rows; }
std::span<const Key<NetworkSpec>> ipam_keys() { return ipam_rows; }
std::span<const Key<NetworkSpec>> ipam_config_keys() { return ipam_config_rows; }

}  // namespace kontena::compose
