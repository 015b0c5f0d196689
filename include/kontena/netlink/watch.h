#pragma once

#include <memory>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"

namespace kontena::netlink {

// Hears that links, their IPv4 addresses, IPv4 routes or nftables' rules (iptables-nft's
// too) of this network namespace have changed, whoever changed them (so ours as well),
// from open() on. The legacy form of iptables tells nobody.
class Watch {
 public:
  static Result<Watch> open();
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  ~Watch();

  // True as soon as something has changed since the last call, however much; that
  // more changed than the kernel could tell counts as such. False after `at_most`,
  // or after wake(). For one thread.
  Result<bool> wait(Duration at_most);

  // Whether what wait() has heard of since the last call was about rules as well; true
  // always where the kernel does not tell.
  bool rules_changed();

  // Counts what was said about rules until now as heard: after a change of one's own.
  void forget_rules();

  // Likewise, whether it was about addresses of this host as well.
  bool addresses_changed();

  // Ends a wait() that is, or the next one. From any thread.
  void wake();

 private:
  struct State;
  explicit Watch(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace kontena::netlink
