#pragma once

#include "uplink.h"

namespace kontena::agent {

// Makes what was merged the state's: histories of what is gone are dropped, and
// what has changed is planned and reported.
void apply(State&, Merged);

// Receives assignments by a long poll.
class Receive {
 public:
  Receive(Context context, Uplink& uplink) : context_(std::move(context)), uplink_(uplink) {}

  void step();  // one poll, and after a failure the wait until the next
  // Waits until the server is heard again after an absence. A poll that hangs on a
  // connection from before would tell nothing for a while, so all is asked for anew.
  void resume();

 private:
  // For an answer to `after`, while `ours` is the revision we have; tells whether anything was new.
  Result<bool> ask(std::int64_t after, std::int64_t ours);

  Context context_;
  Uplink& uplink_;
  int failures_ = 0;                     // in a row; step()'s
  std::atomic<std::uint64_t> hangs_{0};  // the epoch in which the poll under way began; 0 = none is
  std::uint64_t epoch_ = 1;              // that resume() has seen
};

}  // namespace kontena::agent
