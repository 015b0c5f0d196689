#pragma once

#include <string>
#include <vector>

#include "../follow.h"
#include "../session.h"

namespace kontena::client {

// A change that the server has taken on, with the deployment that carries it out.
struct Changed {
  std::string stack;
  std::string what;  // "restart of shop/web"
  std::string done;  // "shop/web was restarted"
  model::Deployment deployment;
};

// The head of the view of a deployment.
Followed followed(Session&, const model::Deployment&, std::string what);

// Waits for all, but with --detach. Of one stack only the last is waited for: it takes
// the others' place, and brings about what they wanted. `before` is what went wrong
// already, and what is returned when the rest is done.
Result<int> await_changes(Session&, std::vector<Changed>, Result<int> before);

}  // namespace kontena::client
