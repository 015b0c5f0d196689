#pragma once

#include <string>

#include "kontena/api/messages.h"
#include "session.h"

namespace kontena::client {

struct Followed {
  std::string what;   // "deploy of shop": for messages
  std::string title;  // "deploy shop · revision 2 → 3": the head of the view
};

// Shows a deployment's progress on standard error until it has ended well, and
// gives its last state. Otherwise what went wrong has been printed, and the value
// is the exit status: 1, 5, 8, 11, or 130 after Ctrl-C.
struct Ended {
  int status = 0;
  api::DeploymentDetail detail;
};
Result<Ended> follow(Session&, const model::Deployment&, const Followed&);

}  // namespace kontena::client
