#include "kontena/netlink/watch.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "descriptor.h"
#include "fault.h"

namespace kontena::netlink {

struct Watch::State {
  Descriptor socket;
  Descriptor rules;      // of nftables; none where the kernel has none
  Descriptor addresses;  // which the first hears of too: this one only tells that it was about them
  Descriptor woken;
  bool rules_changed = false;
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
  Descriptor addresses(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  groups.nl_groups = RTMGRP_IPV4_IFADDR;
  if (!addresses || ::bind(addresses.number(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0)
    return fault(errno).in("listening to changes of addresses");
  state.addresses = std::move(addresses);
  Descriptor rules(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
  groups.nl_groups = 1u << (NFNLGRP_NFTABLES - 1);
  if (rules && ::bind(rules.number(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) == 0)
    state.rules = std::move(rules);
  return Watch(std::make_unique<State>(std::move(state)));
}

namespace {

// Takes all that is there: it is one "something changed", and whoever hears it reads
// the state anew.
Result<bool> drain(const Descriptor& socket) {
  for (bool changed = false;;) {
    char rest[64];
    const auto got = ::recv(socket.number(), rest, sizeof rest, MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return changed;
    if (got < 0 && errno != ENOBUFS) return fault(errno).in("hearing changes of the network");
    changed = true;
  }
}

}  // namespace

bool Watch::rules_changed() { return std::exchange(state_->rules_changed, false) || !state_->rules; }

void Watch::forget_rules() {
  // What cannot be taken is heard by the next wait().
  if (state_->rules && drain(state_->rules)) state_->rules_changed = false;
}

bool Watch::addresses_changed() {
  const auto heard = drain(state_->addresses);
  return !heard || *heard;
}

Result<bool> Watch::wait(Duration at_most) {
  using Steady = std::chrono::steady_clock;
  const auto until = Steady::now() + at_most;
  for (;;) {
    // One without a number is passed over.
    const int rules = state_->rules ? state_->rules.number() : -1;
    std::array<pollfd, 3> waiting{
        {{state_->socket.number(), POLLIN, 0}, {rules, POLLIN, 0}, {state_->woken.number(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<Duration>(until - Steady::now()).count();
    const int ready =
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
    if (ready < 0 && errno != EINTR) return fault(errno).in("waiting for changes of the network");
    if (ready == 0) return false;
    if (ready < 0) continue;

    bool changed = false;
    if (waiting[0].revents != 0) {
      KTN_TRY(changed, drain(state_->socket));
    }
    if (waiting[1].revents != 0) {
      KTN_TRY(const bool other, drain(state_->rules));
      state_->rules_changed = state_->rules_changed || other;
      changed = changed || other;
    }
    if (changed) return true;
    if (waiting[2].revents != 0) {
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
