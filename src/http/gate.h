#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "kontena/base/synced.h"

namespace kontena::http {

// Lets `most` at a time through, in the order they came. For pieces of work that
// only compute: whoever waits for a peer inside holds up all others. A storm of
// handshakes is worked off one after the other by this, and leaves the processors
// free enough for those that are done with theirs.
class Gate {
 public:
  explicit Gate(std::size_t most) : most_(most) {}

  auto through(auto&& work) {
    const Passage passage(*this);
    return work();
  }

 private:
  struct Turn {
    Synced<bool> come;
  };
  struct State {
    std::size_t inside = 0;
    std::deque<Turn*> waiting;
  };
  class Passage {
   public:
    explicit Passage(Gate& gate) : gate_(gate) {
      Turn turn;
      const bool at_once = gate_.state_.with([&](State& s) {
        if (s.inside < gate_.most_) return ++s.inside, true;
        s.waiting.push_back(&turn);
        return false;
      });
      if (at_once) return;
      while (!turn.come.wait(std::chrono::hours(1), [](bool come) { return come; })) {
      }
      gate_.state_.with([](State&) {});  // who gave us the turn is done with it
    }
    ~Passage() {
      gate_.state_.with([](State& s) {
        if (s.waiting.empty()) {
          --s.inside;
          return;
        }
        Turn* next = s.waiting.front();
        s.waiting.pop_front();
        next->come.change([](bool& come) { come = true; });
      });
    }
    Passage(const Passage&) = delete;

   private:
    Gate& gate_;
  };

  const std::size_t most_;
  Synced<State> state_;
};

}  // namespace kontena::http
