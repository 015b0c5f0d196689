// The routes of links.h.
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "links_state.h"

namespace kontena::netlink {
namespace {

Message about_route(const RouteChange& change) {
  const bool replace = change.kind == RouteChange::Kind::replace;
  const Route& route = change.route;
  rtmsg fixed{};
  fixed.rtm_family = AF_INET;
  fixed.rtm_dst_len = static_cast<std::uint8_t>(route.to.bits);
  fixed.rtm_table = RT_TABLE_MAIN;
  fixed.rtm_protocol = Links::our_protocol;
  fixed.rtm_scope = replace ? RT_SCOPE_LINK : RT_SCOPE_NOWHERE;
  fixed.rtm_type = RTN_UNICAST;
  Message message(replace ? RTM_NEWROUTE : RTM_DELROUTE, replace ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  message.fixed(fixed).put_ipv4(RTA_DST, route.to.base.value);
  message.put_u32(RTA_OIF, static_cast<std::uint32_t>(route.link));
  // The kernel replaces by prefix and metric, whoever's the route is: with a metric
  // of our own it finds only ours.
  message.put_u32(RTA_PRIORITY, Links::our_protocol);
  if (replace && route.source) message.put_ipv4(RTA_PREFSRC, route.source->value);
  if (replace && route.mtu > 0) {
    const auto nest = message.open(RTA_METRICS);
    message.put_u32(RTAX_MTU, static_cast<std::uint32_t>(route.mtu));
    message.close(nest);
  }
  return message;
}

bool is_valid(const Route& route) { return route.link > 0 && route.to.bits >= 0 && route.to.bits <= 32; }

}  // namespace

int mtu_in(const Attribute& metrics) {
  for (const Attribute& metric : attributes(metrics.value))
    if (metric.type == RTAX_MTU) return metric.number<int>().value_or(0);
  return 0;
}

Result<std::vector<std::string>> our_routes(Socket& socket, unsigned char family, int link) {
  rtmsg fixed{};
  fixed.rtm_family = family;
  fixed.rtm_table = RT_TABLE_MAIN;
  fixed.rtm_protocol = Links::our_protocol;
  fixed.rtm_type = RTN_UNICAST;
  Message message(RTM_GETROUTE, 0);
  // The kernel filters by these where it can (since 4.20), and we do once more.
  message.fixed(fixed).put_u32(RTA_TABLE, RT_TABLE_MAIN).put_u32(RTA_OIF, static_cast<std::uint32_t>(link));
  auto payloads = socket.dump(std::move(message));
  // A namespace in which no route was ever set has no main table yet.
  if (!payloads && payloads.error().code == Code::not_found &&
      payloads.error().message.find("FIB table") != std::string::npos)
    return std::vector<std::string>{};
  if (!payloads) return std::move(payloads).error().in("listing the routes by link " + std::to_string(link));
  std::erase_if(*payloads, [&](std::string_view payload) {
    const auto head = take_fixed<rtmsg>(payload);
    if (head.rtm_family != family || head.rtm_protocol != Links::our_protocol || head.rtm_type != RTN_UNICAST ||
        head.rtm_table != RT_TABLE_MAIN || (head.rtm_flags & RTM_F_CLONED))
      return true;
    return std::ranges::none_of(attributes(payload), [&](const Attribute& attribute) {
      return attribute.type == RTA_OIF && attribute.number<int>().value_or(0) == link;
    });
  });
  return *std::move(payloads);
}

Result<std::vector<Route>> Links::routes(int link) {
  KTN_TRY(auto payloads, our_routes(state_->socket, AF_INET, link));
  std::vector<Route> routes;
  for (std::string_view payload : payloads) {
    const auto head = take_fixed<rtmsg>(payload);
    Route route{{{}, head.rtm_dst_len}, link, std::nullopt, 0};
    for (const Attribute& attribute : attributes(payload)) switch (attribute.type) {
        case RTA_DST:
          route.to.base.value = attribute.ipv4().value_or(0);
          break;
        case RTA_PREFSRC:
          if (const auto source = attribute.ipv4()) route.source = Ipv4{*source};
          break;
        case RTA_METRICS:
          route.mtu = mtu_in(attribute);
          break;
        default:
          break;
      }
    routes.push_back(route);
  }
  std::sort(routes.begin(), routes.end());
  return routes;
}

Status Links::change_routes(std::span<const RouteChange> changes) {
  std::vector<Message> messages;
  messages.reserve(changes.size());
  for (const RouteChange& change : changes) {
    if (!is_valid(change.route))
      return Error{Code::invalid_argument,
                   to_text(change.route.to) + " by link " + std::to_string(change.route.link) + " cannot be a route"};
    messages.push_back(about_route(change));
  }
  KTN_TRY(auto errors, state_->socket.change_all(messages));
  std::optional<Error> first;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const bool replace = changes[i].kind == RouteChange::Kind::replace;
    if (!errors[i] || (!replace && errors[i]->code == Code::not_found)) continue;
    ++failed;
    if (first) continue;
    first = (*std::move(errors[i]))
                .in((replace ? "setting the route to " : "removing the route to ") + to_text(changes[i].route.to));
  }
  if (!first) return Done{};
  if (failed > 1) first->message += " (and " + std::to_string(failed - 1) + " more routes failed)";
  return *std::move(first);
}

Result<int> Links::path_mtu(const std::string& address) {
  std::array<char, sizeof(in6_addr)> bytes{};
  const bool four = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!four && ::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1)
    return Error{Code::invalid_argument, "'" + address + "' is not an address"};
  const std::size_t size = four ? sizeof(in_addr) : sizeof(in6_addr);
  rtmsg fixed{};
  fixed.rtm_family = four ? AF_INET : AF_INET6;
  fixed.rtm_dst_len = static_cast<std::uint8_t>(size * 8);
  Message message(RTM_GETROUTE, 0);
  message.fixed(fixed).put(RTA_DST, std::string_view(bytes.data(), size));
  auto answer = state_->socket.ask(std::move(message));
  if (!answer) return std::move(answer).error().in("looking for the way to " + address);
  std::string_view payload = *answer;
  take_fixed<rtmsg>(payload);
  int link = 0, mtu = 0;
  for (const Attribute& attribute : attributes(payload)) {
    if (attribute.type == RTA_OIF) link = attribute.number<int>().value_or(0);
    if (attribute.type == RTA_METRICS) mtu = mtu_in(attribute);
  }
  if (mtu > 0) return mtu;
  ifinfomsg by_index{};
  by_index.ifi_index = link;
  Message question(RTM_GETLINK, 0);
  question.fixed(by_index);
  auto found = state_->socket.ask(std::move(question));
  if (!found) return std::move(found).error().in("looking at the link to " + address);
  std::string_view about = *found;
  take_fixed<ifinfomsg>(about);
  for (const Attribute& attribute : attributes(about))
    if (attribute.type == IFLA_MTU) mtu = attribute.number<int>().value_or(0);
  if (mtu <= 0) return Error{Code::not_found, "the link to " + address + " does not tell its MTU"};
  return mtu;
}

}  // namespace kontena::netlink
