#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "kontena/overlay/plan.h"
#include "kontena/overlay/wanted.h"

namespace kontena::overlay {
namespace {

// The sets of the table that follow who is where.
constexpr std::array<std::pair<std::string_view, Addresses Who::*>, 3> sets{
    {{"own", &Who::own}, {"local", &Who::local}, {"remote", &Who::remote}}};
constexpr std::array<std::pair<std::string_view, Addresses6 Who::*>, 3> sets6{
    {{"own6", &Who::own6}, {"local6", &Who::local6}, {"remote6", &Who::remote6}}};

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

constexpr std::string_view member_type = "ifname . ipv4_addr", member_type6 = "ifname . ipv6_addr";

// "add element inet kontena own { … }"; nothing for nobody.
template <class Those>
std::string elements(std::string_view verb, std::string_view set, const Those& addresses) {
  if (addresses.empty()) return "";
  std::string text = std::string(verb) + " element inet " + std::string(table) + ' ' + std::string(set) + " {";
  std::string_view comma = " ";
  for (const auto& [bridge, address] : addresses) {
    text.append(comma).append(quoted(bridge)).append(" . ").append(to_text(address));
    comma = ", ";
  }
  return text + " }\n";
}

// "add element inet kontena apart { … }", likewise.
std::string names(std::string_view verb, const std::set<std::string>& links) {
  if (links.empty()) return "";
  std::string text = std::string(verb) + " element inet " + std::string(table) + " apart {";
  std::string_view comma = " ";
  for (const std::string& link : links) {
    text.append(comma).append(quoted(link));
    comma = ", ";
  }
  return text + " }\n";
}

template <class Those>
Those without(const Those& all, const Those& some) {
  Those left;
  std::ranges::set_difference(all, some, std::inserter(left, left.end()));
  return left;
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
std::string cluster_of6(const std::optional<Subnet6>& pool, const std::vector<Bridge>& bridges) {
  std::string text = pool ? "{ " + to_text(*pool) : "{ ";
  for (const Bridge& bridge : bridges) {
    if (!bridge.subnet6 || (pool && pool->contains(*bridge.subnet6))) continue;
    if (text.size() > 2) text += ", ";
    text += to_text(*bridge.subnet6);
  }
  return text + " }";
}

// The lines about IPv6, by chain; all of them empty where no network has it, but for those that keep it out.
struct Lines6 {
  std::string sets, from, mesh, beside, forward, input, out;
};

Lines6 lines6(const std::optional<Subnet6>& pool, const std::vector<Bridge>& bridges, const std::string& let) {
  std::vector<std::string> names, leaving;
  for (const Bridge& bridge : bridges) {
    if (!bridge.subnet6) continue;
    names.push_back(quoted(bridge.name));
    if (!bridge.internal) leaving.push_back(quoted(bridge.name));
  }
  Lines6 lines;
  if (names.empty()) {
    lines.forward = "    iifname @bridges oifname != @bridges meta nfproto ipv6 drop\n";
    lines.input = "    iifname @bridges meta nfproto ipv6 drop\n";
    return lines;
  }
  const std::string mesh = quoted(device), cluster = cluster_of6(pool, bridges);
  lines.sets = set_of("bridges6", "ifname", names) + set_of("leaving6", "ifname", leaving);
  for (const auto& [name, part] : sets6) lines.sets += set_of(name, member_type6, {});
  for (const Bridge& bridge : bridges) {
    if (!bridge.subnet6) continue;
    const std::string subnet = to_text(*bridge.subnet6);
    lines.from += "    iifname " + quoted(bridge.name) + " ip6 daddr " + cluster + " ip6 daddr != " + subnet + " drop\n";
    if (!bridge.internal)
      lines.out += "    ip6 saddr " + subnet + " oifname != { " + quoted(bridge.name) + ", " + mesh + " } masquerade\n";
  }
  // What neighbours find each other by, who have no other address for it; and nothing that speaks for routers.
  lines.from +=
      "    iifname @bridges6 ip6 saddr { ::, fe80::/10 } icmpv6 type { mld-listener-report, mld-listener-done, "
      "nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept\n"
      "    iifname @bridges6 iifname . ip6 saddr != @own6 drop\n";
  lines.mesh = "    iifname " + mesh + " oifname . ip6 daddr @local6 oifname . ip6 saddr @remote6 " + let +
               "    oifname " + mesh + " iifname . ip6 saddr @local6 iifname . ip6 daddr @remote6 " + let;
  lines.beside = "    meta nfproto ipv6 iifname @bridges6 oifname @bridges6 accept\n";
  lines.forward =
      "    meta nfproto ipv6 iifname @bridges oifname @apart drop\n"
      "    iifname @bridges iifname != @leaving6 oifname != @bridges meta nfproto ipv6 drop\n"
      "    oifname @bridges iifname != @bridges meta nfproto ipv6 ct state established,related accept\n"
      "    oifname @leaving6 iifname != @bridges iifname != @apart meta nfproto ipv6 ct status dnat accept\n"
      "    oifname @bridges iifname != @bridges meta nfproto ipv6 drop\n";
  lines.input = "    iifname @bridges iifname != @bridges6 meta nfproto ipv6 drop\n"
                "    iifname @bridges6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } " + let;
  return lines;
}

}  // namespace

std::string mark_match() { return hex(mark) + '/' + hex(mark_mask); }
std::string any_mark_match() { return hex(mark & way_mark) + '/' + hex(mark_mask & ~(mark ^ way_mark)); }
std::string nft_way_mark_match() { return "meta mark & " + hex(mark_mask) + " == " + hex(way_mark); }
std::string nft_mark_match() { return "meta mark & " + hex(mark_mask) + " == " + hex(mark); }

std::string no_rules() {
  std::string text;
  for (const std::string_view family : {"inet ", "arp "}) {
    // Naming it makes it where it is not, so that it can be deleted.
    const std::string it = "table " + std::string(family) + std::string(table) + '\n';
    text.append(it).append("delete ").append(it);
  }
  return text;
}

std::string whole(const Rules& rules) {
  std::string text = no_rules() + rules.tables;
  for (const auto& [name, part] : sets) text += elements("add", name, rules.who.*part);
  for (const auto& [name, part] : sets6) text += elements("add", name, rules.who.*part);
  return text + names("add", rules.apart);
}

std::string change(const Rules& had, const Rules& wanted) {
  if (had.tables != wanted.tables) return whole(wanted);
  std::string text;
  for (const auto& [name, part] : sets) {
    text += elements("delete", name, without(had.who.*part, wanted.who.*part));
    text += elements("add", name, without(wanted.who.*part, had.who.*part));
  }
  for (const auto& [name, part] : sets6) {
    text += elements("delete", name, without(had.who.*part, wanted.who.*part));
    text += elements("add", name, without(wanted.who.*part, had.who.*part));
  }
  return text + names("delete", without(had.apart, wanted.apart)) + names("add", without(wanted.apart, had.apart));
}

Rules rules(const Subnet& pool, const std::vector<Bridge>& bridges, const Who& who, const std::optional<Subnet6>& pool6) {
  const std::string mesh = quoted(device), any = quoted(std::string(bridge_prefix) + '*');
  const std::string let = "meta mark set meta mark & " + hex(~mark_mask) + " | " + hex(mark) + " accept\n";
  const std::string way = "meta mark set meta mark & " + hex(~mark_mask) + " | " + hex(way_mark) + " accept\n";
  std::vector<std::string> names, internal, gateways;
  for (const Bridge& bridge : bridges) {
    names.push_back(quoted(bridge.name));
    if (bridge.internal) internal.push_back(quoted(bridge.name));
    gateways.push_back(quoted(bridge.name) + " . " + to_text(bridge.gateway));
  }
  std::string text = "table inet " + std::string(table) + " {\n";
  text += set_of("bridges", "ifname", names) + set_of("gateways", member_type, gateways);
  for (const auto& [name, part] : sets) text += set_of(name, member_type, {});
  text += set_of("internal", "ifname", internal) + set_of("apart", "ifname", {});
  const Lines6 ipv6 = lines6(pool6, bridges, let);
  text += ipv6.sets;

  // Before anything is done with it: a false source gets nowhere, not even to the host.
  text += "  chain from {\n    type filter hook prerouting priority raw; policy accept;\n";
  text += "    iifname @bridges iifname . ip saddr != @own drop\n";
  // Neither other networks nor the host's own addresses on them: who asks must not even
  // hear which of them there are.
  const std::string cluster = cluster_of(pool, bridges);
  for (const Bridge& bridge : bridges)
    text += "    iifname " + quoted(bridge.name) + " ip daddr " + cluster + " ip daddr != " + to_text(bridge.subnet) +
            " drop\n";
  text += ipv6.from + "  }\n";

  text += "  chain forward {\n    type filter hook forward priority filter - 10; policy accept;\n";
  text += "    oifname " + mesh + " tcp flags syn tcp option maxseg size set rt mtu\n";
  text += "    iifname " + mesh + " oifname . ip daddr @local oifname . ip saddr @remote " + let;
  text += "    oifname " + mesh + " iifname . ip saddr @local iifname . ip daddr @remote " + let;
  text += ipv6.mesh + "    iifname " + mesh + " drop\n    oifname " + mesh + " drop\n";
  for (const Bridge& bridge : bridges)
    text += "    iifname " + quoted(bridge.name) + " oifname " + any + " oifname != " + quoted(bridge.name) + " drop\n";
  // What is left of two bridges is one, where the kernel has bridged packets pass here.
  text += "    meta nfproto ipv4 iifname @bridges oifname @bridges " + way;
  text += ipv6.beside;
  text += "    iifname @internal drop\n    oifname @internal drop\n";
  text += "    meta nfproto ipv4 oifname @bridges ct state established,related " + way;
  text += "    meta nfproto ipv4 oifname @bridges iifname != @apart ct status dnat " + way;
  text += "    meta nfproto ipv4 iifname @bridges oifname != @apart " + way;
  text += ipv6.forward + "  }\n";

  text += "  chain input {\n    type filter hook input priority filter - 10; policy accept;\n" + ipv6.input;
  for (const std::string_view protocol : {"udp", "tcp"})
    text += "    iifname . ip daddr @gateways " + std::string(protocol) + " dport 53 " + let;
  text += "    iifname " + mesh + " ct state established,related accept\n";
  text += "    iifname " + mesh + " icmp type echo-request accept\n    iifname " + mesh + " drop\n  }\n";

  text += "  chain out {\n    type nat hook postrouting priority srcnat - 10; policy accept;\n";
  for (const Bridge& bridge : bridges) {
    if (bridge.internal) continue;
    text += "    ip saddr " + to_text(bridge.subnet) + " oifname != { " + quoted(bridge.name) + ", " + mesh +
            " } masquerade\n";
  }
  text += ipv6.out + "  }\n}\n";

  // Proxy ARP would tell each container about all that the host has a route to. Only questions
  // are dropped: the host asks with whatever address of its own the packet has, and needs the answer.
  text += "table arp " + std::string(table) +
          " {\n  chain input {\n    type filter hook input priority filter; policy accept;\n";
  for (const Bridge& bridge : bridges)
    text += "    iifname " + quoted(bridge.name) + " arp operation request arp daddr ip != " +
            to_text(bridge.subnet) + " drop\n";
  return {text + "  }\n}\n", who, {}, !ipv6.sets.empty()};
}

}  // namespace kontena::overlay
