#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kontena {

// What went wrong, in the few kinds a caller can act on. The one table in
// base/error.cc gives each its wire name, HTTP status, and exit status.
enum class Code {
  invalid_argument,    // the request is wrong whatever the state
  unauthenticated,     // we do not know who asks
  permission_denied,   // we know, and they may not
  not_found,
  already_exists,
  conflict,            // the state moved on; read again and retry
  failed_precondition, // right in itself, but not in the present state; says what must change first
  expired,             // what was asked for is no longer kept: a token, a page, an old revision
  exhausted,           // a limit was hit: size, count, rate
  unplaceable,         // no node can take it
  unhealthy,           // it runs, but not well
  unavailable,         // try later: network, engine down
  deadline_exceeded,
  unsupported,
  corrupt,             // stored bytes are not what we wrote
  internal,            // our fault
};

struct Error {
  Code code;
  std::string message;    // lower case, no full stop: "service 'web' not found"
  std::string hint = {};  // the next step, a command where there is one; may be empty

  // Says what we were doing, outermost first: "placing web: no node is ready".
  Error in(std::string_view doing) && {
    message = std::string(doing) + ": " + message;
    return std::move(*this);
  }
};

std::string_view name(Code);
std::optional<Code> code_named(std::string_view);
int http_status(Code);
int exit_status(Code);  // of the client; see README, "Exit codes"

}  // namespace kontena
