#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "kontena/base/progress.h"
#include "kontena/base/turns.h"

namespace kontena {

// A value that can only be reached while its mutex is held. Never call out, and
// never do I/O, inside.
//   synced.with([](State& state) { state.seen += 1; });
template <class T>
class Synced {
 public:
  Synced() = default;
  explicit Synced(T value) : value_(std::move(value)) {}

  auto with(auto&& use) {
    std::lock_guard lock(mutex_);
    return use(value_);
  }

  // As with(), then wakes all who wait.
  auto change(auto&& use) {
    struct Wake {
      Synced& synced;
      ~Wake() {
        synced.changed_.notify_all();
        if (Turns* turns = Turns::here()) turns->notify(&synced);
      }
    } wake{*this};
    std::lock_guard lock(mutex_);
    return use(value_);
  }

  // Waits until `ready(value)` or for `limit`; tells whether it became ready.
  bool wait(std::chrono::milliseconds limit, auto&& ready) {
    if (Turns* turns = Turns::here()) return wait_by(*turns, limit, ready);
    std::unique_lock lock(mutex_);
    const Progress::Waiting waiting;
    return changed_.wait_for(lock, bounded(limit), [&] { return ready(value_); });
  }

  // As wait(), and in any case then uses the value under the same lock.
  auto wait_then(std::chrono::milliseconds limit, auto&& ready, auto&& use) {
    if (Turns* turns = Turns::here()) {
      wait_by(*turns, limit, ready);
      return with(use);  // nobody else has a turn between the two
    }
    std::unique_lock lock(mutex_);
    {
      const Progress::Waiting waiting;
      changed_.wait_for(lock, bounded(limit), [&] { return ready(value_); });
    }
    return use(value_);
  }

 private:
  bool wait_by(Turns& turns, std::chrono::milliseconds limit, auto& ready) {
    return turns.wait(this, bounded(limit), [&]() -> bool {
      std::lock_guard lock(mutex_);
      return ready(value_);
    });
  }

  // Longer ones overflow when the clock adds them, and would end at once.
  static std::chrono::milliseconds bounded(std::chrono::milliseconds limit) {
    return std::min<std::chrono::milliseconds>(limit, std::chrono::hours(24 * 365));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};  // a number starts at 0
};

}  // namespace kontena
