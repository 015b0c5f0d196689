#pragma once

#include <array>
#include <string_view>

// With what the agent ends. The numbers are those of the whole program
// (base/error.cc), and 78, which tells systemd not to start it again.
namespace kontena::agent {

struct Exit {
  int status;
  std::string_view means;
};

inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_conflict = 5;
inline constexpr int exit_refused = 6;
inline constexpr int exit_unreachable = 7;
inline constexpr int exit_misconfigured = 78;

inline constexpr std::array exits{
    Exit{exit_ok, "stopped by SIGTERM or SIGINT; the containers run on"},
    Exit{exit_failure, "anything else, such as a state folder that cannot be written"},
    Exit{exit_usage, "an option, a variable or the token's form is wrong"},
    Exit{exit_conflict, "the node's name is taken, or another agent runs on this state folder"},
    Exit{exit_refused, "the token is wrong, expired or used up; or the node was removed from its grid"},
    Exit{exit_unreachable, "no Docker engine answers, and the node has not joined yet"},
    Exit{exit_misconfigured, "the clock is wrong, Docker is too old, the kept state is broken, or the grid's pool is in use on this host"},
};

}  // namespace kontena::agent
