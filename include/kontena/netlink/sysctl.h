#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"

// The kernel's IPv4 settings, /proc/sys/net/ipv4, or with another root its IPv6 ones, of this network namespace. A path
// is given in pieces, so that the name of a link may have dots: {"conf", link, "proxy_arp"}.
namespace kontena::netlink {

inline constexpr const char* ipv4_settings = "/proc/sys/net/ipv4";
inline constexpr const char* ipv6_settings = "/proc/sys/net/ipv6";

// Without the line's end. Code::not_found where there is no such setting or link.
Result<std::string> sysctl(const std::vector<std::string>& path, const char* root = ipv4_settings);

// Writes only where it is another value; true: it was.
Result<bool> set_sysctl(const std::vector<std::string>& path, std::string_view value,
                        const char* root = ipv4_settings);

}  // namespace kontena::netlink
