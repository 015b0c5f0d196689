#pragma once

#include "kontena/netlink/links.h"
#include "socket.h"

namespace kontena::netlink {

struct Links::State {
  Socket socket;
};

}  // namespace kontena::netlink
