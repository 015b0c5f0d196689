#include "ipv6.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "kontena/base/files.h"
#include "kontena/base/log.h"
#include "kontena/netlink/sysctl.h"
#include "kontena/overlay/plan.h"
#include "mesh_mtu.h"

namespace kontena::agent {
namespace {

bool is(const std::vector<std::string>& path, std::string_view value) {
  const auto read = netlink::sysctl(path, netlink::ipv6_settings);
  return read && *read == value;
}

Status set(const std::vector<std::string>& path, std::string_view value) {
  KTN_TRY([[maybe_unused]] const bool changed, netlink::set_sysctl(path, value, netlink::ipv6_settings));
  return Done{};
}

// The names in /proc/sys/net/ipv6/conf that are interfaces'.
std::vector<std::string> interfaces() {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(std::string(netlink::ipv6_settings) + "/conf", failed), end; !failed && at != end; at.increment(failed))
    if (std::string name = at->path().filename(); name != "all" && name != "default") names.push_back(std::move(name));
  return names;
}

template <class T>
std::vector<T> without(const std::vector<T>& all, const std::vector<T>& some) {
  std::vector<T> left;
  std::ranges::set_difference(all, some, std::back_inserter(left));
  return left;
}

}  // namespace

bool host_has_ipv6() { return files::exists("/proc/net/if_inet6") && is({"conf", "all", "disable_ipv6"}, "0"); }

Status forward_ipv6() {
  if (!host_has_ipv6())
    return Error{Code::failed_precondition, "this host has IPv6 switched off, and a network of its containers is to have it",
                 "sysctl -w net.ipv6.conf.all.disable_ipv6=0, or boot without ipv6.disable=1; or take enable_ipv6 from the network"};
  if (is({"conf", "all", "forwarding"}, "1")) return Done{};
  for (const std::string& name : interfaces()) {
    if (!is({"conf", name, "accept_ra"}, "1") || !is({"conf", name, "forwarding"}, "0")) continue;
    // One that is gone by now needs nothing.
    const Status heard = set({"conf", name, "accept_ra"}, "2");
    if (!heard && heard.error().code != Code::not_found) return heard;
  }
  KTN_OK(set({"conf", "all", "forwarding"}, "1"));
  log::info("this host forwards IPv6 from now on, for a network with enable_ipv6; it goes on hearing its routers");
  return Done{};
}

Status prepare_bridge6(const std::string& bridge) {
  KTN_OK(set({"conf", bridge, "proxy_ndp"}, "1"));
  // Whether they are still there is asked of them directly, for which the kernel looks here alone.
  KTN_OK(set({"conf", "all", "proxy_ndp"}, "1"));
  return set({"neigh", bridge, "proxy_delay"}, "0");
}

Result<model::Strings> mend_ipv6(netlink::Links& links, const overlay::Wanted& wanted, const Mtus& mtus, int mesh_link) {
  model::Strings mended;
  std::vector<netlink::Route6> routes;
  for (const auto& [node, peer] : wanted.peers) {
    const auto shorter = mtus.peers.find(node);
    for (const Subnet6& to : peer.allowed6) routes.push_back({to, mesh_link, shorter == mtus.peers.end() ? 0 : shorter->second});
  }
  std::ranges::sort(routes);
  if (wanted.rules.ipv6) {
    KTN_OK(forward_ipv6());
    KTN_OK(set({"conf", std::string(overlay::device), "disable_ipv6"}, "0"));
  }
  KTN_TRY(const auto has, links.routes6(mesh_link));
  const auto gone = without(has, routes), missing = without(routes, has);
  const auto is_other_mtu = [&](const netlink::Route6& route) {
    return std::ranges::any_of(has, [&](const netlink::Route6& other) { return other.to == route.to; });
  };
  // Of one that only has another MTU the new one takes the place: it is not to go first.
  std::vector<netlink::Route6> removed;
  std::ranges::copy_if(gone, std::back_inserter(removed), [&](const netlink::Route6& route) {
    return std::ranges::none_of(missing, [&](const netlink::Route6& other) { return other.to == route.to; });
  });
  if (!removed.empty() || !missing.empty()) {
    if (!removed.empty() || !std::ranges::all_of(missing, is_other_mtu)) mended.push_back("IPv6 routes");
    KTN_OK(links.change_routes6(removed, missing));
  }
  for (const overlay::Bridge& bridge : wanted.bridges) {
    if (!bridge.subnet6) continue;
    const auto link = links.find(bridge.name);
    if (!link && link.error().code == Code::not_found) continue;  // Docker makes it when it is needed
    if (!link) return link.error();
    KTN_OK(prepare_bridge6(bridge.name));
    std::vector<Ipv6> proxies;
    for (const auto& [name, address] : wanted.rules.who.remote6)
      if (name == bridge.name) proxies.push_back(address);  // in order
    KTN_TRY(const auto answers, links.proxies(link->index));
    const auto too_many = without(answers, proxies), lacking = without(proxies, answers);
    if (too_many.empty() && lacking.empty()) continue;
    mended.push_back("IPv6 neighbours on " + bridge.name);
    KTN_OK(links.change_proxies(link->index, too_many, lacking));
  }
  return mended;
}

}  // namespace kontena::agent
