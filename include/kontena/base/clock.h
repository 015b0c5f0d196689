#pragma once

#include <chrono>
#include <cstdint>

#include "kontena/base/synced.h"

namespace kontena {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

// Milliseconds since 1970 in UTC: how a Time is stored and sent. 0 means "never".
inline std::int64_t to_ms(Time time) { return time.time_since_epoch().count(); }
inline Time from_ms(std::int64_t ms) { return Time(Duration(ms)); }

// The only way to learn the time. Safe for use from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;        // may jump: for what people see and what is stored
  virtual Duration steady() const = 0; // never goes back; since an arbitrary start: for time-outs
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
  Duration steady() const override {
    return std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch());
  }
};

// Stands still until told to move. For tests and the simulation.
class ManualClock final : public Clock {
 public:
  Time now() const override {
    return state_.with([](const State& s) { return s.now; });
  }
  Duration steady() const override {
    return state_.with([](const State& s) { return s.steady; });
  }
  void advance(Duration by) {
    state_.with([&](State& s) { s.now += by, s.steady += by; });
  }
  void jump(Duration by) {  // the wall clock was set
    state_.with([&](State& s) { s.now += by; });
  }

 private:
  struct State {
    Time now{};
    Duration steady{};
  };
  mutable Synced<State> state_;
};

}  // namespace kontena
