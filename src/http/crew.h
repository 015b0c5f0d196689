#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"

namespace kontena::http {

// Runs each job on a thread of its own with a small stack, and no more than
// `most` at a time. Safe from any thread.
//
// Not a pool: beside a TLS handshake (a millisecond) the making of a thread (20
// µs; the C library keeps their stacks) is nothing, and a thread that is not there
// costs nothing.
class Crew {
 public:
  explicit Crew(std::size_t most) : most_(most), running_(std::make_shared<Synced<std::size_t>>()) {}

  bool run(std::function<void()> job);  // false: there are `most`, or the system gives no more
  bool wait(Duration limit);            // until none runs; false where some still do

 private:
  const std::size_t most_;
  const std::shared_ptr<Synced<std::size_t>> running_;  // shared: the last to leave outlives the Crew by an instant
};

}  // namespace kontena::http
