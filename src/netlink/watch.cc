#include "kontena/netlink/watch.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "descriptor.h"
#include "fault.h"

namespace kontena::netlink {

struct Watch::State {
  Descriptor socket;
  Descriptor woken;
};

Watch::Watch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

Result<Watch> Watch::open() {
  State state;
  state.woken = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state.woken) return fault(errno).in("opening an event");
  state.socket = Descriptor(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
  if (!state.socket || ::bind(state.socket.number(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0)
    return fault(errno).in("listening to changes of the network");
  return Watch(std::make_unique<State>(std::move(state)));
}

Result<bool> Watch::wait(Duration at_most) {
  using Steady = std::chrono::steady_clock;
  const auto until = Steady::now() + at_most;
  for (;;) {
    std::array<pollfd, 2> waiting{{{state_->socket.number(), POLLIN, 0}, {state_->woken.number(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<Duration>(until - Steady::now()).count();
    const int ready =
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
    if (ready < 0 && errno != EINTR) return fault(errno).in("waiting for changes of the network");
    if (ready == 0) return false;
    if (ready < 0) continue;

    // All that is there is one "something changed": whoever hears it reads the state anew.
    bool changed = false;
    while (waiting[0].revents != 0) {
      char rest[64];
      const auto got = ::recv(state_->socket.number(), rest, sizeof rest, MSG_TRUNC);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) break;
      if (got < 0 && errno != ENOBUFS) return fault(errno).in("hearing changes of the network");
      changed = true;
    }
    if (changed) return true;
    if (waiting[1].revents != 0) {
      std::uint64_t count = 0;
      if (::read(state_->woken.number(), &count, sizeof count) > 0) return false;
    }
  }
}

void Watch::wake() {
  const std::uint64_t one = 1;
  // It fails only where so many are waiting already that one more makes no difference.
  [[maybe_unused]] const auto written = ::write(state_->woken.number(), &one, sizeof one);
}

}  // namespace kontena::netlink
