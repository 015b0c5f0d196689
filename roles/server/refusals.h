#pragma once

#include <map>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/model/grid.h"
#include "kontena/store/store.h"

namespace kontena::server {

// What is to be in the audit trail and is no change of anything: refused attempts, failed
// logins, a token's use from a new address. Whoever causes it never waits for a disk and
// never has anything written: equal ones are counted together here, in memory, and written
// by a loop, the first of them within a second, those that repeat it once a minute. What
// there is no room for is counted as "others". Safe from any thread.
class Refusals {
 public:
  enum class Of {
    known,     // somebody whom we have let in: a user, a node
    stranger,  // anybody: they have less room, and not all of it one address
  };
  struct Limits {
    std::size_t known = 1'000;  // groups
    std::size_t strangers = 250;
    std::size_t of_one = 16;  // of strangers at one address
    Duration again{60'000};   // between two records of a group
  };
  Refusals() = default;
  explicit Refusals(Limits limits) : limits_(limits) {}

  // Alike are those of the same who, from, verb, resource and outcome.
  void note(model::AuditRecord, Of);

  // Writes what is due, or all there is, in one commit. What could not be written stays.
  Status flush(store::Store&, const Clock&, bool all = false);

 private:
  struct Group {
    model::AuditRecord record;  // the first that is not written yet
    Of of = Of::stranger;
    std::int64_t pending = 0;
    Duration written{};
    bool once = false;  // written at least once
  };
  struct State {
    std::map<std::string, Group> groups;
    std::size_t strangers = 0;
    std::map<std::string, std::size_t> by_address;  // of strangers' groups
  };
  Group& group_of(State&, model::AuditRecord&, Of);
  static void forget(State&, std::map<std::string, Group>::iterator);

  const Limits limits_ = {};
  Synced<State> state_;
};

}  // namespace kontena::server
