#pragma once

#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"

// WireGuard in a process of its own (wireguard-go), for kernels without it.
namespace kontena::netlink {

// Where these processes have their sockets: wireguard-go has it built in.
inline constexpr const char* wireguard_sockets = "/var/run/wireguard";

// Where wireguard-go is installed; Code::failed_precondition where it is not.
Result<std::string> find_wireguard_go();

// Starts `program` for a device that it makes, and waits until its socket answers. The
// process outlives us: it has a session of its own and none of our descriptors. It is
// of the network namespace of the calling thread. Code::already_exists where one is alive.
Status start_wireguard(const std::string& program, const std::string& device, Duration at_most = Duration(10'000));

// Whether the process of a device answers on its socket.
bool wireguard_alive(const std::string& device);

// Ends the process by taking its socket away, and waits until the device that goes with
// it is gone. What is not there is stopped already.
Status stop_wireguard(const std::string& device, Duration at_most = Duration(10'000));

}  // namespace kontena::netlink
