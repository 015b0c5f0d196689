#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kontena/base/clock.h"
#include "outside.h"

namespace kontena::client {

// Standard input as it comes, and the signals, for commands that pass both on. One at a time.
class Terminal {
 public:
  virtual ~Terminal() = default;
  // "": nothing came within the limit. None: its end.
  virtual std::optional<std::string> read(Duration limit) = 0;
  // The next of SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH; 0: none within the limit.
  virtual int signal(Duration limit) = 0;
  virtual void wake() = 0;  // read() and signal() wait no more, from then on
  // Each key goes to the other end, until restore().
  virtual void make_raw() = 0;
  virtual void restore() = 0;
  virtual Size size() = 0;
};

// REQUIRES: no other threads run yet. Signals are then taken from it alone.
std::unique_ptr<Terminal> open_terminal();

}  // namespace kontena::client
