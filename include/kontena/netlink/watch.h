#pragma once

#include <memory>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"

namespace kontena::netlink {

// Hears that links, their IPv4 addresses or IPv4 routes of this network namespace
// have changed, whoever changed them (so ours as well), from open() on.
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

  // Ends a wait() that is, or the next one. From any thread.
  void wake();

 private:
  struct State;
  explicit Watch(std::unique_ptr<State>);
  std::unique_ptr<State> state_;
};

}  // namespace kontena::netlink
