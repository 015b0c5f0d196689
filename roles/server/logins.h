#pragma once

#include <map>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "kontena/base/synced.h"

namespace kontena::server {

// What stands between passwords and whoever guesses them, and between guessers and everybody
// else: each account and each address may be wrong a few times, then waits, longer each time;
// and of the hashing, which takes memory and a CPU for a tenth of a second, little is done at
// once, at a low priority. In memory only. Safe from any thread.
class Logins {
 public:
  struct Limits {
    int at_once = 0;  // 0 = by the machine: 1, or 2 where there are more than two CPUs
    int waiting = 16;
    Duration patience{10'000};
    int free_of_account = 5;  // attempts before there is any delay
    int free_of_address = 20;
    Duration most_of_account{300'000};
    Duration most_of_address{900'000};
    Duration forget{3'600'000};
    std::size_t most_counted = 10'000;  // of each
  };
  Logins() = default;
  explicit Logins(Limits limits) : limits_(limits) {}

  // An attempt begins, and counts as a wrong one until it has succeeded: many at once are
  // many. Code::exhausted says when to try again; that is not counted.
  Status begin(const std::string& account, const std::string& address, Duration steady);
  void succeeded(const std::string& account, const std::string& address);

  // Code::exhausted where too many wait already.
  Result<bool> verify(const Redacted& password, const std::string& text);
  Result<std::string> hash(const Redacted& password, const std::string& salt);

  // In place of what is kept of a password where there is none: takes as long.
  static const std::string& decoy();

 private:
  struct Count {
    int attempts = 0;
    Duration last{};
    Duration until{};
  };
  using Counts = std::map<std::string, Count>;
  struct Counted {
    Counts accounts, addresses;
  };
  struct Gate {
    int running = 0;
    int waiting = 0;
  };
  void add(Counts&, const std::string&, int free, Duration most, Duration now) const;
  Status through_gate(auto&& work);

  const Limits limits_ = {};
  Synced<Counted> counted_;
  Synced<Gate> gate_;
};

// How long a password is, and that it is not the name of who has it.
Status check_new_password(const std::string& user, const std::string& password);

}  // namespace kontena::server
