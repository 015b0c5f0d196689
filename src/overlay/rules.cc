#include <cstdio>

#include "kontena/overlay/plan.h"
#include "kontena/overlay/wanted.h"

namespace kontena::overlay {
namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string hex(std::uint32_t value) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "0x%08x", value);
  return digits;
}

// An empty one has no `elements`, which nft would not take.
std::string set_of(std::string_view name, std::string_view type, const std::vector<std::string>& elements) {
  std::string text = "  set " + std::string(name) + " {\n    type " + std::string(type) + "\n";
  if (!elements.empty()) {
    text += "    elements = {";
    std::string_view comma = " ";
    for (const std::string& element : elements) {
      text.append(comma).append(element);
      comma = ", ";
    }
    text += " }\n";
  }
  return text + "  }\n";
}

std::string set_of(std::string_view name, const Addresses& addresses) {
  std::vector<std::string> elements;
  for (const auto& [bridge, address] : addresses) elements.push_back(quoted(bridge) + " . " + to_text(address));
  return set_of(name, "ifname . ipv4_addr", elements);
}

// All addresses of the cluster that this node knows of. No two of a set may overlap.
std::string cluster_of(const Subnet& pool, const std::vector<Bridge>& bridges) {
  std::string text = pool.bits > 0 ? "{ " + to_text(pool) : "{ ";
  for (const Bridge& bridge : bridges) {
    if (pool.bits > 0 && pool.contains(bridge.subnet)) continue;
    if (text.size() > 2) text += ", ";
    text += to_text(bridge.subnet);
  }
  return text + " }";
}

}  // namespace

std::string mark_match() { return hex(mark) + '/' + hex(mark_mask); }

std::string no_rules() {
  std::string text;
  for (const std::string_view family : {"inet ", "arp "}) {
    // Naming it makes it where it is not, so that it can be deleted.
    const std::string it = "table " + std::string(family) + std::string(table) + '\n';
    text.append(it).append("delete ").append(it);
  }
  return text;
}

std::string rules(const Subnet& pool, const std::vector<Bridge>& bridges, const Who& who) {
  const std::string mesh = quoted(device), any = quoted(std::string(bridge_prefix) + '*');
  const std::string let = "meta mark set meta mark & " + hex(~mark_mask) + " | " + hex(mark) + " accept\n";
  std::vector<std::string> names, gateways;
  for (const Bridge& bridge : bridges) {
    names.push_back(quoted(bridge.name));
    gateways.push_back(quoted(bridge.name) + " . " + to_text(bridge.gateway));
  }
  // All at once: the old table is there until the new one is.
  std::string text = no_rules() + "table inet " + std::string(table) + " {\n";
  text += set_of("bridges", "ifname", names) + set_of("gateways", "ifname . ipv4_addr", gateways);
  text += set_of("own", who.own) + set_of("local", who.local) + set_of("remote", who.remote);

  // Before anything is done with it: a false source gets nowhere, not even to the host.
  text += "  chain from {\n    type filter hook prerouting priority raw; policy accept;\n";
  text += "    iifname @bridges iifname . ip saddr != @own drop\n";
  // Neither other networks nor the host's own addresses on them: who asks must not even
  // hear which of them there are.
  const std::string cluster = cluster_of(pool, bridges);
  for (const Bridge& bridge : bridges)
    text += "    iifname " + quoted(bridge.name) + " ip daddr " + cluster + " ip daddr != " + to_text(bridge.subnet) + " drop\n";
  text += "  }\n";

  text += "  chain forward {\n    type filter hook forward priority filter - 10; policy accept;\n";
  text += "    oifname " + mesh + " tcp flags syn tcp option maxseg size set rt mtu\n";
  text += "    iifname " + mesh + " oifname . ip daddr @local oifname . ip saddr @remote " + let;
  text += "    oifname " + mesh + " iifname . ip saddr @local iifname . ip daddr @remote " + let;
  text += "    iifname " + mesh + " drop\n    oifname " + mesh + " drop\n";
  for (const Bridge& bridge : bridges) text += "    iifname " + quoted(bridge.name) + " oifname " + any + " oifname != " + quoted(bridge.name) + " drop\n";
  text += "    iifname @bridges oifname != @bridges meta nfproto ipv6 drop\n  }\n";

  text += "  chain input {\n    type filter hook input priority filter - 10; policy accept;\n";
  text += "    iifname @bridges meta nfproto ipv6 drop\n";
  for (const std::string_view protocol : {"udp", "tcp"})
    text += "    iifname . ip daddr @gateways " + std::string(protocol) + " dport 53 " + let;
  text += "    iifname " + mesh + " ct state established,related accept\n";
  text += "    iifname " + mesh + " icmp type echo-request accept\n    iifname " + mesh + " drop\n  }\n";

  text += "  chain out {\n    type nat hook postrouting priority srcnat - 10; policy accept;\n";
  for (const Bridge& bridge : bridges) {
    if (bridge.internal) continue;
    text += "    ip saddr " + to_text(bridge.subnet) + " oifname != { " + quoted(bridge.name) + ", " + mesh + " } masquerade\n";
  }
  text += "  }\n}\n";

  // Proxy ARP would tell each container about all that the host has a route to.
  text += "table arp " + std::string(table) + " {\n  chain input {\n    type filter hook input priority filter; policy accept;\n";
  for (const Bridge& bridge : bridges)
    text += "    iifname " + quoted(bridge.name) + " arp daddr ip != " + to_text(bridge.subnet) + " drop\n";
  return text + "  }\n}\n";
}

}  // namespace kontena::overlay
