#pragma once

#include <span>
#include <string>

namespace kontena::agent {

// `kontena agent`, with the arguments after that. Returns the exit status, or ends
// the process with it once the node works: there is nothing to tidy up that a
// crash would not leave as well.
int run(std::span<const std::string> arguments);

}  // namespace kontena::agent
