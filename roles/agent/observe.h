#pragma once

#include <string>

#include "state.h"

namespace kontena::agent {

// Inspects one container and notes what is found, with the end of its log where
// it has failed. Also called after each action, which makes its result known
// without waiting for the engine's event. Fails only where the engine does not answer.
Status look_at(const Context&, const std::string& container);

// Notes that an engine call found nobody: nothing is planned until it is back.
void engine_is_away(const Context&, const Error&);

// Keeps State::seen true: the whole list when the engine was found and now and
// then, and else only the containers that the engine's events name.
class Observe {
 public:
  explicit Observe(Context context) : context_(std::move(context)) {}

  // Finds the engine, where it is away, and lists its containers; once. Fails where it is still away.
  Status find_engine();
  void look();   // waits until there is something to look at, and does
  void watch();  // follows the engine's events until they break off; then waits for the engine to be back

 private:
  Status list(bool inspect_all);

  Context context_;
  int failures_ = 0;       // of finding the engine, in a row; look()'s
  Duration listed_at_{};   // look()'s
  int short_watches_ = 0;  // in a row; watch()'s
};

}  // namespace kontena::agent
