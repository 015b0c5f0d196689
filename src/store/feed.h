#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "kontena/base/synced.h"
#include "kontena/store/store.h"

namespace kontena::store {

// The last commits, kept in memory for those who follow them: at most so many,
// and so many bytes, the oldest going first, but always the newest one. What a
// store did before it was opened is not in it. Safe for use from any thread.
class Feed {
 public:
  struct Limits {
    std::size_t commits = 10'000;
    std::size_t bytes = 24u << 20;  // not counting what strings and lists take besides
  };
  explicit Feed(Revision start) : Feed(start, Limits()) {}
  Feed(Revision start, Limits limits) : limits_(limits), state_(State{.last = start}) {}

  // In order, without a gap: each is one revision after the one before.
  void push(std::vector<Changed> changes);

  // Forgets all, and goes on from another revision: that of a store opened anew.
  void restart(Revision);

  // As Store::changes. A revision that has not come yet is waited for.
  Result<std::vector<Changed>> after(Revision, std::size_t limit, Duration timeout);

  Revision last();
  void close();

 private:
  struct Kept {
    std::shared_ptr<const Changed> change;
    std::size_t bytes;
  };
  struct State {
    std::deque<Kept> kept;
    std::size_t bytes = 0;
    Revision last = 0;  // of the newest commit, kept or not
    bool closed = false;
  };
  const Limits limits_;
  Synced<State> state_;
};

}  // namespace kontena::store
