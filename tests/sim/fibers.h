#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "chance.h"
#include "kontena/base/turns.h"

namespace kontena::sim {

// How a process that is killed leaves its code: from the call at which it died,
// and from every wait of its other fibers. Nothing in the product catches it.
struct Killed {};

// The threads of all processes as fibers on one thread, in virtual time. Whose
// turn is next is drawn by chance among those who can go on; when nobody can, time
// goes to the next moment at which somebody can.
class Fibers final : public Turns {
 public:
  using Owner = int;  // a process; 0 is the world outside, which is never killed

  explicit Fibers(Chance chance);
  ~Fibers() override;
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  void spawn(Owner, std::string name, std::function<void()> body);
  void kill(Owner);       // all of them leave their code at their next turn
  bool any(Owner) const;  // that have not ended
  Owner running() const;  // whose turn it is; 0 outside of turns
  const std::string& name() const;

  // One turn, or else time goes on, at most to `until`. False: it is `until`, and
  // nobody's turn. Rethrows what left a fiber.
  bool step(Duration until);
  Duration now() const { return now_; }
  void on_time(std::function<void(Duration by)> tell) { tell_ = std::move(tell); }
  void sleep(Duration);

  // The turns until now that ended without time going on: what spins shows here.
  static constexpr int most_turns_at_once = 200'000;

  bool wait(const void* on, Duration limit, const std::function<bool()>& ready) override;
  void notify(const void* on) override;
  std::unique_ptr<Started> start(const std::string& name, std::function<void(std::stop_token)> body) override;

 private:
  struct Fiber;
  struct Machine;  // what switches between stacks
  struct Handle;

  Fiber& make(Owner, std::string name, std::function<void()> body);
  void resume(Fiber&);
  void forget(Fiber&);

  Chance chance_;
  Duration now_{0};
  int turns_at_once_ = 0;
  int last_id_ = 0;
  std::function<void(Duration)> tell_;
  std::map<int, std::unique_ptr<Fiber>> fibers_;
  std::set<int> candidates_;  // may be able to go on
  std::set<std::pair<Duration, int>> deadlines_;
  std::unordered_map<const void*, std::set<int>> waiting_;
  Fiber* current_ = nullptr;
  std::unique_ptr<Machine> machine_;
};

}  // namespace kontena::sim
