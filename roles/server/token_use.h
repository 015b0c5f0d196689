#pragma once

#include <map>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/synced.h"
#include "kontena/model/view.h"
#include "kontena/store/store.h"

namespace kontena::server {

// When tokens were used last and from where, written by a loop: of each at most once a
// minute, all in one commit. Safe from any thread.
class TokenUse {
 public:
  void note(const std::string& token, const std::string& from, Time now);

  // Writes what is due, and removes sessions that are over.
  Status flush(const model::ClusterView&, store::Store&, Time now);

  static constexpr Duration again{60'000};

 private:
  static constexpr std::size_t most = 10'000;    // noted, or written at once
  static constexpr std::size_t at_once = 1'000;  // sessions removed in a commit
  struct Used {
    std::int64_t at_ms = 0;
    std::string from;
  };
  Synced<std::map<std::string, Used>> used_;
};

// A session ends by itself so long after the login, or after it was used last.
inline constexpr Duration session_lifetime = std::chrono::hours(12);
inline constexpr Duration session_idle = std::chrono::hours(2);
bool session_over(const model::Token&, Time now);

}  // namespace kontena::server
