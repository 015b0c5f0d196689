// The IPv6 part of links.h: routes, and addresses that a link answers for.
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "links_state.h"

namespace kontena::netlink {
namespace {

Message about_route(const Route6& route, bool put) {
  rtmsg fixed{};
  fixed.rtm_family = AF_INET6;
  fixed.rtm_dst_len = static_cast<std::uint8_t>(route.to.bits);
  fixed.rtm_table = RT_TABLE_MAIN;
  fixed.rtm_protocol = Links::our_protocol;
  fixed.rtm_scope = RT_SCOPE_UNIVERSE;  // IPv6 has no other
  fixed.rtm_type = RTN_UNICAST;
  Message message(put ? RTM_NEWROUTE : RTM_DELROUTE, put ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  message.fixed(fixed).put(RTA_DST, bytes_of(route.to.base));
  message.put_u32(RTA_OIF, static_cast<std::uint32_t>(route.link)).put_u32(RTA_PRIORITY, Links::our_protocol);
  if (!put || route.mtu <= 0) return message;
  const auto nest = message.open(RTA_METRICS);
  message.put_u32(RTAX_MTU, static_cast<std::uint32_t>(route.mtu));
  message.close(nest);
  return message;
}

Message about_proxy(int link, Ipv6 address, bool put) {
  ndmsg fixed{};
  fixed.ndm_family = AF_INET6;
  fixed.ndm_ifindex = link;
  fixed.ndm_flags = NTF_PROXY;
  Message message(put ? RTM_NEWNEIGH : RTM_DELNEIGH, put ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  message.fixed(fixed).put(NDA_DST, bytes_of(address));
  return message;
}

// All of them are tried; what is to go and is gone already is done.
Status carry_out(Socket& socket, const std::vector<Message>& messages, std::size_t removals, const char* doing) {
  KTN_TRY(auto errors, socket.change_all(messages));
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (errors[i] && !(i < removals && errors[i]->code == Code::not_found)) return (*std::move(errors[i])).in(doing);
  return Done{};
}

}  // namespace

Result<std::vector<Route6>> Links::routes6(int link) {
  KTN_TRY(auto payloads, our_routes(state_->socket, AF_INET6, link));
  std::vector<Route6> routes;
  for (std::string_view payload : payloads) {
    const auto head = take_fixed<rtmsg>(payload);
    Route6 route{{{}, head.rtm_dst_len}, link, 0};
    for (const Attribute& attribute : attributes(payload)) {
      if (attribute.type == RTA_DST && attribute.value.size() == 16) route.to.base = ipv6_of(attribute.value);
      if (attribute.type == RTA_METRICS) route.mtu = mtu_in(attribute);
    }
    routes.push_back(route);
  }
  std::ranges::sort(routes);
  return routes;
}

Status Links::change_routes6(std::span<const Route6> gone, std::span<const Route6> put) {
  std::vector<Message> messages;
  for (const Route6& route : gone) messages.push_back(about_route(route, false));
  for (const Route6& route : put) messages.push_back(about_route(route, true));
  return carry_out(state_->socket, messages, gone.size(), "setting IPv6 routes");
}

Result<std::vector<Ipv6>> Links::proxies(int link) {
  ndmsg fixed{};
  fixed.ndm_family = AF_INET6;
  fixed.ndm_flags = NTF_PROXY;
  Message message(RTM_GETNEIGH, 0);
  message.fixed(fixed);
  auto payloads = state_->socket.dump(std::move(message));
  if (!payloads)
    return std::move(payloads).error().in("listing the addresses that link " + std::to_string(link) + " answers for");
  std::vector<Ipv6> addresses;
  for (std::string_view payload : *payloads) {
    const auto head = take_fixed<ndmsg>(payload);
    if (head.ndm_family != AF_INET6 || head.ndm_ifindex != link || !(head.ndm_flags & NTF_PROXY)) continue;
    for (const Attribute& attribute : attributes(payload))
      if (attribute.type == NDA_DST && attribute.value.size() == 16) addresses.push_back(ipv6_of(attribute.value));
  }
  std::ranges::sort(addresses);
  return addresses;
}

Status Links::change_proxies(int link, std::span<const Ipv6> gone, std::span<const Ipv6> put) {
  std::vector<Message> messages;
  for (const Ipv6 address : gone) messages.push_back(about_proxy(link, address, false));
  for (const Ipv6 address : put) messages.push_back(about_proxy(link, address, true));
  return carry_out(state_->socket, messages, gone.size(), "answering for IPv6 addresses");
}

}  // namespace kontena::netlink
