#pragma once

#include <string>

#include "kontena/base/redacted.h"
#include "kontena/base/result.h"
#include "session.h"

// What people prove who they are with: by a file, on standard input, or asked for without echo; never an argument.
namespace kontena::client {

// A password that is there: the first line of --password-file, or of standard input (also where that is `-`).
Result<Redacted> read_password(Session&, const std::string& prompt);

// Two things, a line each: `first` and a new password, which is asked for twice.
struct Replacement {
  Redacted first;
  Redacted password;
};
Result<Replacement> read_replacement(Session&, const std::string& first);

// For the list of sessions: whence one logs in.
std::string machine_name();

}  // namespace kontena::client
