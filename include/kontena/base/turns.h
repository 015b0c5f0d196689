#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace kontena {

// A thread on which many take turns, in a time of its own: the simulation, which
// runs a whole cluster on one. On such a thread a Synced and a Loop wait, and start,
// by it; on every other thread they use the system's own means.
class Turns {
 public:
  virtual ~Turns() = default;

  // The thread's, or null.
  static Turns* here() { return here_; }

  // Gives the turn away until `ready()` or for so long; tells whether it became
  // ready. It is asked again when notify(on) is called. May leave by an exception:
  // that of who ends this one here.
  virtual bool wait(const void* on, std::chrono::milliseconds limit, const std::function<bool()>& ready) = 0;
  virtual void notify(const void* on) = 0;

  // One that takes turns. Its end asks it to stop, and waits until it has.
  class Started {
   public:
    virtual ~Started() = default;
  };
  virtual std::unique_ptr<Started> start(const std::string& name, std::function<void(std::stop_token)> body) = 0;

 protected:
  static inline constinit thread_local Turns* here_ = nullptr;
};

}  // namespace kontena
