#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kontena/base/loop.h"
#include "kontena/base/synced.h"

namespace kontena::agent {

// Runs jobs in order, at most so many at a time, on threads of its own that are
// made when first needed.
class Lane {
 public:
  Lane(std::string name, std::size_t most) : name_(std::move(name)), most_(most) {}
  ~Lane();  // drops the jobs that have not begun, and waits for the others

  void add(std::function<void()> job);  // from one thread only
  bool wait_idle(Duration limit);       // tells whether nothing is queued or running
  void close();                         // drops what has not begun; nothing more is taken

 private:
  struct State {
    std::deque<std::function<void()>> queue;
    std::size_t running = 0;
    bool closed = false;
  };
  void step();

  const std::string name_;
  const std::size_t most_;
  Synced<State> state_;
  std::vector<std::unique_ptr<Loop>> threads_;
};

}  // namespace kontena::agent
