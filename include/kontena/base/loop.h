#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "kontena/base/clock.h"
#include "kontena/base/progress.h"
#include "kontena/base/turns.h"

namespace kontena {

// Repeats one step: at once when woken, otherwise every `period`. A step looks
// at the whole state anew, so a lost or doubled wake does no harm. An exception
// that leaves a step is logged, and the loop goes on.
class Loop {
 public:
  Loop(std::string name, Duration period, std::function<void()> step)
      : name_(std::move(name)), period_(period), step_(std::move(step)) {}
  ~Loop() { stop(); }

  const std::string& name() const { return name_; }
  void wake();                     // from any thread
  void tick() { step_(); }         // one step, on the caller's thread: what tests and the simulation call
  void start();                    // runs on a thread of its own
  void stop();                     // ends that thread after the present step; may be called twice
  void run(std::stop_token stop);  // the body of that thread
  bool is_stuck() const { return progress_.busy() > stuck_after; }

 private:
  void pause(std::stop_token stop);  // until woken, or for the period

  const std::string name_;
  const Duration period_;
  const std::function<void()> step_;
  Progress progress_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool wake_ = false;  // guarded by mutex_
  std::jthread thread_;
  std::unique_ptr<Turns::Started> turn_;  // in place of the thread
};

}  // namespace kontena
