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

 private:
  Context context_;
  Uplink& uplink_;
  int failures_ = 0;  // in a row
};

}  // namespace kontena::agent
