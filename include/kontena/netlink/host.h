#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kontena/base/ipv4.h"
#include "kontena/base/result.h"

// What others have made of this host: looked at, never changed.
namespace kontena::netlink {

// An IPv4 route of whomever, of the main or any other table but the kernel's own.
struct HostRoute {
  Subnet to;
  std::string device;  // "" = to nowhere (blackhole, unreachable), or by several
  std::optional<Ipv4> gateway;
  bool ours = false;
};
Result<std::vector<HostRoute>> host_routes();

// What a program of the system's prints, found by its name; nothing of it may change
// anything. Code::failed_precondition where it is not installed or does not end well.
Result<std::string> printed_by(const std::vector<std::string>& argv);

// The kernel makes a WireGuard device, or a table of rules, and it is taken away again.
// Code::unsupported where it cannot.
Status try_kernel_wireguard();
Status try_rules();

// Whether nobody has this UDP port. Code::failed_precondition where somebody has.
Status try_udp_port(int port);

}  // namespace kontena::netlink
