#pragma once

#include <string>

#include "state.h"

namespace kontena::agent {

// "file", "directory", "device", "socket"; "" where there is nothing.
std::string what_is_at(const std::string& path);

// Looks for what the server asks about, since services need it: paths of this host, volumes, images. On a thread of its
// own, since a path may lie on a file system that does not answer.
class Look {
 public:
  explicit Look(Context context) : context_(std::move(context)) {}

  void step();   // waits until it is time, or something else is asked about
  void round();  // at once

 private:
  std::string look_for(const std::string& name, const model::StringMap& before);

  Context context_;
  std::uint64_t seen_ = 0;  // State::times_asked
};

}  // namespace kontena::agent
