#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"

namespace kontena::http {

// Runs each job on a thread of its own with a small stack, and no more than
// `most` at a time. Safe from any thread.
//
// Not a pool: beside a TLS handshake (a millisecond) the making of a thread (less
// than a tenth) is little, and a thread that is not there costs nothing.
class Crew {
 public:
  explicit Crew(std::size_t most) : most_(most) {}

  bool run(std::function<void()> job);  // false: there are `most`, or the system gives no more
  // Until no job runs and all threads have been joined; false where some still run.
  // REQUIRES: no run() beside it. Has to return true before the Crew goes.
  bool wait(Duration limit);

 private:
  struct Start;
  struct State {
    std::size_t running = 0;
    // Threads that are as good as gone: nothing is left to do but their thread-local
    // destructors (OpenSSL's). They are joined by the next to end, or by wait().
    std::vector<pthread_t> ended;
  };
  static void* body(void* start);
  void join_ended();

  const std::size_t most_;
  Synced<State> state_;
};

}  // namespace kontena::http
