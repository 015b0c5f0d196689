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

// A set of (bridge, address). An empty one has no `elements`, which nft would not take.
std::string set_of(std::string_view name, const std::set<std::pair<std::string, Ipv4>>& members) {
  std::string text = "  set " + std::string(name) + " {\n    type ifname . ipv4_addr\n";
  if (!members.empty()) {
    text += "    elements = {";
    std::string_view comma = " ";
    for (const auto& [bridge, address] : members) {
      text.append(comma).append(quoted(bridge)).append(" . ").append(to_text(address));
      comma = ", ";
    }
    text += " }\n";
  }
  return text + "  }\n";
}

}  // namespace

std::string rules(const std::vector<Bridge>& bridges, const std::set<std::pair<std::string, Ipv4>>& local,
                  const std::set<std::pair<std::string, Ipv4>>& remote) {
  const std::string mesh = quoted(device), any = quoted(std::string(bridge_prefix) + '*');
  const std::string let = "meta mark set meta mark & " + hex(~mark_mask) + " | " + hex(mark) + " accept\n";
  // All at once: the old table is there until the new one is.
  std::string text = "table inet kontena\ndelete table inet kontena\ntable inet kontena {\n";
  text += set_of("local", local) + set_of("remote", remote);

  text += "  chain forward {\n    type filter hook forward priority filter - 10; policy accept;\n";
  text += "    oifname " + mesh + " tcp flags syn tcp option maxseg size set rt mtu\n";
  text += "    iifname " + mesh + " oifname . ip daddr @local oifname . ip saddr @remote " + let;
  text += "    oifname " + mesh + " iifname . ip saddr @local iifname . ip daddr @remote " + let;
  text += "    iifname " + mesh + " drop\n    oifname " + mesh + " drop\n";
  for (const Bridge& bridge : bridges) text += "    iifname " + quoted(bridge.name) + " oifname " + any + " oifname != " + quoted(bridge.name) + " drop\n";
  text += "  }\n";

  text += "  chain input {\n    type filter hook input priority filter - 10; policy accept;\n";
  text += "    iifname " + mesh + " ct state established,related accept\n";
  text += "    iifname " + mesh + " icmp type echo-request accept\n    iifname " + mesh + " drop\n  }\n";

  text += "  chain out {\n    type nat hook postrouting priority srcnat - 10; policy accept;\n";
  for (const Bridge& bridge : bridges) {
    if (bridge.internal) continue;
    text += "    ip saddr " + to_text(bridge.subnet) + " oifname != { " + quoted(bridge.name) + ", " + mesh + " } masquerade\n";
  }
  return text + "  }\n}\n";
}

}  // namespace kontena::overlay
