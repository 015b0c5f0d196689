#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace kontena {

// Whether a loop gets on: what the service manager's watchdog is told by. Waiting for
// something to do is getting on; waiting for a lock that nobody gives back, or working
// on one thing for ever, is not.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // How long its thread has worked without a word; 0 while it waits.
  std::chrono::milliseconds busy() const;
  void note() { at_ = Clock::now().time_since_epoch().count(); }

  // That of the loop whose thread this is, if any, gets on: said in the midst of a long step.
  static void noted() {
    if (here_) here_->note();
  }

  // This thread is that loop's, for as long as this lives.
  class Here {
   public:
    explicit Here(Progress& progress);
    ~Here();
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;
  };

  // This thread waits, for as long as this lives.
  class Waiting {
   public:
    Waiting() : on_(here_) {
      if (on_) on_->waiting_ = true;
    }
    ~Waiting() {
      if (!on_) return;
      on_->note();
      on_->waiting_ = false;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Progress* const on_;
  };

 private:
  static inline constinit thread_local Progress* here_ = nullptr;

  std::atomic<Clock::rep> at_{0};
  std::atomic<bool> waiting_{true};  // until it has begun
};

// No call of ours takes longer than this, however slow the disk or the engine.
inline constexpr std::chrono::minutes stuck_after{6};

}  // namespace kontena
