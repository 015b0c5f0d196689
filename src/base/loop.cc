#include "kontena/base/loop.h"

#include <algorithm>
#include <exception>

#include "kontena/base/log.h"

namespace kontena {

void Loop::wake() {
  {
    std::lock_guard lock(mutex_);
    wake_ = true;
  }
  woken_.notify_one();
}

void Loop::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Loop::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    try {
      step_();
    } catch (const std::exception& e) {
      log::error("a step failed", {{"loop", name_}, {"reason", e.what()}});
    }
    std::unique_lock lock(mutex_);
    // A longer period would overflow when the clock adds it.
    const auto period = std::min<Duration>(period_, std::chrono::hours(24 * 365));
    woken_.wait_for(lock, stop, period, [this] { return wake_; });
    wake_ = false;
  }
}

}  // namespace kontena
