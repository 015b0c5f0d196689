// Networks: their names, their addresses, and the addresses that services ask for.
#include <set>

#include "kontena/base/ipv4.h"
#include "kontena/base/ipv6.h"
#include "validate.h"

namespace kontena::model {
namespace {

// The engine's own, which are there on every node and are no networks of ours.
bool is_engines_own(std::string_view name) {
  return name == "bridge" || name == "host" || name == "none" || name == "default";
}

// What is wrong with a text that is no subnet, as far as it can be told.
std::string no_subnet(const std::string& text) {
  if (text.find(':') != std::string::npos) return quoted(text) + " is of IPv6, and stands where an IPv4 subnet is to be";
  const std::size_t slash = text.find('/');
  const auto address = parse_ipv4(std::string_view(text).substr(0, slash));
  const auto any = slash == std::string::npos ? std::nullopt : parse_subnet("0.0.0.0" + text.substr(slash));
  if (!address || !any) return quoted(text) + " is not a subnet, such as 172.20.0.0/16";
  const auto rest = static_cast<std::uint32_t>(address->value % any->size());
  return quoted(text) + " is an address in a subnet: write " + to_text(Subnet{{address->value - rest}, any->bits});
}

bool is_of_host(const Subnet& subnet, Ipv4 address) {
  return subnet.contains(address) && address != subnet.base && address != subnet.last();
}

// The gateway where none is declared.
Ipv6 first_of(const Subnet6& subnet) { return {subnet.base.high, subnet.base.low | 1}; }

std::string why_not(const NetworkSpec& network, const std::string& key, Ipv4 address) {
  if (network.external) return "";  // its subnet is known where it is
  if (network.subnet.empty())
    return "network " + quoted(key) + " has no subnet of its own: an address needs one that is declared";
  const auto subnet = parse_subnet(network.subnet);
  if (!subnet) return "";  // told of the network
  const std::string text = to_text(address);
  if (!is_of_host(*subnet, address)) return text + " is no address for an instance in " + network.subnet;
  const auto gateway = network.gateway.empty() ? subnet->at(1) : parse_ipv4(network.gateway);
  if (gateway == address) return text + " is the gateway of network " + quoted(key);
  for (const std::string& reserved : network.reserved)
    if (parse_ipv4(reserved) == address) return text + " is reserved in network " + quoted(key);
  return "";
}

std::string why_not(const NetworkSpec& network, const std::string& key, Ipv6 address) {
  if (network.external) return "";
  if (!network.ipv6) return "network " + quoted(key) + " has no IPv6: say enable_ipv6: true there";
  if (network.subnet6.empty())
    return "network " + quoted(key) + " has no IPv6 subnet of its own: an address needs one that is declared";
  const auto subnet = parse_subnet6(network.subnet6);
  if (!subnet) return "";
  const std::string text = to_text(address);
  if (!subnet->contains(address) || address == subnet->base) return text + " is no address for an instance in " + network.subnet6;
  const auto gateway = network.gateway6.empty() ? std::optional(first_of(*subnet)) : parse_ipv6(network.gateway6);
  if (gateway == address) return text + " is the gateway of network " + quoted(key);
  for (const std::string& reserved : network.reserved)
    if (parse_ipv6(reserved) == address) return text + " is reserved in network " + quoted(key);
  return "";
}

std::string why_not(const ServiceSpec& service) {
  const std::string_view needs = ": one address cannot be that of two instances";
  if (service.mode == Mode::global) return "a global service has an instance on every node" + std::string(needs);
  if (service.replicas > 1)
    return "the service has " + std::to_string(service.replicas) + " instances" + std::string(needs);
  if (service.update.order == Order::start_first)
    return "an update with order start-first runs the new instance beside the old one" + std::string(needs);
  return "";
}

}  // namespace

Status check_network_name(const std::string& name) {
  if (!is_object_name(name))
    return Error{Code::invalid_argument, quoted(name) + " is not a name of a network",
                 "letters, digits, '.', '_', '-'"};
  if (is_engines_own(name))
    return Error{Code::invalid_argument, quoted(name) + " is the engine's own network",
                 "a service has it with network_mode"};
  return Done{};
}

namespace {

void check_ipv6(const NetworkSpec& network, Problems& problems) {
  const auto subnet = parse_subnet6(network.subnet6);
  if (!network.subnet6.empty() && !network.ipv6)
    problems.add("subnet6", quoted(network.subnet6) + " is an IPv6 subnet, and the network has no IPv6: say enable_ipv6: true");
  else if (!network.subnet6.empty() && !subnet)
    problems.add("subnet6", quoted(network.subnet6) + " is not an IPv6 subnet, such as fd3c:91a2:be07:1::/64");
  const auto expect = [&](bool well, const std::string& path, const std::string& text, const std::string& what) {
    if (network.subnet6.empty())
      problems.add(path, "is of an IPv6 subnet, and none is declared");
    else if (subnet && !well)
      problems.add(path, quoted(text) + what + network.subnet6);
  };
  if (const auto gateway = parse_ipv6(network.gateway6); !network.gateway6.empty())
    expect(gateway && subnet && subnet->contains(*gateway) && *gateway != subnet->base, "gateway6", network.gateway6,
           " is no address of a host in ");
  if (const auto range = parse_subnet6(network.ip_range6); !network.ip_range6.empty())
    expect(range && subnet && subnet->contains(*range), "ip_range6", network.ip_range6, " is no part of ");
  for (std::size_t i = 0; i < network.reserved.size(); ++i)
    if (const auto address = parse_ipv6(network.reserved[i]))
      expect(subnet && subnet->contains(*address), "reserved[" + std::to_string(i) + ']', network.reserved[i],
             " is no address in ");
}

}  // namespace

std::vector<Problem> wrong_addresses(const NetworkSpec& network) {
  Problems problems;
  check_ipv6(network, problems);
  const auto subnet = parse_subnet(network.subnet);
  if (!subnet && !network.subnet.empty()) problems.add("subnet", no_subnet(network.subnet));
  const auto expect = [&](bool well, const std::string& path, const std::string& text, const std::string& what) {
    if (network.subnet.empty())
      problems.add(path, "is of a subnet, and none is declared");
    else if (subnet && !well)
      problems.add(path, quoted(text) + what + network.subnet);
  };
  if (!network.gateway.empty()) {
    const auto gateway = parse_ipv4(network.gateway);
    expect(gateway && subnet && is_of_host(*subnet, *gateway), "gateway", network.gateway,
           " is no address of a host in ");
  }
  if (!network.ip_range.empty()) {
    const auto range = parse_subnet(network.ip_range);
    expect(range && subnet && subnet->contains(*range), "ip_range", network.ip_range, " is no part of ");
  }
  for (std::size_t i = 0; i < network.reserved.size(); ++i) {
    const auto address = parse_ipv4(network.reserved[i]);
    if (!address && parse_ipv6(network.reserved[i])) continue;  // looked at above
    expect(address && subnet && subnet->contains(*address), "reserved[" + std::to_string(i) + ']', network.reserved[i],
           " is no address in ");
  }
  return problems.take();
}

namespace {

std::optional<Ipv4> read(const std::string& text, Ipv4) { return parse_ipv4(text); }
std::optional<Ipv6> read(const std::string& text, Ipv6) { return parse_ipv6(text); }

template <class Address>
void wrong_static(const StackSpec& stack, std::string Attachment::*asked, const std::string& field, const char* kind,
                  std::vector<WrongAddress>& wrong) {
  std::map<std::pair<std::string, Address>, std::string> holders;
  for (const auto& [name, service] : stack.services) {
    for (const Attachment& attachment : service.networks) {
      const std::string& text = attachment.*asked;
      if (text.empty()) continue;
      const auto address = read(text, Address());
      std::string what = address ? why_not(service) : quoted(text) + " is not an " + kind;
      const auto network = stack.networks.find(attachment.network);
      if (what.empty() && network != stack.networks.end())
        what = why_not(network->second, attachment.network, *address);
      if (what.empty())
        if (const auto [other, is_new] = holders.try_emplace({attachment.network, *address}, name); !is_new)
          what = text + " is that of service " + quoted(other->second) + " too";
      if (!what.empty()) wrong.push_back({name, attachment.network, what, field});
    }
  }
}

}  // namespace

std::vector<WrongAddress> wrong_static_addresses(const StackSpec& stack) {
  std::vector<WrongAddress> wrong;
  wrong_static<Ipv4>(stack, &Attachment::ipv4_address, "ipv4_address", "IPv4 address, such as 172.20.0.7", wrong);
  wrong_static<Ipv6>(stack, &Attachment::ipv6_address, "ipv6_address", "IPv6 address, such as fd3c:91a2:be07:1::7", wrong);
  return wrong;
}

void check_network(Problems& problems, const std::string& path, const NetworkSpec& network) {
  if (!network.name.empty())
    if (const Status well = check_network_name(network.name); !well)
      problems.add(path + ".name", well.error().message + ": " + well.error().hint);
  check_map(problems, path + ".labels", network.labels, "io.kontena.");
  if (network.external) {
    constexpr std::string_view own = "is of the network, and this one is external";
    problems.expect(!network.name.empty(), path + ".name", "is missing: an external network is known by it");
    problems.expect(!network.internal, path + ".internal", own);
    problems.expect(network.labels.empty(), path + ".labels", own);
    problems.expect(network.subnet.empty(), path + ".subnet", own);
    problems.expect(network.gateway.empty(), path + ".gateway", own);
    problems.expect(network.ip_range.empty(), path + ".ip_range", own);
    problems.expect(network.reserved.empty(), path + ".reserved", own);
    problems.expect(!network.ipv6 && network.subnet6.empty() && network.gateway6.empty() && network.ip_range6.empty(), path + ".ipv6", own);
    return;
  }
  problems.expect(network.reserved.size() <= most_entries, path + ".reserved",
                  "are more than " + std::to_string(most_entries));
  for (Problem& problem : wrong_addresses(network)) problems.add(path + '.' + problem.path, std::move(problem.what));
}

void check_static_addresses(Problems& problems, const StackSpec& stack) {
  for (WrongAddress& wrong : wrong_static_addresses(stack)) {
    const auto& networks = stack.services.at(wrong.service).networks;
    std::size_t i = 0;
    while (networks[i].network != wrong.network || (wrong.field == "ipv4_address" ? networks[i].ipv4_address : networks[i].ipv6_address).empty()) ++i;
    problems.add("services." + wrong.service + ".networks[" + std::to_string(i) + "]." + wrong.field,
                 std::move(wrong.what));
  }
}

void check_network_mode(Problems& problems, const std::string& path, const ServiceSpec& spec) {
  const std::string& mode = spec.network_mode;
  if (mode.empty() || mode.starts_with("service:")) return;  // the latter: see check_together
  if (mode != "host" && mode != "none" && mode != "bridge")
    return problems.add(path, quoted(mode) + " is none of host, none, bridge and service:NAME");
  problems.expect(spec.networks.empty(), path, "is " + mode + ", and the service has networks: it is one or the other");
  problems.expect(mode == "bridge" || spec.ports.empty(), path,
                  "is " + mode + ", and the service publishes ports: there are none to publish");
}

}  // namespace kontena::model
