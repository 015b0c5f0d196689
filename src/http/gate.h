#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "kontena/base/synced.h"

namespace kontena::http {

// Lets `most` at a time through: addresses by turns, those of one in the order they
// came. For pieces of work that only compute: whoever waits for a peer inside holds
// up all others. A storm of handshakes is worked off one after the other by this,
// one of a single address does not hold up others much, and the processors are left
// free enough for those that are done with theirs.
class Gate {
 public:
  explicit Gate(std::size_t most) : most_(most) {}

  auto through(const std::string& address, auto&& work) {
    const Passage passage(*this, address);
    return work();
  }

 private:
  struct Turn {
    Synced<bool> come;
  };
  struct State {
    std::size_t inside = 0;
    std::map<std::string, std::deque<Turn*>> waiting;  // by address; none is empty
    std::string last;                                  // the address that had the last turn
  };
  class Passage {
   public:
    Passage(Gate& gate, const std::string& address) : gate_(gate) {
      Turn turn;
      const bool at_once = gate_.state_.with([&](State& s) {
        if (s.inside < gate_.most_) return ++s.inside, true;
        s.waiting[address].push_back(&turn);
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
        auto next = s.waiting.upper_bound(s.last);
        if (next == s.waiting.end()) next = s.waiting.begin();
        s.last = next->first;
        Turn* turn = next->second.front();
        next->second.pop_front();
        if (next->second.empty()) s.waiting.erase(next);
        turn->come.change([](bool& come) { come = true; });
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
