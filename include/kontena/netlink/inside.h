#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/ipv4.h"
#include "kontena/base/result.h"

// What a process in another network namespace finds when it tries: echoes, connections,
// questions. All of them are of the calling thread's namespace: call them inside().
namespace kontena::netlink {

// Where the network namespace of a process is.
std::string network_of(std::int64_t pid);

// Runs `act` on a thread of its own in that namespace, and waits for its end. Code::not_found
// where there is no such process (any more). `still`, on the calling thread, is asked once the
// namespace is at hand: false where the process's number has become another's meanwhile.
Status inside(const std::string& path, const std::function<void()>& act, const std::function<bool()>& still = {});

// Of packets towards an address: the MTU of the interface that they leave by.
Result<int> mtu_towards(Ipv4);

// ICMP echoes, one after the other, each waited for. `packet` is the whole packet's size
// in bytes; it is not to be cut into pieces on the way.
struct Echoes {
  int tried = 0;
  int answered = 0;
  std::int64_t best_us = 0;
  int path_mtu = 0;         // that somebody on the way told of, as it was too large; 0 = nobody
  std::string unreachable;  // … who said that it cannot get there, and why; "" = nobody
};
Result<Echoes> echo(Ipv4 to, int packet, int count, Duration each);

// A TCP connection, closed as soon as it is there.
struct Knock {
  enum class Door { open, refused, silent, unreachable };
  Door door = Door::silent;
  std::string words;  // the kernel's, where it is not open
};
Knock knock(Ipv4 to, int port, Duration at_most);

// Sends a datagram, again after half of the time, and gives the first answer that `fits`;
// none where none came. Code::unavailable where its port is closed.
Result<std::optional<std::string>> exchange(Ipv4 to, int port, std::string_view question, Duration at_most,
                                            const std::function<bool(std::string_view)>& fits);

// The local addresses on which something listens at a TCP port, from the text of
// /proc/PID/net/tcp or tcp6: "0.0.0.0", "127.0.0.1", "::", "::1". Pure.
std::vector<std::string> listeners(std::string_view text, int port);

}  // namespace kontena::netlink
