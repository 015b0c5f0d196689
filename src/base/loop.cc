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
  if (Turns* turns = Turns::here()) turns->notify(this);
}

void Loop::start() {
  if (Turns* turns = Turns::here()) {
    turn_ = turns->start(name_, [this](std::stop_token stop) { run(stop); });
    return;
  }
  thread_ = std::jthread([this](std::stop_token stop) {
    const Progress::Here here(progress_);
    run(stop);
  });
}

void Loop::stop() {
  turn_.reset();
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Loop::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Progress::noted();
    try {
      step_();
    } catch (const std::exception& e) {
      log::error("a step failed", {{"loop", name_}, {"reason", e.what()}});
    }
    pause(stop);
  }
}

void Loop::pause(std::stop_token stop) {
  // A longer one would overflow when the clock adds it.
  const auto period = std::min<Duration>(period_, std::chrono::hours(24 * 365));
  if (Turns* turns = Turns::here()) {
    const std::stop_callback wake(stop, [this, turns] { turns->notify(this); });
    turns->wait(this, period, [&] {
      std::lock_guard lock(mutex_);
      return wake_ || stop.stop_requested();
    });
    std::lock_guard lock(mutex_);
    wake_ = false;
    return;
  }
  std::unique_lock lock(mutex_);
  const Progress::Waiting waiting;
  woken_.wait_for(lock, stop, period, [this] { return wake_; });
  wake_ = false;
}

}  // namespace kontena
