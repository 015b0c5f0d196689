#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "kontena/base/clock.h"
#include "socket.h"

namespace kontena::dns {

// What is ready, and who wants to know. For one thread.
class Poller {
 public:
  using Ready = std::function<void(std::uint32_t events)>;
  using Watch = std::uint64_t;  // never the same twice, so a late event finds nobody

  Poller();
  bool ok() const { return static_cast<bool>(epoll_); }

  // 0 where the kernel has no room for it.
  Watch watch(const Fd&, std::uint32_t events, Ready);
  void change(Watch, const Fd&, std::uint32_t events);
  void forget(Watch, const Fd&);  // before the descriptor is closed; also from within its own Ready

  // Waits for at most so long, and tells those concerned.
  void run_once(Duration limit);

 private:
  Fd epoll_;
  Watch last_ = 0;
  std::unordered_map<Watch, std::shared_ptr<const Ready>> watches_;
};

}  // namespace kontena::dns
