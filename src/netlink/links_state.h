#pragma once

#include "kontena/netlink/links.h"
#include "socket.h"

namespace kontena::netlink {

struct Links::State {
  Socket socket;
};

// The routes of our protocol in the main table by that link, as the kernel tells them: an rtmsg and its attributes
// each.
Result<std::vector<std::string>> our_routes(Socket&, unsigned char family, int link);
int mtu_in(const Attribute& metrics);  // of RTA_METRICS; 0: none

}  // namespace kontena::netlink
