#include "kontena/netlink/host.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "descriptor.h"
#include "fault.h"
#include "kontena/netlink/links.h"
#include "kontena/netlink/rules.h"
#include "message.h"
#include "run.h"
#include "socket.h"

namespace kontena::netlink {
namespace {

constexpr Duration longest_look{5'000};
constexpr const char* trial = "kontena-check";

}  // namespace

Result<std::vector<HostRoute>> host_routes() {
  KTN_TRY(auto links, Links::open());
  KTN_TRY(const auto all, links.list());
  std::map<int, std::string> names;
  for (const Link& link : all) names[link.index] = link.name;

  KTN_TRY(auto socket, Socket::open(NETLINK_ROUTE));
  rtmsg fixed{};
  fixed.rtm_family = AF_INET;
  Message message(RTM_GETROUTE, 0);
  message.fixed(fixed);
  auto payloads = socket.dump(std::move(message));
  if (!payloads) return std::move(payloads).error().in("listing the routes");
  std::vector<HostRoute> routes;
  for (std::string_view payload : *payloads) {
    const auto head = take_fixed<rtmsg>(payload);
    // The kernel's own table has each address of the host; those are looked at as addresses.
    if (head.rtm_family != AF_INET || head.rtm_table == RT_TABLE_LOCAL || (head.rtm_flags & RTM_F_CLONED)) continue;
    HostRoute route{.to = {{}, head.rtm_dst_len}, .ours = head.rtm_protocol == Links::our_protocol};
    for (const Attribute& attribute : attributes(payload)) switch (attribute.type) {
        case RTA_DST:
          route.to.base.value = attribute.ipv4().value_or(0);
          break;
        case RTA_OIF:
          if (const auto name = names.find(attribute.number<int>().value_or(0)); name != names.end()) route.device = name->second;
          break;
        case RTA_GATEWAY:
          if (const auto gateway = attribute.ipv4()) route.gateway = Ipv4{*gateway};
          break;
        default:
          break;
      }
    routes.push_back(std::move(route));
  }
  return routes;
}

Result<std::string> printed_by(const std::vector<std::string>& argv) {
  std::vector<std::string> command = argv;
  command[0] = find_program(argv[0]);
  if (command[0].empty()) return Error{Code::failed_precondition, "the program " + argv[0] + " is not installed"};
  KTN_TRY(const Output output, run(command, {}, {longest_look, 4u << 20}));
  if (output.status == 0) return output.out;
  const std::string said(output.complaint());
  return Error{Code::failed_precondition, argv[0] + ": " + (said.empty() ? "status " + std::to_string(output.status) : said)};
}

Status try_kernel_wireguard() {
  KTN_TRY(auto links, Links::open());
  auto made = links.create_wireguard(trial);
  if (!made && made.error().code != Code::already_exists) return std::move(made).error();
  return links.remove(trial);
}

Status try_rules() {
  KTN_TRY(const Nft nft, Nft::find());
  // What the real table needs: sets of addresses in a concatenation, marks and NAT.
  return nft.apply(
      "table inet kontena-check\n"
      "delete table inet kontena-check\n"
      "table inet kontena-check {\n"
      "  set local { type ifname . ipv4_addr; elements = { \"kn0\" . 192.0.2.1 } }\n"
      "  chain forward { type filter hook forward priority filter - 10; iifname . ip saddr @local meta mark set 0x4b000000 accept; }\n"
      "  chain out { type nat hook postrouting priority srcnat; oifname \"kontena-check\" masquerade; }\n"
      "}\n"
      "delete table inet kontena-check\n");
}

Status try_udp_port(int port) {
  const Descriptor four(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = ::htons(static_cast<std::uint16_t>(port));
  if (!four || ::bind(four.number(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return fault(errno).in("taking UDP port " + std::to_string(port));
  return Done{};
}

}  // namespace kontena::netlink
