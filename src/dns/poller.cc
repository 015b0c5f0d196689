#include "poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "kontena/base/progress.h"

namespace kontena::dns {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

Poller::Watch Poller::watch(const Fd& fd, std::uint32_t events, Ready ready) {
  epoll_event event{.events = events, .data = {.u64 = last_ + 1}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return 0;
  watches_.emplace(++last_, std::make_shared<const Ready>(std::move(ready)));
  return last_;
}

void Poller::change(Watch watch, const Fd& fd, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = watch}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd.get(), &event);
}

void Poller::forget(Watch watch, const Fd& fd) {
  if (watches_.erase(watch) > 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd.get(), nullptr);
}

void Poller::run_once(Duration limit) {
  std::array<epoll_event, 64> events;
  int count = 0;
  {
    const Progress::Waiting waiting;
    count = ::epoll_wait(epoll_.get(), events.data(), events.size(),
                         static_cast<int>(std::max<Duration::rep>(0, limit.count())));
  }
  for (int i = 0; i < count; ++i) {
    const auto found = watches_.find(events[i].data.u64);
    if (found == watches_.end()) continue;
    const auto ready = found->second;  // it may forget itself
    (*ready)(events[i].events);
  }
}

}  // namespace kontena::dns
