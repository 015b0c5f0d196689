#pragma once

#include <string>
#include <vector>

#include "kontena/base/result.h"
#include "kontena/model/stack.h"

namespace kontena::model {

struct Problem {
  std::string path;  // "services.web.ports[0]"
  std::string what;  // "65536 is not a port (1 to 65535)"
};

// Everything that is wrong with a spec, all at once. The client asks before it
// sends, the server before it accepts. Also holds the limits of size and count.
std::vector<Problem> validate(const StackSpec&);

// Of `network create`: as the engine has names, and without its own (bridge, host, none).
Status check_network_name(const std::string&);

}  // namespace kontena::model
